"""The requests that failed of late, for administrators: where each one's own error is to be found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chat.inspect.masking import mask_keys
from chat.models import Run
from providers.catalog import current_catalog
from providers.models import Attempt

LISTED = 50
# A request that was tried again and again is one entry.
READ_ATTEMPTS = 4 * LISTED


@dataclass(frozen=True, slots=True)
class Failure:
    """A request with its last failed call; one that failed before any has no `provider`. `has_run` tells an answer
    from the other requests, `is_answered` whether it came to an answer after all."""

    request_id: UUID
    at: datetime
    provider: str
    model: str
    calls: int
    code: str
    words: str
    has_run: bool
    is_answered: bool


def recent_failures(*, endpoint: str = "", code: str = "") -> list[Failure]:
    """The latest first; with `endpoint` or `code` of these only."""
    found = list(_of_attempts(_failed_attempts(endpoint, code)))
    if not endpoint:
        known = {failure.request_id for failure in found}
        found += [_of_run(run) for run in _failed_runs(code) if run.id not in known]
    return sorted(found, key=lambda failure: failure.at, reverse=True)[:LISTED]


def _failed_attempts(endpoint: str, code: str) -> Iterable[Attempt]:
    attempts = Attempt.objects.filter(outcome="failed").defer("wire_request").order_by("-started_at")
    if endpoint:
        attempts = attempts.filter(endpoint=endpoint)
    if code:
        attempts = attempts.filter(error_code=code)
    return attempts[:READ_ATTEMPTS]


def _failed_runs(code: str) -> Iterable[Run]:
    runs = Run.objects.filter(status="failed").order_by("-finished_at")
    if code:
        runs = runs.filter(error_code=code)
    return runs[:LISTED]


def _of_attempts(attempts: Iterable[Attempt]) -> Iterable[Failure]:
    by_request: dict[UUID, list[Attempt]] = {}
    for attempt in attempts:
        by_request.setdefault(attempt.request_id, []).append(attempt)
    runs = dict(Run.objects.filter(id__in=by_request).values_list("id", "status"))
    for request_id, calls in by_request.items():
        last = calls[0]
        known = current_catalog().endpoints.get(last.endpoint)
        yield Failure(
            request_id=request_id,
            at=last.started_at,
            provider=known.shown_label if known else last.endpoint,
            model=last.model,
            calls=len(calls),
            code=last.error_code,
            words=mask_keys(last.error_detail),
            has_run=request_id in runs,
            is_answered=runs.get(request_id) == Run.Status.COMPLETE,
        )


def _of_run(run: Run) -> Failure:
    return Failure(
        request_id=run.id,
        at=run.finished_at or run.created_at,
        provider="",
        model=str(run.settings.get("model", "")),
        calls=0,
        code=run.error_code,
        words=run.error_message,
        has_run=True,
        is_answered=False,
    )
