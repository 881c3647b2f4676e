"""Proves what is stored beside the ledger against its lines. What differs is reported by its ids; only the budgets'
counters can be repaired, since they alone are derived: no line is ever changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Trunc
from django.utils import timezone

from providers.actions.budgets import RESERVATION_LIFE
from providers.contract import Usage
from providers.counting import lines_against, lines_of, sum_of_lines, total_of
from providers.models import Attempt, Budget, BudgetPeriod, UsageRecord
from providers.periods import at_midnight, period_start
from providers.prices import cost_or_unknown

CHUNK_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that isn't what the ledger says. `kind` names the check, `what` the rows and both values."""

    kind: str
    what: str
    is_repaired: bool = False


Check = Callable[[datetime], Iterator[Drift]]


def find_drift(*, since: datetime) -> Iterator[Drift]:
    """Everything that differs among what began at `since` or later."""
    for check in CHECKS:
        yield from check(since)


def repair_counters(*, since: datetime) -> Iterator[Drift]:
    """Set every counter of a budget to what lines and reservations add up to, and say which were wrong."""
    for budget, starts_on in _periods(since):
        with transaction.atomic():
            row, _ = BudgetPeriod.objects.get_or_create(budget=budget, starts_on=starts_on)
            # Who counts a line after this holds its row next, so the sum is of what was counted already.
            row = BudgetPeriod.objects.select_for_update().get(id=row.id)
            used = sum_of_lines(budget, starts_on)
            reserved = row.reservations.aggregate(total=Coalesce(Sum("amount"), 0))["total"]
            drift = list(_differences(row, used, reserved, is_repaired=True))
            if drift:
                BudgetPeriod.objects.filter(id=row.id).update(used=used, reserved=reserved)
        yield from drift


def wrong_counters(since: datetime) -> Iterator[Drift]:
    """Budgets whose `used` or `reserved` isn't the sum of lines or reservations. Each period is one statement, so that
    what is written meanwhile is in both numbers or in neither."""
    for budget, starts_on in _periods(since):
        lines = lines_of(budget, starts_on).order_by().annotate(of=Value(1)).values("of")
        held = BudgetPeriod.objects.filter(id=OuterRef("id")).annotate(total=Sum("reservations__amount"))
        rows = BudgetPeriod.objects.filter(budget=budget, starts_on=starts_on).annotate(
            lines_total=Coalesce(Subquery(lines.annotate(total=total_of(budget)).values("total")), 0),
            held_total=Coalesce(Subquery(held.values("total")), 0),
        )
        row = rows.first()
        if row is not None:
            yield from _differences(row, int(row.lines_total), int(row.held_total))
        elif used := sum_of_lines(budget, starts_on):
            yield Drift("budget without period", f"{budget}, {starts_on}: lines {used}")


def wrong_costs(since: datetime) -> Iterator[Drift]:
    """Lines whose cost isn't what their tokens cost at the price they name."""
    lines = UsageRecord.objects.filter(created_at__gte=since).select_related("price").order_by("id")
    for line in lines.iterator(chunk_size=CHUNK_ROWS):
        usage = Usage(
            input_tokens=line.input_tokens,
            output_tokens=line.output_tokens,
            cached_tokens=line.cached_tokens,
            cache_write_tokens=line.cache_write_tokens,
        )
        full = cost_or_unknown(usage, line.price)
        is_paid = line.source == UsageRecord.Source.PROVIDER
        cost, saved = (full, 0) if is_paid else (0, full or 0)
        if line.cost_nanousd != cost:
            yield Drift("cost", f"line {line.id}: {line.cost_nanousd}, by its tokens {cost}")
        if line.saved_nanousd != saved:
            yield Drift("saving", f"line {line.id}: {line.saved_nanousd}, by its tokens {saved}")
        if line.price is not None and line.price.full_id != f"{line.endpoint}/{line.model}":
            yield Drift("price of another model", f"line {line.id}: {line.price}")


def attempts_without_line(since: datetime) -> Iterator[Drift]:
    """Calls that ended and that the ledger knows nothing of."""
    lines = UsageRecord.objects.filter(request_id=OuterRef("request_id"), call_number=OuterRef("call_number"))
    ended = Attempt.objects.filter(started_at__gte=since).exclude(outcome=Attempt.Outcome.RUNNING)
    for attempt in ended.filter(~Exists(lines)).order_by("id").iterator(chunk_size=CHUNK_ROWS):
        yield Drift("attempt without line", f"attempt {attempt.id}: {attempt}")


def attempts_left_open(since: datetime) -> Iterator[Drift]:
    """Calls that nobody closed, although their request must be over: what they used is in no line."""
    over = timezone.now() - RESERVATION_LIFE
    running = Attempt.objects.filter(started_at__gte=since, started_at__lt=over, outcome=Attempt.Outcome.RUNNING)
    for attempt in running.order_by("id").iterator(chunk_size=CHUNK_ROWS):
        yield Drift("attempt left open", f"attempt {attempt.id}: {attempt}")


def lines_without_attempt(since: datetime) -> Iterator[Drift]:
    """Completions in the ledger that no call is recorded for. Embeddings have none."""
    attempts = Attempt.objects.filter(request_id=OuterRef("request_id"), call_number=OuterRef("call_number"))
    lines = UsageRecord.objects.filter(created_at__gte=since, kind=UsageRecord.Kind.COMPLETION)
    for line in lines.filter(~Exists(attempts)).order_by("id").iterator(chunk_size=CHUNK_ROWS):
        yield Drift("line without attempt", f"line {line.id}: {line}")


def wrong_tokens(since: datetime) -> Iterator[Drift]:
    """Calls of which the provider counted other tokens than their line has."""
    attempts = Attempt.objects.filter(request_id=OuterRef("request_id"), call_number=OuterRef("call_number"))
    lines = UsageRecord.objects.filter(
        created_at__gte=since, kind=UsageRecord.Kind.COMPLETION, is_estimated=False
    ).annotate(
        attempt_input=Subquery(attempts.values("input_tokens")),
        attempt_output=Subquery(attempts.values("output_tokens")),
    )
    differ = Q(attempt_input__isnull=False) & ~Q(input_tokens=F("attempt_input"))
    differ |= Q(attempt_output__isnull=False) & ~Q(output_tokens=F("attempt_output"))
    for line in lines.filter(differ).order_by("id").iterator(chunk_size=CHUNK_ROWS):
        yield Drift(
            "tokens",
            f"line {line.id}: {line.input_tokens} in, {line.output_tokens} out; its attempt {line.attempt_input} in, "
            f"{line.attempt_output} out",
        )


def _periods(since: datetime) -> Iterator[tuple[Budget, date]]:
    """Every period that a budget has a row for, or lines."""
    for budget in Budget.objects.order_by("created_at"):
        first = max(period_start(budget.period, budget.created_at), period_start(budget.period, since))
        lines = lines_against(budget).filter(created_at__gte=at_midnight(first))
        begun = lines.annotate(begun=Trunc("created_at", budget.period, tzinfo=UTC)).values_list("begun", flat=True)
        starts = {moment.date() for moment in begun.distinct() if moment is not None}
        starts.update(budget.periods.filter(starts_on__gte=first).values_list("starts_on", flat=True))
        yield from ((budget, starts_on) for starts_on in sorted(starts))


def _differences(row: BudgetPeriod, used: int, reserved: int, *, is_repaired: bool = False) -> Iterator[Drift]:
    if row.used != used:
        yield Drift("budget used", f"{row.budget}, {row.starts_on}: {row.used}, lines {used}", is_repaired)
    if row.reserved != reserved:
        yield Drift(
            "budget reserved", f"{row.budget}, {row.starts_on}: {row.reserved}, reservations {reserved}", is_repaired
        )


CHECKS: tuple[Check, ...] = (
    wrong_counters,
    wrong_costs,
    wrong_tokens,
    attempts_without_line,
    attempts_left_open,
    lines_without_attempt,
)
