"""Writes the rows of attempts. The caller's transaction decides whether they may be written at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from providers.contract import AttemptStarted, FinishReason, Usage
from providers.errors import ProviderError
from providers.models import Attempt


@dataclass(slots=True)
class AttemptRecord:
    """One call as its caller saw it so far; saving it again brings its row up to date."""

    request_id: UUID
    started: AttemptStarted
    started_at: datetime
    outcome: str = Attempt.Outcome.RUNNING
    first_token_ms: int | None = None
    duration_ms: int | None = None
    finish_reason: FinishReason | None = None
    usage: Usage | None = None
    skipped_chunks: int = 0
    error: ProviderError | None = None


def save_attempts(records: Iterable[AttemptRecord]) -> None:
    """Insert or update one row for each record, known by (`request_id`, `call_number`)."""
    rows = [_row(record) for record in records]
    if rows:
        Attempt.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["request_id", "call_number"],
            update_fields=[
                "outcome",
                "first_token_ms",
                "duration_ms",
                "finish_reason",
                "input_tokens",
                "output_tokens",
                "cached_tokens",
                "reasoning_tokens",
                "skipped_chunks",
                "error_code",
                "error_detail",
            ],
        )


def abandon_attempts(request_id: UUID) -> int:
    """Close what a dead process left open. Returns the highest call number used so far, 0 if none."""
    attempts = Attempt.objects.filter(request_id=request_id)
    attempts.filter(outcome=Attempt.Outcome.RUNNING).update(outcome=Attempt.Outcome.ABANDONED)
    return max(attempts.values_list("call_number", flat=True), default=0)


def _row(record: AttemptRecord) -> Attempt:
    usage = record.usage
    return Attempt(
        request_id=record.request_id,
        call_number=record.started.call_number,
        endpoint=record.started.endpoint,
        model=record.started.model,
        reason=record.started.reason,
        outcome=record.outcome,
        started_at=record.started_at,
        first_token_ms=record.first_token_ms,
        duration_ms=record.duration_ms,
        finish_reason=record.finish_reason or "",
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        cached_tokens=usage.cached_tokens if usage else None,
        reasoning_tokens=usage.reasoning_tokens if usage else None,
        skipped_chunks=record.skipped_chunks,
        error_code=record.error.code if record.error else "",
        error_detail=record.error.detail if record.error else "",
    )
