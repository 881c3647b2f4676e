"""The stages that make a history fit: each changes as little as it can, the oldest first, and stops once it fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from chat.context.history import Said, said, scaled
from chat.context.report import ReportStage, StageName
from chat.context.scoring import scores_of, turns_of
from chat.guards.cutting import beginning, ending
from providers.contract import Role
from providers.documents import rejoined

# A message longer than this is shortened to about so much of its beginning and end.
LONG_TOKENS = 600
KEPT_TOKENS = 400
# More of what is asked and concluded stands at the beginning than at the end.
KEPT_AT_BEGINNING = 0.7
GAP = "\n[… left out here: about {tokens} tokens …]\n"

# So many of the newest messages are never left to the summary.
VERBATIM_MESSAGES = 8


@dataclass(frozen=True, slots=True)
class Room:
    """What the history may take. `covered` are messages that a summary stands for, which takes `summary_tokens` once it
    is needed. `tokens_percent` is the model's, by which the history's tokens are counted. With `is_masked` no personal
    data is parted, which blocks."""

    tokens: int
    covered: frozenset[UUID] = frozenset()
    summary_tokens: int = 0
    tokens_percent: int = 100
    is_masked: bool = False


Stage = Callable[[list[Said], Room], list[Said]]


def compress(history: Sequence[Said], room: Room) -> tuple[list[Said], list[ReportStage]]:
    """The history within its room, and the stages that it took. Its last message stays as it is, also if it alone is
    too long."""
    kept, stages = list(history), []
    for name, stage in STAGES.items():
        if tokens_of(kept) <= room.tokens:
            break
        before, kept = kept, stage(kept, room)
        if kept != before:
            stages.append(ReportStage(name, _changed(before, kept), tokens_of(before) - tokens_of(kept)))
            if name == "use_summary":
                room = replace(room, tokens=room.tokens - room.summary_tokens)
    return kept, stages


def tokens_of(history: Sequence[Said]) -> int:
    return sum(message.tokens for message in history)


def shorten_questions(history: list[Said], room: Room) -> list[Said]:
    return _shorten(history, room, "user")


def shorten_answers(history: list[Said], room: Room) -> list[Said]:
    return _shorten(history, room, "assistant")


def use_summary(history: list[Said], room: Room) -> list[Said]:
    """What the summary stands for goes, but for the turns with the highest scores, as many as there is room for. What
    it doesn't know yet stays."""
    place = 0
    while place < len(history) - VERBATIM_MESSAGES and history[place].id in room.covered:
        place += 1
    while place and history[place].role != "user":
        place -= 1
    older, rest = turns_of(history[:place]), history[place:]
    left_tokens = room.tokens - tokens_of(rest) - room.summary_tokens
    kept: set[int] = set()
    for number, _score in sorted(enumerate(scores_of(older, turns_of(rest))), key=lambda one: -one[1]):
        if tokens_of(older[number]) <= left_tokens:
            kept.add(number)
            left_tokens -= tokens_of(older[number])
    return [*(message for number in sorted(kept) for message in older[number]), *rest]


def drop_oldest(history: list[Said], room: Room) -> list[Said]:
    """Whole messages. An answer whose question went is no beginning: some vendors refuse it."""
    left_tokens = tokens_of(history)
    for place, message in enumerate(history[:-1]):
        if left_tokens <= room.tokens and message.role == "user":
            return history[place:]
        left_tokens -= message.tokens
    return history[-1:]


STAGES: dict[StageName, Stage] = {
    "shorten_questions": shorten_questions,
    "shorten_answers": shorten_answers,
    "use_summary": use_summary,
    "drop_oldest": drop_oldest,
}


def _shorten(history: list[Said], room: Room, role: Role) -> list[Said]:
    """Long messages of one role, but the newest of them."""
    over_tokens = tokens_of(history) - room.tokens
    newest = max((place for place, message in enumerate(history) if message.role == role), default=-1)
    shortened = list(history)
    for place, message in enumerate(history):
        if over_tokens <= 0:
            break
        if message.role == role and place != newest and message.tokens > LONG_TOKENS:
            shortened[place] = shorten(message, tokens_percent=room.tokens_percent, is_masked=room.is_masked)
            over_tokens -= message.tokens - shortened[place].tokens
    return shortened


def shorten(message: Said, *, tokens_percent: int = 100, is_masked: bool = False) -> Said:
    """Its beginning and its end, and between them how much is missing; its images go. It never grows."""
    whole = message
    if message.images:
        message = message.without_images()
        message = replace(message, tokens=scaled(message.tokens, tokens_percent))
    if message.tokens <= LONG_TOKENS < whole.tokens:
        return message
    kept_chars = len(message.text) * KEPT_TOKENS // message.tokens
    head = round(kept_chars * KEPT_AT_BEGINNING)
    gap = GAP.format(tokens=message.tokens - KEPT_TOKENS)
    if is_masked:
        first, last = beginning(message.text, head), ending(message.text, kept_chars - head)
    else:
        first, last = message.text[:head], message.text[len(message.text) - kept_chars + head :]
    text = rejoined(first.rstrip(), gap, last.lstrip())
    tokens = scaled(said(message.role, text).tokens, tokens_percent)
    # What is dense may stand in the part that is kept: the whole's count holds for it too.
    return replace(message, text=text, tokens=min(whole.tokens, tokens))


def _changed(before: Sequence[Said], kept: Sequence[Said]) -> int:
    left = {id(message) for message in kept}
    return sum(1 for message in before if id(message) not in left)
