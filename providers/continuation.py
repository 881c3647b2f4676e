"""Going on with an answer that was cut: what to ask the model, and how to join what it says to what was shown.

Serves crash recovery and fallback in mid-stream. A stream that already yields only what is missing (the offline model)
must not pass through the trimmer: it would look for a repetition that can't be there.
"""

from __future__ import annotations

import unicodedata
from functools import cached_property

from providers.contract import ChatMessage, Continuation

# The shown end is quoted to the model as the place to go on from: enough to be unique, short enough to be copied.
QUOTED_END_CHARS = 80
# How far back a repetition may begin, unless it begins at the very start of the answer.
OVERLAP_WINDOW_CHARS = 2_000
LONG_OVERLAP_WEIGHT = 12
SHORT_OVERLAP_WEIGHT = 3


def continuation_messages(
    messages: tuple[ChatMessage, ...], partial_text: str, mode: Continuation
) -> tuple[ChatMessage, ...]:
    """The messages that make a model go on after `partial_text`; unchanged if nothing was shown yet.

    Feed its deltas to an `OverlapTrimmer` made with the same `partial_text` and `mode`.
    Raises: ValueError for a model that can't continue.
    """
    if mode == "none":
        raise ValueError("this model can't continue an answer")
    if not partial_text.strip():
        return messages
    if mode == "prefill":
        # Anthropic refuses a prefill that ends in whitespace; the trimmer knows which whitespace is already shown.
        return (*messages, ChatMessage.of_text("assistant", partial_text.rstrip()))
    shown = ChatMessage.of_text("assistant", partial_text)
    return (*messages, shown, ChatMessage.of_text("user", _instruction(partial_text)))


def _instruction(partial_text: str) -> str:
    return (
        "Your last message was cut off by a technical fault. Its last characters, between the markers, are:\n"
        f"<<<{partial_text[-QUOTED_END_CHARS:]}>>>\n"
        "Write only what comes directly after them, so that both parts joined read as one text. Don't repeat "
        "anything already written, don't greet, don't mention the interruption. If a word, a list, a table or a code "
        "block was cut, go on inside it. Keep the language, the format and the plan you had."
    )


class OverlapTrimmer:
    """Drops from a continuation what repeats the end of the text already shown, then passes everything unchanged.

    A repetition is the longest end of the shown text with which the continuation begins (whitespace around the joint
    aside). It is dropped only if it can hardly be meant:

    - it is long: a weight of 12, where a letter or digit counts 1, a CJK character 2, anything else 0; or
    - it is the whole shown text (the model began again), with a weight of 3 in letters alone; or
    - it is the word the shown text was cut in or after, of such a weight, and no whitespace stands between; and
    - it doesn't repeat itself and isn't the second of two in a row ("ha ha", "| --- | --- |", equal rows); and
    - what follows it begins with the same whitespace character that the shown text ends with, if it ends with one.

    Limits: a repetition below these weights stays visible; one that is reworded, or begins earlier than 2,000
    characters before the end without being a full restart, stays too; a text that means to say its last 12 letters
    once more loses them. Text is held back only while it still matches some place where a repetition may have begun.

    With `prefill` the model saw the shown text without its trailing whitespace, so it writes that whitespace again:
    what agrees is dropped once.
    """

    def __init__(self, partial_text: str, mode: Continuation) -> None:
        self._shown = _ShownText(partial_text)
        self._held = ""
        self._is_decided = False
        self._pending_space = self._shown.space if mode == "prefill" else ""
        self._places: tuple[int, ...] | None = None

    def feed(self, text: str) -> str:
        """The part of `text`, and of what was held back before, that may be shown now."""
        if self._is_decided:
            return self._without_pending_space(text)
        self._held += text
        return self._settle(is_final=False)

    def finish(self) -> str:
        """What is left when the continuation ended: nothing more is held back."""
        return "" if self._is_decided else self._settle(is_final=True)

    def _settle(self, *, is_final: bool) -> str:
        body = self._held.lstrip()
        if not body and not is_final:
            return ""
        places = self._matching_places(body)
        is_waiting = any(self._may_be_repetition(place) for place in places if self._shown.reaches(place, body))
        if is_waiting and not is_final:
            return ""
        self._is_decided = True
        for place in places:
            length = self._shown.length_from(place)
            rest = body[length:]
            is_whole = length <= len(body)
            if is_whole and self._shown.agrees_with(rest) and self._may_be_repetition(place):
                self._pending_space = self._shown.space
                return self._without_pending_space(rest)
        return self._without_pending_space(self._held)

    def _matching_places(self, body: str) -> tuple[int, ...]:
        """Places in the shown text, the longest end first, that agree with all of the continuation so far."""
        if not body:
            return ()
        candidates = self._shown.places_of(body[0]) if self._places is None else self._places
        self._places = tuple(place for place in candidates if self._shown.matches(place, body))
        return self._places

    def _may_be_repetition(self, place: int) -> bool:
        return self._shown.is_telling(place, is_joined=not self._held[:1].isspace())

    def _without_pending_space(self, text: str) -> str:
        start = 0
        while self._pending_space and start < len(text):
            if text[start] != self._pending_space[0]:
                self._pending_space = ""
                break
            self._pending_space = self._pending_space[1:]
            start += 1
        return text[start:]


class _ShownText:
    """The text already shown, without its trailing whitespace (`space`), and what may be said of its ends."""

    def __init__(self, text: str) -> None:
        self._text = text.rstrip()
        self.space = text[len(self._text) :]
        self._first = len(self._text) - len(self._text.lstrip())
        self._telling: dict[int, bool] = {}

    def places_of(self, character: str) -> tuple[int, ...]:
        window_start = max(self._first, len(self._text) - OVERLAP_WINDOW_CHARS)
        window = (place for place in range(window_start, len(self._text)) if self._text[place] == character)
        restart = (self._first,) if self._first < window_start else ()
        return (*restart, *window)

    def length_from(self, place: int) -> int:
        return len(self._text) - place

    def matches(self, place: int, body: str) -> bool:
        return self._text.startswith(body, place) or body.startswith(self._text[place:])

    def reaches(self, place: int, body: str) -> bool:
        """Whether the end from `place` holds all of `body`, so that more has to be seen to decide."""
        return len(body) <= self.length_from(place)

    def agrees_with(self, rest: str) -> bool:
        return not self.space or not rest or rest[0] == self.space[0]

    def is_telling(self, place: int, *, is_joined: bool) -> bool:
        if place == self._last_word_start and is_joined and not self.space:
            return self._is_heavy(place, is_short=True) and self._stands_once(place)
        return self._is_heavy(place, is_short=place == self._first) and self._stands_once(place)

    def _is_heavy(self, place: int, *, is_short: bool) -> bool:
        """Short ends need letters: digits repeat too often ("100" + "100")."""
        letters = weight = 0
        for character in self._text[place : place + OVERLAP_WINDOW_CHARS]:
            width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
            weight += width if character.isalnum() else 0
            letters += width if character.isalpha() else 0
            if weight >= LONG_OVERLAP_WEIGHT or (is_short and letters >= SHORT_OVERLAP_WEIGHT):
                return True
        return False

    def _stands_once(self, place: int) -> bool:
        if place not in self._telling:
            end = self._text[place:]
            self._telling[place] = not self._text[:place].rstrip().endswith(end) and not _repeats_itself(end)
        return self._telling[place]

    @cached_property
    def _last_word_start(self) -> int:
        """Where the last word begins; -1 if there is none of letters only."""
        start = len(self._text)
        while start and self._text[start - 1].isalpha():
            start -= 1
        is_word = start == 0 or not self._text[start - 1].isalnum()
        return start if is_word and start < len(self._text) else -1


def _repeats_itself(text: str) -> bool:
    """Whether `text` is a shorter text written at least twice, the last one perhaps cut."""
    half = text[: (len(text) + 1) // 2]
    period = text.find(half, 1)
    while 0 < period <= len(text) // 2:
        if text[period:] == text[:-period]:
            return True
        period = text.find(half, period + 1)
    return False
