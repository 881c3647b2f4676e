"""What a run gives to the gateway: instructions and as much of what was said as fits, with a report of it all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.utils.translation import gettext as _

from chat.context.history import Said, Summary, said
from chat.context.report import BudgetReport, ReportPart
from chat.context.stages import Room, compress, tokens_of
from convoscope.errors import AppError
from convoscope.numbers import number
from providers.contract import ChatMessage, Model, Role
from providers.errors import ContextTooLong
from providers.tokens import count_text_tokens, tokens_percent

OUTPUT_RESERVE_TOKENS = 4_000
INSTRUCTIONS_MAX_TOKENS = 2_000
SUMMARY_FORM = "What was said earlier in this conversation, in short:\n{text}"
# Counts are estimates, up to a quarter high: what only they refuse, the provider may take, else it says so itself.
SURE_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class BuiltContext:
    """`refusal` is why it can't be sent, if so: then it holds no more than the last message. `keeps_history` says that
    the next turn's context begins with this one; one that had to leave something out leaves out more the next time."""

    messages: tuple[ChatMessage, ...]
    report: BudgetReport
    keeps_history: bool = True
    refusal: AppError | None = None


def build_context(
    history: Sequence[Said],
    *,
    summary: Summary | None = None,
    told_of_person: str = "",
    system_prompt: str = "",
    partial_text: str = "",
    model: Model | None = None,
    max_output_tokens: int | None = None,
) -> BuiltContext:
    """The instructions, then the newest of what was said, compressed where it doesn't fit: into the model's window with
    the output's reserve, and into CONTEXT_TARGET_TOKENS. The last message is always in and whole.

    `summary` is given where messages are left to it. `partial_text` is the beginning of the answer, which the provider
    is given too. Without a model the window is unknown, and tokens are counted as for one that makes many of a text.
    """
    percent = tokens_percent(model)
    counted = [replace(message, tokens=_scaled(message.tokens, percent)) for message in history]
    if len(counted) > 1 and counted[0].role == "assistant":
        # What it answers is older than what is considered.
        del counted[0]
    instructions = "\n\n".join(filter(None, (system_prompt, told_of_person)))
    system = [_counted("system", instructions, percent)] if instructions else []
    partial = [_counted("assistant", partial_text, percent)] if partial_text else []
    reserve_tokens = _reserve(model, max_output_tokens)
    room_tokens = model.context_window_tokens - reserve_tokens if model else None
    summed = [_counted("system", SUMMARY_FORM.format(text=summary.text), percent)] if summary else []
    fixed_tokens = tokens_of(system) + tokens_of(partial)
    budget_tokens = settings.CONTEXT_TARGET_TOKENS
    if room_tokens is not None:
        budget_tokens = min(budget_tokens, room_tokens - fixed_tokens)
    is_summed = summary is not None and summary.is_needed
    room = Room(
        budget_tokens - (tokens_of(summed) if is_summed else 0),
        covered=summary.covered if summary else frozenset(),
        summary_tokens=0 if is_summed else tokens_of(summed),
    )
    kept, stages = compress(counted, room)
    if not (is_summed or any(stage.name == "use_summary" for stage in stages)):
        summed = []
    refusal = _refusal(count_text_tokens(instructions), fixed_tokens + tokens_of(counted[-1:]), room_tokens)
    if refusal is not None:
        kept, summed = kept[-1:], []
    report = BudgetReport(
        window_tokens=model.context_window_tokens if model else None,
        room_tokens=room_tokens,
        reserve_tokens=reserve_tokens,
        considered_tokens=tokens_of(counted),
        considered_messages=len(counted),
        parts=_parts(system, summed, kept, partial, whole={id(message) for message in counted}),
        stages=tuple(stages),
    )
    messages = tuple(one.as_message() for one in (*system, *summed, *kept))
    keeps_history = not stages and len(history) < settings.MAX_CONVERSATION_HISTORY
    return BuiltContext(messages, report, keeps_history, refusal)


def _parts(
    system: list[Said], summed: list[Said], kept: list[Said], partial: list[Said], *, whole: set[int]
) -> tuple[ReportPart, ...]:
    """Those that are there. What isn't among the `whole` messages was shortened."""
    earlier, question = kept[:-1], kept[-1:]
    parts = (
        ReportPart("instructions", tokens_of(system), len(system)),
        ReportPart("summary", tokens_of(summed), len(summed)),
        ReportPart("history", tokens_of(earlier), len(earlier), sum(id(one) not in whole for one in earlier)),
        ReportPart("question", tokens_of(question), len(question)),
        ReportPart("answer", tokens_of(partial), len(partial)),
    )
    return tuple(part for part in parts if part.messages)


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
                "It is kept. Choose a model with a larger window, or edit the message."
            )
            % {"tokens": number(least_tokens), "room": number(max(0, room_tokens))}
        )
    return None


def _counted(role: Role, text: str, percent: int) -> Said:
    message = said(role, text)
    return replace(message, tokens=_scaled(message.tokens, percent))


def _scaled(tokens: int, percent: int) -> int:
    return -(-tokens * percent // 100)
