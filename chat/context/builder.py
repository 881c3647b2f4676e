"""What a run gives to the gateway: instructions and as much of what was said as fits, with a report of it all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.utils.translation import gettext as _

from chat.context.entities import ENTITIES_MAX_TOKENS, Known, Listed, list_entities
from chat.context.history import Said, Summary, bounded_images, said, scaled
from chat.context.report import BudgetReport, ReportPart
from chat.context.stages import Room, compress, tokens_of
from convoscope.errors import AppError
from convoscope.numbers import number
from providers.contract import ChatMessage, Model, Role
from providers.errors import ContextTooLong
from providers.tokens import MESSAGE_OVERHEAD_TOKENS, count_text_tokens, image_tokens, tokens_percent

OUTPUT_RESERVE_TOKENS = 4_000
INSTRUCTIONS_MAX_TOKENS = 2_000
SUMMARY_FORM = "What was said earlier in this conversation, in short:\n{text}"
# Where a window is small, entities take no more of what the question leaves than this.
ENTITIES_SHARE = 0.2
# Counts are estimates, up to a quarter high: what only they refuse, the provider may take, else it says so itself.
SURE_SHARE = 0.8

# The answer and the next question: of a conversation that is too long by then the oldest is left behind.
NEXT_TURN_MESSAGES = 2


@dataclass(frozen=True, slots=True)
class BuiltContext:
    """`refusal` is why it can't be sent, if so: then it holds no more than the last message. `keeps_history` says that
    the next turn's context begins with this one; one that had to leave something out leaves out more the next time, and
    one that lists the entities of its question lists others."""

    said: tuple[Said, ...]
    report: BudgetReport
    keeps_history: bool = True
    refusal: AppError | None = None

    @property
    def has_images(self) -> bool:
        return any(message.images for message in self.said)

    @property
    def messages(self) -> tuple[ChatMessage, ...]:
        """Without images."""
        return tuple(message.as_message() for message in self.said)

    def with_images(self) -> tuple[ChatMessage, ...]:
        """The same with images, which are read from the storage: blocks."""
        return tuple(message.with_images() if message.images else message.as_message() for message in self.said)


def build_context(
    history: Sequence[Said],
    *,
    path_messages: int | None = None,
    summary: Summary | None = None,
    known: Known | None = None,
    about: str = "",
    told_of_person: str = "",
    system_prompt: str = "",
    partial_text: str = "",
    model: Model | None = None,
    max_output_tokens: int | None = None,
    target_tokens: int | None = None,
    can_see: bool = True,
    is_masked: bool = False,
) -> BuiltContext:
    """The instructions, then the newest of what was said, compressed where it doesn't fit: into the model's window with
    the output's reserve, and into `target_tokens`, CONTEXT_TARGET_TOKENS without. The last message is always whole.

    `path_messages` is how many messages the history was made of, where some said nothing. `summary` is given where
    messages are left to it. Of what is `known` those entities come first that are named in `about`, the last message
    where it is blank. `partial_text` is the beginning of the answer, which the provider is given too. Without `can_see`
    a word stands in the place of each image. With `is_masked` no personal data is parted, which blocks. Without a model
    the window is unknown, and tokens are counted as for one that makes many of a text.
    """
    percent = tokens_percent(model)
    seen = bounded_images(history, can_see=can_see)
    counted = _considered(seen, percent, model)
    instructions = "\n\n".join(filter(None, (system_prompt, told_of_person)))
    system = [_counted("system", instructions, percent)] if instructions else []
    partial = [_counted("assistant", partial_text, percent)] if partial_text else []
    reserve_tokens = _reserve(model, max_output_tokens)
    room_tokens = model.context_window_tokens - reserve_tokens if model else None
    summed = [_counted("system", SUMMARY_FORM.format(text=summary.text), percent)] if summary else []
    fixed_tokens = tokens_of(system) + tokens_of(partial)
    budget_tokens = _budget(target_tokens, room_tokens, fixed_tokens)
    spare_tokens = budget_tokens - tokens_of(counted[-1:])
    listed = _listed(known, about or "".join(one.text for one in history[-1:]), spare_tokens, percent)
    named = [_counted("system", listed.text, percent)] if listed else []
    room = _room(budget_tokens - tokens_of(named), summary, tokens_of(summed), percent)
    kept, stages = compress(counted, replace(room, is_masked=is_masked))
    if not ((summary and summary.is_needed) or any(stage.name == "use_summary" for stage in stages)):
        summed = []
    refusal = _refusal(count_text_tokens(instructions), fixed_tokens + tokens_of(counted[-1:]), room_tokens)
    if refusal is not None:
        kept, summed, named, listed = kept[-1:], [], [], None
    report = BudgetReport(
        window_tokens=model.context_window_tokens if model else None,
        room_tokens=room_tokens,
        reserve_tokens=reserve_tokens,
        considered_tokens=tokens_of(counted),
        considered_messages=len(counted),
        parts=(*_parts_before(system, summed, named, listed), *_parts(kept, partial, counted)),
        stages=tuple(stages),
        images_left_out=_images(history) - _images(seen),
    )
    stays_whole = (path_messages or len(history)) + NEXT_TURN_MESSAGES <= settings.MAX_CONVERSATION_HISTORY
    keeps_history = stays_whole and not stages and not (listed and listed.is_of_question)
    return BuiltContext((*system, *summed, *named, *kept), report, keeps_history, refusal)


def _considered(history: Sequence[Said], percent: int, model: Model | None) -> list[Said]:
    """As the model counts it."""
    counted = [_for_model(message, percent, model) for message in history]
    # What an answer at the beginning answers is older than what is considered.
    return counted[1:] if len(counted) > 1 and counted[0].role == "assistant" else counted


def _images(history: Sequence[Said]) -> int:
    return sum(len(message.images) for message in history)


def _budget(target_tokens: int | None, room_tokens: int | None, fixed_tokens: int) -> int:
    """What summary, entities and history may take together."""
    budget_tokens = target_tokens or settings.CONTEXT_TARGET_TOKENS
    return budget_tokens if room_tokens is None else min(budget_tokens, room_tokens - fixed_tokens)


def _room(budget_tokens: int, summary: Summary | None, summary_tokens: int, percent: int) -> Room:
    if summary is None:
        return Room(budget_tokens, tokens_percent=percent)
    if summary.is_needed:
        return Room(budget_tokens - summary_tokens, covered=summary.covered, tokens_percent=percent)
    return Room(budget_tokens, covered=summary.covered, summary_tokens=summary_tokens, tokens_percent=percent)


def _listed(known: Known | None, about: str, spare_tokens: int, percent: int) -> Listed | None:
    """`spare_tokens` is what the question leaves of the budget, as the model counts."""
    if known is None:
        return None
    room_tokens = int(ENTITIES_SHARE * spare_tokens) * 100 // percent - MESSAGE_OVERHEAD_TOKENS
    return list_entities(known, about, max_tokens=min(ENTITIES_MAX_TOKENS, room_tokens))


def _parts_before(
    system: list[Said], summed: list[Said], named: list[Said], listed: Listed | None
) -> Iterator[ReportPart]:
    """Of what stands before what was said, that which is there."""
    if system:
        yield ReportPart("instructions", tokens_of(system), len(system))
    if summed:
        yield ReportPart("summary", tokens_of(summed), len(summed))
    if listed is not None:
        yield ReportPart("entities", tokens_of(named), len(named), entities=listed.count)


def _parts(kept: list[Said], partial: list[Said], considered: list[Said]) -> Iterator[ReportPart]:
    """Those that are there. What isn't among the considered messages was shortened."""
    whole = {id(message) for message in considered}
    earlier, question = kept[:-1], kept[-1:]
    parts = (
        ReportPart("history", tokens_of(earlier), len(earlier), sum(id(one) not in whole for one in earlier)),
        ReportPart("question", tokens_of(question), len(question)),
        ReportPart("answer", tokens_of(partial), len(partial)),
    )
    return (part for part in parts if part.messages)


def _reserve(model: Model | None, max_output_tokens: int | None) -> int:
    """What the answer gets: of a small window no more than half."""
    if model is None:
        return OUTPUT_RESERVE_TOKENS
    longest = min(max_output_tokens or model.max_output_tokens, model.max_output_tokens)
    return min(OUTPUT_RESERVE_TOKENS, longest, model.context_window_tokens // 2)


def _refusal(instructions_tokens: int, least_tokens: int, room_tokens: int | None) -> AppError | None:
    # Counted for no model, as where they are entered: what was taken there is sent to every one.
    if instructions_tokens > INSTRUCTIONS_MAX_TOKENS:
        return ContextTooLong(
            _(
                "The system prompt of this conversation and what models are told of you have about %(tokens)s tokens; "
                "the limit is %(limit)s. Your question is kept. Shorten the prompt in the conversation's settings, "
                "then try again."
            )
            % {"tokens": number(instructions_tokens), "limit": number(INSTRUCTIONS_MAX_TOKENS)}
        )
    if room_tokens is not None and least_tokens * SURE_SHARE > room_tokens:
        return ContextTooLong(
            _(
                "Your message has about %(tokens)s tokens with what belongs to it; this model has room for %(room)s. "
                "It is kept. Choose a model with a larger window, or edit the message: shorten it, or attach less."
            )
            % {"tokens": number(least_tokens), "room": number(max(0, room_tokens))}
        )
    return None


def _counted(role: Role, text: str, percent: int) -> Said:
    message = said(role, text)
    return replace(message, tokens=scaled(message.tokens, percent))


def _for_model(message: Said, percent: int, model: Model | None) -> Said:
    tokens = scaled(message.tokens, percent) + len(message.images) * image_tokens(model)
    return replace(message, tokens=tokens)
