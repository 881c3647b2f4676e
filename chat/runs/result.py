"""How a run ended: what its end writes into the message."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.counting import expected_tokens
from chat.models import Message
from chat.runs.live import LiveRun
from chat.runs.load import LoadedRun
from convoscope.errors import AppError
from providers.actions.attempts import AttemptRecord
from providers.contract import Finished, Routed
from providers.counting import ASKED
from providers.ledger import first_input
from providers.recording import Recorder


@dataclass(frozen=True, slots=True)
class RunResult:
    """`text` and `html` are the whole answer, what an earlier run wrote of it included. The tokens are those of this
    claim's calls; None without any."""

    status: Message.Status
    text: str
    html: str
    reasoning: str = ""
    reasoning_ms: int = 0
    finish_reason: str = ""
    model: str = ""
    provider: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    error_code: str = ""
    error_message: str = ""
    notices: tuple[str, ...] = ()
    timings: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    understanding: dict[str, Any] = field(default_factory=dict)
    attempts: tuple[AttemptRecord, ...] = ()
    routed: Routed | None = None
    # Tokens that providers were sent and sent back beyond those that the turn was counted with; fewer are below 0.
    unforeseen_tokens: int = 0


def run_result(
    live: LiveRun, loaded: LoadedRun, recorder: Recorder, error: AppError | None, *, text: str, html: str
) -> RunResult:
    finished = recorder.finished
    # What only judged the question read other things than the answer's context.
    answering = [record for record in live.attempts if record.request.feature == "chat"] or live.attempts
    uses = [record.ledger_line().usage for record in answering]
    output_tokens = sum(usage.output_tokens for usage in uses) if uses else None
    notices = list(live.notices)
    if finished is not None and finished.skipped_chunks:
        words = ngettext(
            "%(count)d unreadable piece of the answer was left out.",
            "%(count)d unreadable pieces of the answer were left out.",
            finished.skipped_chunks,
        )
        notices.append(words % {"count": finished.skipped_chunks})
    if loaded.run.recoveries and loaded.text:
        notices.append(_("The server restarted while answering; the text goes on from what was saved."))
    if error is not None:
        status = Message.Status.FAILED
    else:
        status = Message.Status.STOPPED if live.interruption else Message.Status.COMPLETE
    return RunResult(
        status=status,
        text=text,
        html=html,
        reasoning="".join(live.reasoning),
        reasoning_ms=live.reasoning_ms,
        finish_reason=_finish_reason(finished, live),
        model=live.message.model,
        provider=live.message.provider,
        # What one call read and what all of them wrote make what this claim gave to the answer.
        input_tokens=first_input(usage.input_tokens for usage in uses) if uses else None,
        output_tokens=output_tokens,
        error_code=error.code if error else "",
        error_message=error.user_message if error else "",
        notices=tuple(notices),
        timings=live.timings() | ({} if output_tokens is None else {"output_tokens": output_tokens}),
        context=live.context,
        understanding=live.understanding,
        attempts=tuple(live.attempts),
        unforeseen_tokens=_unforeseen(live, loaded),
        routed=live.routed,
    )


def _finish_reason(finished: Finished | None, live: LiveRun) -> str:
    if live.interruption == "time_limit":
        return "time_limit"
    if live.interruption == "stop":
        return "stopped"
    if live.understanding.get("asked_back"):
        return Message.ASKED_BACK
    return finished.reason if finished else ""


def _unforeseen(live: LiveRun, loaded: LoadedRun) -> int:
    lines = [record.ledger_line() for record in live.attempts]
    used = sum(line.usage.input_tokens + line.usage.output_tokens for line in lines if line.source in ASKED)
    question = next((message for message in reversed(loaded.history) if message.role == "user"), None)
    return used - (question.expected_tokens if question else expected_tokens(""))
