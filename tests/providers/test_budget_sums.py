"""Whatever is reserved, written, released and changed, in whatever order: counters are the sums of their rows."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accounts.models import User
from providers.actions.budget_settings import change_limit, remove_budget, set_budget_in_use
from providers.actions.budgets import release, release_expired, reserve
from providers.actions.ledger import LedgerLine, write_lines
from providers.budgets import forget_budgets
from providers.contract import Payer
from providers.counting import sum_of_lines
from providers.errors import BudgetExceeded
from providers.estimates import Estimate
from providers.models import Budget, BudgetPeriod, Reservation, UsageRecord
from tests.support.spending import admin, line, make_budget

pytestmark = pytest.mark.django_db

KINDS = [("user", "day", "tokens"), ("user", "month", "money"), ("site", "day", "money"), ("site", "month", "tokens")]
START = datetime(2026, 11, 29, 20, tzinfo=UTC)

small = st.integers(0, 5)
step = st.one_of(
    st.tuples(st.just("reserve"), small, st.integers(0, 400)),
    st.tuples(st.just("write"), small, st.integers(0, 400)),
    st.tuples(st.just("write again"), small, st.just(0)),
    st.tuples(st.just("release"), small, st.just(0)),
    st.tuples(st.just("make"), st.integers(0, 3), st.integers(1, 2_000)),
    st.tuples(st.just("limit"), small, st.integers(1, 2_000)),
    st.tuples(st.just("switch"), small, st.integers(0, 1)),
    st.tuples(st.just("remove"), small, st.just(0)),
    st.tuples(st.just("hours pass"), st.integers(1, 30), st.just(0)),
    st.tuples(st.just("roll back"), small, st.integers(1, 400)),
)


class Site:
    """Two people whose requests, four at a time, are reserved, written and released while budgets come and go."""

    def __init__(self, people: list[Payer]) -> None:
        self.people = people
        self.now = START
        self.requests: list[UUID] = [uuid4() for _ in range(4)]
        self.written: list[LedgerLine] = []

    def do(self, name: str, which: int, amount: int) -> None:
        forget_budgets()  # the test's transaction never commits
        payer, request_id = self.people[which % 2], self.requests[which % 4]
        budget = next(iter(Budget.objects.order_by("id")[which : which + 1]), None)
        match name:
            case "reserve":
                estimate = Estimate(amount, None if amount % 7 == 0 else amount * 1_000)
                reserve(request_id=request_id, payer=payer, estimate=estimate, feature="chat")
            case "write":
                self.write(self.line(payer, request_id, amount))
            case "write again" if self.written:
                self.write(self.written[which % len(self.written)])
            case "release":
                release(request_id)
                self.requests[which % 4] = uuid4()
            case "make" if not self.has(KINDS[which]):
                scope, period, unit = KINDS[which]
                limit = f"{amount / 1e6:.6f}" if unit == "money" else str(amount)
                make_budget(scope, period=period, unit=unit, limit=limit)
            case "limit" if budget:
                change_limit(budget=budget, limit=str(amount), by=admin())
            case "switch" if budget:
                set_budget_in_use(budget=budget, is_enabled=bool(amount), by=admin())
            case "remove" if budget:
                remove_budget(budget=budget, by=admin())
            case "hours pass":
                self.now += timedelta(hours=which)
                release_expired()
            case "roll back":
                with transaction.atomic():
                    release(request_id)
                    write_lines([self.line(payer, request_id, amount)])
                    transaction.set_rollback(True)

    def line(self, payer: Payer, request_id: UUID, amount: int) -> LedgerLine:
        source = "cache" if amount % 5 == 0 else "provider"
        ended_at = self.now - timedelta(hours=amount % 3)
        number = len(self.written) + 1
        return line(payer, (amount, 1), request_id=request_id, call_number=number, source=source, ended_at=ended_at)

    def write(self, line: LedgerLine) -> None:
        self.written.append(line)
        write_lines([line])

    def has(self, kind: tuple[str, str, str]) -> bool:
        scope, period, unit = kind
        return Budget.objects.filter(scope=scope, period=period, unit=unit).exists()

    def check(self) -> None:
        counted = set(BudgetPeriod.objects.values_list("budget_id", flat=True))
        assert counted == set(Budget.objects.values_list("id", flat=True))
        for row in BudgetPeriod.objects.select_related("budget"):
            assert row.used == sum_of_lines(row.budget, row.starts_on)
            assert row.reserved == (row.reservations.aggregate(sum=Sum("amount"))["sum"] or 0) >= 0


# Few and long, since what is reserved has to be met again; one in which it surely is.
@settings(max_examples=20, deadline=None)
@example(steps=[("reserve", 0, 300), ("write", 0, 200), ("release", 0, 0), ("reserve", 1, 100), ("hours pass", 30, 0)])
@given(steps=st.lists(step, min_size=12, max_size=30))
def test_counters_are_the_sums_of_their_rows(steps: list[tuple[str, int, int]]) -> None:
    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        people = [Payer(User.objects.create_user(email=f"{name}@example.org").id) for name in ("alice", "charlie")]
        site = Site(people)
        patch.setattr(timezone, "now", lambda: site.now)
        for one in [("make", 0, 900), ("make", 3, 1_500), *steps]:
            with suppress(BudgetExceeded):
                site.do(*one)
            site.check()
        written = {(line.request_id, line.call_number) for line in site.written}
        assert sorted(UsageRecord.objects.values_list("request_id", "call_number")) == sorted(written)
        assert not Reservation.objects.exclude(request_id__in=site.requests).exists()
        transaction.set_rollback(True)
