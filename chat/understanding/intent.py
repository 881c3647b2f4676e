"""What a message is: a question, a command, the end of the conversation and so on, by rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from chat.understanding import words
from chat.understanding.reading import Reading
from chat.understanding.references import find_ordinal, goes_on, has_reference

Intent: TypeAlias = Literal["question", "command", "clarification", "follow_up", "new_topic", "feedback", "goodbye"]
INTENTS: tuple[Intent, ...] = get_args(Intent)
# After these nothing is looked up, and nothing suggested.
CLOSING: frozenset[Intent] = frozenset(("feedback", "goodbye"))
# A thank-you of more words has something to say.
CLOSING_MAX_WORDS = 12


@dataclass(frozen=True, slots=True)
class Understood:
    """With `is_sure` a rule decided; else it is the likeliest."""

    intent: Intent
    is_sure: bool = True


def understand(text: str, *, has_earlier: bool) -> Understood:
    """`has_earlier` says that something was said before it."""
    reading = Reading(text)
    if closing := _closing(reading):
        return Understood(closing)
    if words.NEW_TOPIC.open_a_sentence(reading):
        return Understood("new_topic")
    if has_earlier:
        if words.CLARIFICATION.open_a_sentence(reading):
            return Understood("clarification")
        if find_ordinal(reading.text) is not None or has_reference(reading) or goes_on(reading):
            return Understood("follow_up")
    return _plain(reading)


def _closing(reading: Reading) -> Intent | None:
    """A message that says goodbye, or what somebody thinks, and nothing else. A question is neither."""
    if reading.asks or not reading.words or not reading.is_whole or len(reading.words) > CLOSING_MAX_WORDS:
        return None
    place, is_goodbye, is_feedback = 0, False, False
    while place < len(reading.words):
        lengths = [one.at(reading, reading.words, place) for one in (words.GOODBYE, words.FEEDBACK, words.POLITE)]
        longest = max(lengths)
        if not longest:
            return None
        is_goodbye |= lengths[0] == longest
        is_feedback |= lengths[1] == longest
        place += longest
    if is_goodbye:
        return "goodbye"
    return "feedback" if is_feedback else None


def _plain(reading: Reading) -> Understood:
    for sentence in reading.sentences:
        place = 0
        # What was thought of the answer is passed over, and so is politeness.
        for one in (words.FEEDBACK, words.REQUEST_OPENING):
            place = one.skip(reading, sentence, place)
        if words.COMMAND.at(reading, sentence, place):
            return Understood("command")
    if reading.asks or words.QUESTION_OPENING.open_a_sentence(reading):
        return Understood("question")
    if words.QUESTION_WORD.are_in(reading) or words.QUESTION_END.end(reading):
        return Understood("question")
    return Understood("question", is_sure=False)
