"""Writes what a request's calls came to: their rows, the routing decision, and their lines in the ledger. The caller's
transaction decides whether they may be written at all."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast
from uuid import UUID

from django.utils import timezone

from convoscope.encrypted_fields import without_content
from providers.actions.ledger import LedgerLine, write_lines
from providers.catalog import current_catalog
from providers.contract import AttemptStarted, ChatRequest, FinishReason, Model, Routed, Source, Usage
from providers.errors import ProviderError
from providers.models import Attempt, RoutingDecision, UsageRecord
from providers.tokens import count_text_tokens, estimate_input_tokens

# Above what any model counts; with one the catalog doesn't know there is no other bound.
UNKNOWN_MAX_TOKENS = 10_000_000
REASON_MAX_CHARS = 300
KEPT_REQUEST_MAX_BYTES = 2 * 2**20


@dataclass(slots=True, eq=False)
class KeptRequest:
    """A request as it went over the wire, made and compressed once, by whoever saves it first."""

    started: AttemptStarted
    _compressed: bytes | None = field(default=None, repr=False)

    def compressed(self) -> bytes | None:
        """None where nobody was asked, and for one that is too large to be kept, such as one with pictures."""
        if self._compressed is None:
            body = self.started.body()
            self._compressed = zlib.compress(body, level=1) if 0 < len(body) <= KEPT_REQUEST_MAX_BYTES else b""
        return self._compressed or None


@dataclass(slots=True)
class AttemptRecord:
    """One call as its caller saw it so far; saving it again brings its row up to date. `received` is all it sent."""

    request: ChatRequest
    started: AttemptStarted
    started_at: datetime
    wait_ms: int = 0
    outcome: str = Attempt.Outcome.RUNNING
    first_token_ms: int | None = None
    duration_ms: int | None = None
    finish_reason: FinishReason | None = None
    usage: Usage | None = None
    skipped_chunks: int = 0
    error: ProviderError | None = None
    ended_at: datetime | None = None
    received: list[str] = field(default_factory=list, repr=False)
    kept: KeptRequest = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.kept = KeptRequest(self.started)

    def ledger_line(self) -> LedgerLine:
        """What the call used: as the provider counted, or by our own count where it didn't or can't be right."""
        usage = self.usage if self.usage is not None and self._is_credible(self.usage) else None
        return LedgerLine(
            request_id=self.request.request_id,
            call_number=self.started.call_number,
            payer=self.request.payer,
            subject_id=self.request.subject_id,
            feature=self.request.feature,
            source=self.started.source,
            endpoint=self.started.endpoint,
            model=self.started.model,
            outcome=self.outcome,
            usage=usage or self._counted(),
            is_estimated=usage is None,
            first_token_ms=self.first_token_ms,
            duration_ms=self.duration_ms,
            ended_at=self.ended_at or timezone.now(),
        )

    def _is_credible(self, usage: Usage) -> bool:
        """No model can take more than its window or write more than its longest answer, nor read or write text of no
        tokens."""
        model = self._model()
        most_input = model.context_window_tokens if model else UNKNOWN_MAX_TOKENS
        most_output = max(model.max_output_tokens, most_input) if model else UNKNOWN_MAX_TOKENS
        is_possible = usage.input_tokens <= most_input and usage.output_tokens <= most_output
        return is_possible and usage.input_tokens > 0 and (usage.output_tokens > 0 or not any(self.received))

    def _counted(self) -> Usage:
        """A call that was refused used nothing; one that was answered, or stopped while it waited, used its input."""
        if self.outcome == Attempt.Outcome.FAILED and not self.received:
            return Usage(0, 0)
        text, model = "".join(self.received), self._model()
        return Usage(estimate_input_tokens(self.request, model), count_text_tokens(text, model=model) if text else 0)

    def _model(self) -> Model | None:
        return _model_of(self.started.endpoint, self.started.model)


def save_attempts(records: Iterable[AttemptRecord]) -> list[UsageRecord]:
    """Insert or update one row for each record, known by (`request_id`, `call_number`); a call that has ended gets its
    line in the ledger. Returns these lines."""
    records = list(records)
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
    return write_lines(record.ledger_line() for record in records if record.outcome != Attempt.Outcome.RUNNING)


def save_request(records: Sequence[AttemptRecord], routed: Routed | None) -> list[UsageRecord]:
    """All of a request that is over: its calls, its routing decision, its ledger lines. Returns these lines."""
    lines = save_attempts(records)
    if routed is not None and records:
        save_routing(records[0].request.request_id, routed)
    return lines


def save_routing(request_id: UUID, routed: Routed) -> None:
    """The first decision of a request stands: a process that goes on with it after another decides for the rest."""
    decision = RoutingDecision(
        request_id=request_id,
        asked=routed.asked[:200],
        considered=[{"full_id": one.full_id, "why": one.why, "excluded": one.excluded} for one in routed.considered],
        reason=routed.reason[:REASON_MAX_CHARS],
        cache=routed.cache[:REASON_MAX_CHARS],
    )
    RoutingDecision.objects.bulk_create([decision], ignore_conflicts=True)


def highest_call(request_id: UUID) -> int:
    """How many calls a request has made so far."""
    numbers = Attempt.objects.filter(request_id=request_id).values_list("call_number", flat=True)
    return max(numbers, default=0)


def abandon_attempts(request: ChatRequest, *, received: str) -> None:
    """Close what a dead process left open. `received` is all that was saved of the answer, whichever call wrote it:
    what no line accounts for yet is that of the open call, counted by us, since nobody heard the provider's own count.
    Of several open ones the last was under way; the others had just failed.
    """
    open_ones = Attempt.objects.filter(request_id=request.request_id, outcome=Attempt.Outcome.RUNNING)
    rows = list(without_content(open_ones))
    if not rows:
        return
    accounted = _accounted_share(request.request_id, received)
    last = max(rows, key=lambda row: row.call_number)
    for row in rows:
        started = AttemptStarted(row.call_number, row.endpoint, row.model, "first", cast(Source, row.source))
        record = AttemptRecord(request, started, row.started_at, outcome=Attempt.Outcome.ABANDONED)
        record.received = [received] if row is last else []
        line = record.ledger_line()
        output_tokens = round(line.usage.output_tokens * (1 - accounted)) if row is last else 0
        write_lines([replace(line, usage=replace(line.usage, output_tokens=output_tokens))])
    Attempt.objects.filter(id__in=[row.id for row in rows]).update(outcome=Attempt.Outcome.ABANDONED)


def _accounted_share(request_id: UUID, text: str) -> float:
    """How much of a text the request's lines account for. A share, since each model counts it in tokens of its own."""
    share = 0.0
    for line in UsageRecord.objects.filter(request_id=request_id, output_tokens__gt=0):
        whole = count_text_tokens(text, model=_model_of(line.endpoint, line.model))
        share += line.output_tokens / max(whole, line.output_tokens)
    return min(share, 1.0)


def _model_of(endpoint: str, model: str) -> Model | None:
    entry = current_catalog().entries.get(f"{endpoint}/{model}")
    return entry.model if entry else None


def _row(record: AttemptRecord) -> Attempt:
    usage = record.usage
    return Attempt(
        request_id=record.request.request_id,
        call_number=record.started.call_number,
        endpoint=record.started.endpoint,
        model=record.started.model,
        reason=record.started.reason,
        source=record.started.source,
        outcome=record.outcome,
        started_at=record.started_at,
        wait_ms=record.wait_ms,
        first_token_ms=record.first_token_ms,
        duration_ms=record.duration_ms,
        finish_reason=record.finish_reason or "",
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        cached_tokens=usage.cached_tokens if usage else None,
        reasoning_tokens=usage.reasoning_tokens if usage else None,
        skipped_chunks=record.skipped_chunks,
        error_code=record.error.code if record.error else "",
        error_detail=(record.error.detail or record.error.user_message) if record.error else "",
        wire_request=record.kept.compressed() if record.request.may_be_kept else None,
    )
