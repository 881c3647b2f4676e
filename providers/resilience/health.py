"""How each endpoint does, by the calls that people made: nobody is asked for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.utils import timezone

from providers.models import Attempt

WINDOW = timedelta(minutes=15)
# Of the busiest endpoint the newest of the window tell enough.
MAX_CALLS = 500
# Refusals of the request or its content say nothing of the endpoint.
NOT_ITS_FAULT = ("CONTENT_FILTERED", "VALIDATION_ERROR", "CONTEXT_TOO_LONG", "MODEL_NOT_FOUND")


@dataclass(frozen=True, slots=True)
class Health:
    """Of the calls of the last 15 minutes: how many, the share that failed, times to the first token."""

    calls: int = 0
    error_rate: float = 0.0
    first_token_p50_ms: int | None = None
    first_token_p95_ms: int | None = None
    last_call_at: datetime | None = None
    last_failure: str = ""
    last_failure_at: datetime | None = None


def read_health(endpoints: Sequence[str]) -> dict[str, Health]:
    """One query for each endpoint, on its index."""
    since = timezone.now() - WINDOW
    return {name: _health(name, since) for name in endpoints}


def first_token_s(
    health: Mapping[str, Health], percentile: Literal["first_token_p50_ms", "first_token_p95_ms"]
) -> dict[str, float]:
    """What each endpoint takes to begin, where anybody knows."""
    known = {name: getattr(one, percentile) for name, one in health.items()}
    return {name: ms / 1000 for name, ms in known.items() if ms is not None}


def _health(endpoint: str, since: datetime) -> Health:
    rows = list(
        Attempt.objects.filter(endpoint=endpoint, started_at__gte=since)
        .exclude(outcome=Attempt.Outcome.RUNNING)
        .order_by("-started_at")
        .values_list("started_at", "outcome", "first_token_ms", "error_code", "error_detail")[:MAX_CALLS]
    )
    if not rows:
        return Health()
    failures = [
        (started_at, detail)
        for started_at, outcome, _first, code, detail in rows
        if outcome == Attempt.Outcome.FAILED and code not in NOT_ITS_FAULT
    ]
    firsts = sorted(first for _started, _outcome, first, _code, _detail in rows if first is not None)
    return Health(
        calls=len(rows),
        error_rate=len(failures) / len(rows),
        first_token_p50_ms=_percentile(firsts, 0.5),
        first_token_p95_ms=_percentile(firsts, 0.95),
        last_call_at=rows[0][0],
        last_failure=failures[0][1] if failures else "",
        last_failure_at=failures[0][0] if failures else None,
    )


def _percentile(ordered: Sequence[int], share: float) -> int | None:
    """The nearest rank of an ordered list; None of an empty one."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
