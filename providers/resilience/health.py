"""How each endpoint does, by the calls that were made with the site's key; where there are none, by its last check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Literal, TypeAlias

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from providers.contract import CallReason
from providers.models import Attempt, EndpointCheck
from providers.resilience.breaker import State

WINDOW = timedelta(minutes=15)
# Of the busiest endpoint the newest of the window tell enough.
MAX_CALLS = 500
# Refusals of the request or its content say nothing of the endpoint.
NOT_ITS_FAULT = ("CONTENT_FILTERED", "VALIDATION_ERROR", "CONTEXT_TOO_LONG", "MODEL_NOT_FOUND")
# What an administrator tests: a key or an address that perhaps nobody else ever meets.
TESTED: CallReason = "test"
# From here people notice.
UNSTEADY_ERROR_RATE = 0.1
# How far back the page of the status looks for the last failure.
FAILURES_SHOWN = timedelta(days=7)

HealthState: TypeAlias = Literal["well", "unsteady", "resting", "trying", "unknown"]


@dataclass(frozen=True, slots=True)
class Health:
    """Of the calls of the last 15 minutes: how many, the share that failed, times to the first token; and the last
    check, if it is of these minutes too: `check_ms` is None where it failed or told nothing."""

    calls: int = 0
    error_rate: float = 0.0
    first_token_p50_ms: int | None = None
    first_token_p95_ms: int | None = None
    last_call_at: datetime | None = None
    last_failure: str = ""
    last_failure_at: datetime | None = None
    checked_at: datetime | None = None
    check_failure: str = ""
    check_ms: int | None = None

    @property
    def failed_calls(self) -> int:
        return round(self.error_rate * self.calls)


@dataclass(frozen=True, slots=True)
class LastFailure:
    at: datetime
    detail: str


def read_health(endpoints: Sequence[str]) -> dict[str, Health]:
    """One query for each endpoint, on its index, and one for the checks."""
    since = timezone.now() - WINDOW
    checks = {check.name: check for check in EndpointCheck.objects.filter(name__in=endpoints, checked_at__gte=since)}
    return {name: _health(name, since, checks.get(name)) for name in endpoints}


def read_last_failures(endpoints: Sequence[str]) -> dict[str, LastFailure]:
    """The last call of each that failed, within a week."""
    since = timezone.now() - FAILURES_SHOWN
    found = {}
    for name in endpoints:
        failed = site_calls(name, since=since).filter(outcome=Attempt.Outcome.FAILED)
        last = failed.exclude(error_code__in=NOT_ITS_FAULT).order_by("-started_at").defer("wire_request").first()
        if last is not None:
            found[name] = LastFailure(last.started_at, last.error_detail)
    return found


def site_calls(*endpoints: str, since: datetime) -> QuerySet[Attempt]:
    """Calls that asked these endpoints with the site's own keys: they alone say how an endpoint does. Answers that were
    kept or shared asked nobody, a person's key may be refused where the site's is not, and so may one that is only
    tested."""
    asked = Attempt.objects.filter(endpoint__in=endpoints, started_at__gte=since, source="provider")
    return asked.exclude(reason=TESTED)


def health_words(health: Health, breaker: State, *, opens_in_s: float = 0.0) -> tuple[HealthState, str]:
    """How an endpoint does, in a word for the dot and in words for people.

    What the breaker says goes first, since it decides; then a check that failed after the last call; then the calls;
    then a check that passed, which only says that the endpoint can be reached.
    """
    if breaker == "open":
        if opens_in_s <= 0:
            return "resting", _("Not asked just now: it failed repeatedly")
        return "resting", _("Not asked for %(seconds)d s more: it failed repeatedly") % {"seconds": ceil(opens_in_s)}
    if breaker == "half_open":
        return "trying", _("Being tried: the next question tells whether it is well again")
    if health.check_failure and _is_after_calls(health):
        return "unsteady", _("Unsteady: the last check failed")
    if health.calls and health.failed_calls == health.calls:
        words = ngettext(
            "Failing: the last call failed", "Failing: all of the last %(calls)d calls failed", health.calls
        )
        return "unsteady", words % {"calls": health.calls}
    if health.calls and health.error_rate >= UNSTEADY_ERROR_RATE:
        counts = {"failed": health.failed_calls, "calls": health.calls}
        return "unsteady", _("Unsteady: %(failed)d of the last %(calls)d calls failed") % counts
    if health.calls:
        return "well", _("Well")
    if health.check_ms is not None:
        return "well", _("Well, by its last check: nobody asked it lately")
    return "unknown", _("Unknown: nobody asked it lately")


def first_token_s(
    health: Mapping[str, Health], percentile: Literal["first_token_p50_ms", "first_token_p95_ms"]
) -> dict[str, float]:
    """What each endpoint takes to begin, where anybody knows."""
    known = {name: getattr(one, percentile) for name, one in health.items()}
    return {name: ms / 1000 for name, ms in known.items() if ms is not None}


def _is_after_calls(health: Health) -> bool:
    """Whether the check is newer than what people met."""
    return health.checked_at is not None and (health.last_call_at is None or health.checked_at > health.last_call_at)


def _health(endpoint: str, since: datetime, check: EndpointCheck | None) -> Health:
    health = _by_calls(endpoint, since)
    if check is None:
        return health
    return replace(health, checked_at=check.checked_at, check_failure=check.failure, check_ms=check.latency_ms)


def _by_calls(endpoint: str, since: datetime) -> Health:
    rows = list(
        site_calls(endpoint, since=since)
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
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else None
