"""Keeps the budgets' counters: reserves before a request, counts what it used, gives the reservation back.

A period's row is the lock of its reservations. Who takes several rows takes them in the order of (`starts_on`,
`budget`), so that two never wait for each other: a transaction that does both releases first and settles then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeAlias
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from providers.budgets import BudgetWarning, budgets_in_use, near_warnings, open_before, read_states, refusal_words
from providers.contract import Feature, Payer
from providers.counting import counted, targets_of
from providers.errors import BudgetExceeded
from providers.estimates import Estimate
from providers.models import Budget, BudgetPeriod, Reservation, UsageRecord
from providers.periods import period_start

# Longer than any run may take, with its recoveries: what is older belongs to nobody.
RESERVATION_LIFE = timedelta(hours=2)
SWEPT_AT_ONCE = 1_000

Place: TypeAlias = tuple[date, UUID]


def reserve(*, request_id: UUID, payer: Payer, estimate: Estimate, feature: Feature) -> list[BudgetWarning]:
    """Hold what a request is likely to use, in every budget that it counts against, or in none.

    A request is let through while anything is left, so that those at the same time take no more than one of them is
    expected to beyond a limit, also where a period ends between them. Asking again for the same request holds nothing
    more. What is known to cost nothing is held up by no budget in money; what has an unknown price is, but holds
    nothing there. Costs no query where there are no budgets. Their rows are held to the end of the caller's
    transaction, so this belongs near it.

    Returns: what the person should know, the fullest budget first.
    Raises: BudgetExceeded; nothing is held then.
    """
    is_free = estimate.nanousd == 0
    budgets = [one for one in budgets_in_use(payer) if one.unit == Budget.Unit.TOKENS or not is_free]
    if not budgets:
        return []
    if not _is_reserved(request_id):
        try:
            with transaction.atomic():
                _hold(request_id, budgets, estimate, feature)
        except (BudgetExceeded, IntegrityError):
            # A twin of this call may have been quicker, and even have taken what was left.
            if not _is_reserved(request_id):
                raise
    return near_warnings(read_states(budgets))


def release(request_id: UUID) -> None:
    """Give back what is still held for a request that is over. Doing it twice gives nothing back twice.

    In a transaction that writes the request's last lines this comes before them.
    """
    with transaction.atomic(savepoint=False):
        if not _has_any():
            return
        held = Reservation.objects.filter(request_id=request_id)
        periods = BudgetPeriod.objects.select_for_update().filter(id__in=held.values("budget_period"))
        if not list(periods.order_by("starts_on", "budget_id")):
            return
        # Read only now: until the rows were ours, another process could release the same request.
        for reservation in held.all():
            BudgetPeriod.objects.filter(id=reservation.budget_period_id).update(
                # A counter that went wrong must not keep a run from ending; `reconcile_usage` reports it.
                reserved=Greatest(F("reserved") - reservation.amount, Value(0))
            )
        held.delete()


def release_expired() -> int:
    """Give back what processes that died left behind. Returns the number of requests."""
    expired = Reservation.objects.filter(expires_at__lt=timezone.now())
    requests = list(expired.values_list("request_id", flat=True).distinct()[:SWEPT_AT_ONCE])
    for request_id in requests:
        release(request_id)
    return len(requests)


def settle(lines: Sequence[UsageRecord]) -> None:
    """Count lines that were inserted in this transaction against their budgets, each in the period it was made in.

    Those that were there before were not inserted: no row has their new id. A budget that is made at the same moment
    finds a line either in the ledger or is found here, since it waits for who writes there.
    """
    if not _has_any():
        return
    budgets: defaultdict[tuple[str, UUID | None], list[Budget]] = defaultdict(list)
    for budget in _budgets_of(lines):
        budgets[budget.scope, budget.target_id].append(budget)
    if not budgets:
        return
    inserted = set(UsageRecord.objects.filter(id__in=[line.id for line in lines]).values_list("id", flat=True))
    used: defaultdict[Place, int] = defaultdict(int)
    for line in lines:
        if line.id not in inserted:
            continue
        for budget in (budget for target in targets_of(line) for budget in budgets[target]):
            starts_on = period_start(budget.period, line.created_at)
            used[starts_on, budget.id] += counted(budget, line)
    for place, amount in sorted(used.items()):
        if amount and not _add(place, used=amount) and _open(place):
            _add(place, used=amount)


def _hold(request_id: UUID, budgets: Sequence[Budget], estimate: Estimate, feature: Feature) -> None:
    """Raises: BudgetExceeded; IntegrityError if a twin held it first."""
    now = timezone.now()
    amounts = {
        (period_start(budget.period, now), budget.id): estimate.tokens
        if budget.unit == Budget.Unit.TOKENS
        else estimate.nanousd or 0
        for budget in budgets
    }
    for place, amount in sorted(amounts.items()):
        if _add_below_limit(place, amount) or not (_at(place).exists() or _open(place)):
            continue
        # The row may have come in between, or the budget have gone.
        if not _add_below_limit(place, amount):
            for state in read_states(Budget.objects.filter(id=place[1])):
                raise BudgetExceeded(refusal_words(state), detail=f"{state.budget} has no room for a {feature}")
    periods = BudgetPeriod.objects.filter(
        budget__in={budget_id for _, budget_id in amounts}, starts_on__in={starts_on for starts_on, _ in amounts}
    )
    Reservation.objects.bulk_create(
        Reservation(
            request_id=request_id,
            budget_period_id=period_id,
            amount=amounts[starts_on, budget_id],
            feature=feature,
            created_at=now,
            expires_at=now + RESERVATION_LIFE,
        )
        for period_id, starts_on, budget_id in periods.values_list("id", "starts_on", "budget_id")
        if (starts_on, budget_id) in amounts
    )


def _add_below_limit(place: Place, amount: int) -> bool:
    """Reserve, if anything is left beside what requests of the period before still hold, which will count in this one.
    One statement, whose condition the database checks again on the row as it is once it holds it; the limit is read
    with it, so that a changed one holds at once."""
    starts_on, budget_id = place
    limit = Budget.objects.filter(id=OuterRef("budget")).values("limit")
    before = open_before(starts_on).filter(budget=budget_id).order_by().values("budget")
    rows = _at(place).alias(
        limit=Subquery(limit),
        still_held=Coalesce(Subquery(before.annotate(total=Sum("reserved")).values("total")), 0),
    )
    has_room = rows.filter(limit__gt=F("used") + F("reserved") + F("still_held"))
    return bool(has_room.update(reserved=F("reserved") + amount))


def _add(place: Place, *, used: int) -> bool:
    return bool(_at(place).update(used=F("used") + used))


def _at(place: Place) -> QuerySet[BudgetPeriod]:
    starts_on, budget_id = place
    return BudgetPeriod.objects.filter(starts_on=starts_on, budget=budget_id)


def _open(place: Place) -> bool:
    """Make the row of a period that has none. False if the budget doesn't count then: it was removed meanwhile, or made
    in a later period."""
    starts_on, budget_id = place
    # Held, so that nobody removes it before the row that names it is committed.
    budget = Budget.objects.select_for_update(no_key=True).filter(id=budget_id).first()
    if budget is None or starts_on < period_start(budget.period, budget.created_at):
        return False
    BudgetPeriod.objects.bulk_create([BudgetPeriod(budget=budget, starts_on=starts_on)], ignore_conflicts=True)
    return True


def _has_any() -> bool:
    """Whether there is any budget just now, in use or not; reservations go with theirs. By hand: it is asked twice at
    the end of each answer, and making a query of the ORM's takes ten times as long as asking."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {Budget._meta.db_table} LIMIT 1")  # noqa: S608  # nosec B608  # a name of ours
        return cursor.fetchone() is not None


def _budgets_of(lines: Sequence[UsageRecord]) -> QuerySet[Budget]:
    """In use or not: what counts on can be put in use again at any time."""
    return Budget.objects.filter(
        Q(scope=Budget.Scope.SITE)
        | Q(user__in={line.user_id for line in lines if line.user_id})
        | Q(team__in={line.team_id for line in lines if line.team_id})
        | Q(api_key__in={line.api_key_id for line in lines if line.api_key_id})
    )


def _is_reserved(request_id: UUID) -> bool:
    return Reservation.objects.filter(request_id=request_id).exists()
