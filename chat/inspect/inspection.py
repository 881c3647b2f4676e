"""Puts an inspection together from the runs of a message and what the gateway kept of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from chat.context.report import BudgetReport
from chat.inspect.kept import (
    cost_of,
    inspected_attempts,
    line_of_ledger,
    routing_of,
    since_ms,
    understanding_of,
)
from chat.inspect.parts import Figures, InspectedCost, InspectedRequest, Inspection, Mark, OwnersPart
from chat.inspect.stages import stage_ends, stages_of
from chat.models import Message, Run
from providers.models import Attempt
from providers.records import Records, read_records


def inspect_message(message: Message, *, viewer: User) -> Inspection:
    """Everything about an answer that this viewer may see, in four queries however often it was tried.

    `message` comes with its conversation.
    """
    runs = list(Run.objects.filter(message_id=message.id).order_by("-created_at", "-id"))
    records = read_records([run.id for run in runs])
    requests = tuple(_run(run, records[run.id], message if len(runs) == 1 else None) for run in runs)
    return Inspection(
        message_id=message.id,
        requests=requests,
        totals=_totals([request.figures for request in requests]),
        owners=owners_part(message, viewer=viewer),
    )


def inspect_request(request_id: UUID) -> Inspection | None:
    """What is kept of a request that has no run, such as a title's; None if that is nothing. Nobody owns it: its text
    is shown to nobody."""
    records = read_records([request_id])[request_id]
    if records.is_empty:
        return None
    request = _bare(request_id, records)
    return Inspection(message_id=None, requests=(request,), totals=request.figures, owners=None)


def owners_part(message: Message, *, viewer: User) -> OwnersPart | None:
    """The one place that decides who sees more than figures and errors: the owner does, an administrator doesn't."""
    if message.conversation.owner_id != viewer.id:
        return None
    return OwnersPart(message.conversation_id, message.conversation.title)


def _run(run: Run, records: Records, only_of: Message | None) -> InspectedRequest:
    """`only_of` is the message if this is its only run: its own counts are then the run's."""
    now = timezone.now()
    begun_at = run.created_at
    attempts = inspected_attempts(records, begun_at)
    claimed_ms = since_ms(begun_at, run.started_at or run.finished_at or now)
    ends = stage_ends(run.timings)
    end_ms = max(
        since_ms(begun_at, run.finished_at or now),
        claimed_ms + (ends[-1][1] if ends else 0),
    )
    first_ms = run.timings.get("first_token_ms")
    tokens = only_of.output_tokens if only_of is not None else None
    return InspectedRequest(
        id=run.id,
        kind=run.kind,
        status=run.status,
        asked_at=begun_at,
        is_running=run.is_unfinished,
        error_code=run.error_code,
        error_message=run.error_message,
        recoveries=run.recoveries,
        figures=_figures(
            records,
            first_token_ms=first_ms,
            duration_ms=end_ms,
            streamed_ms=dict(ends).get("generate", 0) - (first_ms or 0) if first_ms is not None else 0,
            streamed_tokens=run.timings.get("output_tokens"),
            input_tokens=only_of.input_tokens if only_of is not None else None,
            output_tokens=tokens if tokens is not None else run.timings.get("tokens") or None,
        ),
        stages=stages_of(
            claimed_ms=claimed_ms, ends=ends, attempts=attempts, end_ms=end_ms, is_over=not run.is_unfinished
        ),
        marks=_marks(run.timings, claimed_ms),
        trace_start_ms=claimed_ms,
        trace=tuple(run.timings.get("trace") or ()),
        attempts=attempts,
        context=BudgetReport.of_json(run.context),
        understanding=understanding_of(run.understanding),
        routing=routing_of(records.routing, attempts),
        lines=tuple(map(line_of_ledger, records.lines)),
    )


def _bare(request_id: UUID, records: Records) -> InspectedRequest:
    begun_at = min((attempt.started_at for attempt in records.attempts), default=None)
    if begun_at is None and records.lines:
        begun_at = records.lines[0].created_at
    attempts = inspected_attempts(records, begun_at) if begun_at else ()
    ends = [one.start_ms + one.duration_ms for one in attempts if one.duration_ms is not None]
    last = records.attempts[-1] if records.attempts else None
    return InspectedRequest(
        id=request_id,
        kind=records.lines[0].feature if records.lines else "",
        status=last.outcome if last else "",
        asked_at=begun_at,
        is_running=last is not None and last.outcome == Attempt.Outcome.RUNNING,
        error_code=last.error_code if last else "",
        error_message="",
        recoveries=0,
        figures=_figures(
            records,
            first_token_ms=next(
                (one.start_ms + one.first_token_ms for one in attempts if one.first_token_ms is not None), None
            ),
            duration_ms=max(ends, default=None),
        ),
        stages=stages_of(claimed_ms=0, ends=(), attempts=attempts, end_ms=max(ends, default=0), is_over=True),
        marks=(),
        trace_start_ms=0,
        trace=(),
        attempts=attempts,
        context=None,
        understanding=None,
        routing=routing_of(records.routing, attempts),
        lines=tuple(map(line_of_ledger, records.lines)),
    )


def _figures(
    records: Records,
    *,
    first_token_ms: int | None,
    duration_ms: int | None,
    streamed_ms: int = 0,
    streamed_tokens: int | None = None,
    input_tokens: int | None = None,
    output_tokens: int | None = None,
) -> Figures:
    """The ledger says how many tokens there were. Without lines, the caller's counts stand; then those of the calls.
    `streamed_tokens` are those that came in `streamed_ms`, where that isn't all of them."""
    lines, attempts = records.lines, records.attempts
    if lines:
        input_tokens = sum(line.input_tokens for line in lines)
        output_tokens = sum(line.output_tokens for line in lines)
    input_tokens = _sum(attempt.input_tokens for attempt in attempts) if input_tokens is None else input_tokens
    output_tokens = _sum(attempt.output_tokens for attempt in attempts) if output_tokens is None else output_tokens
    timed_tokens = streamed_tokens or output_tokens
    return Figures(
        first_token_ms=first_token_ms,
        duration_ms=duration_ms,
        tokens_per_s=timed_tokens * 1000 / streamed_ms if timed_tokens and streamed_ms > 0 else None,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cost=cost_of(lines),
        attempts=len(attempts),
    )


def _totals(each: Sequence[Figures]) -> Figures:
    if len(each) == 1:
        return each[0]
    return Figures(
        first_token_ms=None,
        duration_ms=_sum(one.duration_ms for one in each),
        tokens_per_s=None,
        input_tokens=_sum(one.input_tokens for one in each),
        output_tokens=_sum(one.output_tokens for one in each),
        cost=InspectedCost(
            nanousd=sum(one.cost.nanousd for one in each),
            lines=sum(one.cost.lines for one in each),
            unknown_lines=sum(one.cost.unknown_lines for one in each),
        ),
        attempts=sum(one.attempts for one in each),
    )


def _marks(timings: dict[str, Any], claimed_ms: int) -> tuple[Mark, ...]:
    return tuple(
        Mark(at_ms=claimed_ms + round(one["at_ms"]), kind=str(one["kind"]), label=str(one.get("label", "")))
        for one in timings.get("marks") or ()
    )


def _sum(counts: Iterable[int | None]) -> int | None:
    """None if none of them is known."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
