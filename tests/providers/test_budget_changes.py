"""Budgets that change while requests go on, days that end during a run, and what is left behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from accounts.models import User
from providers.actions.budget_settings import change_limit, remove_budget, set_budget_in_use
from providers.actions.budgets import release, release_expired, reserve
from providers.actions.ledger import write_lines
from providers.budgets import has_budgets, read_states
from providers.contract import Payer
from providers.errors import BudgetExceeded
from providers.models import Budget, BudgetPeriod, Reservation
from providers.reconciliation import wrong_counters
from providers.tasks import sweep_reservations
from tests.providers.conftest import Clock
from tests.support.spending import admin, ask, counters, line, make_budget, tokens

pytestmark = pytest.mark.django_db


@pytest.fixture
def payer(alice: User) -> Payer:
    return Payer(alice.id)


# What changes meanwhile


def test_a_raised_limit_holds_at_once(payer: Payer) -> None:
    budget = make_budget(limit="100")
    ask(payer, 100)
    with pytest.raises(BudgetExceeded):
        ask(payer)
    change_limit(budget=budget, limit="300", by=admin())
    ask(payer, 100)
    assert counters(budget) == (0, 200)


def test_a_limit_that_another_process_lowered_holds_at_once(payer: Payer) -> None:
    budget = make_budget(limit="1000")
    request_id = uuid4()
    reserve(request_id=request_id, payer=payer, estimate=tokens(400), feature="chat")
    Budget.objects.filter(id=budget.id).update(limit=300)
    with pytest.raises(BudgetExceeded):
        ask(payer)
    release(request_id)
    write_lines([line(payer, (400, 0), request_id=request_id)])
    assert counters(budget) == (400, 0)


def test_a_budget_removed_during_a_run_lets_it_end(payer: Payer) -> None:
    budget, other, request_id = make_budget(), make_budget("site"), uuid4()
    reserve(request_id=request_id, payer=payer, estimate=tokens(100), feature="chat")
    remove_budget(budget=budget, by=admin())
    release(request_id)
    write_lines([line(payer, request_id=request_id)])
    assert counters(other) == (120, 0)
    assert not BudgetPeriod.objects.exclude(budget=other).exists()


def test_a_budget_that_another_process_removed_refuses_nothing(payer: Payer) -> None:
    budget = make_budget(limit="1")
    assert has_budgets()
    Budget.objects.filter(id=budget.id).delete()
    ask(payer)
    assert not Reservation.objects.exists()
    assert not BudgetPeriod.objects.exists()


def test_a_budget_made_in_mid_period_begins_with_what_was_used(alice: User, charlie: User, clock: Clock) -> None:
    payer, yesterday = Payer(alice.id), clock.now - timedelta(days=1)
    write_lines([line(payer, (100, 0)), line(payer, (10, 0), ended_at=yesterday), line(Payer(charlie.id), (1, 0))])
    write_lines([line(payer, (5_000, 0), ended_at=clock.now - timedelta(days=30))])
    assert counters(make_budget(period="day")) == (100, 0)
    assert counters(make_budget(period="month")) == (110, 0)
    assert counters(make_budget("site", period="month")) == (111, 0)
    assert counters(make_budget(period="month", unit="money", limit="1")) == (110_000, 0)


def test_a_line_of_before_the_budget_counts_in_no_period(payer: Payer, clock: Clock) -> None:
    make_budget(period="day")
    write_lines([line(payer, ended_at=clock.now - timedelta(days=2))])
    assert [(row.starts_on.day, row.used) for row in BudgetPeriod.objects.all()] == [(20, 0)]


def test_a_run_over_midnight_is_held_yesterday_and_counted_where_it_was_made(payer: Payer, clock: Clock) -> None:
    day, month, request_id = make_budget(period="day"), make_budget(), uuid4()
    clock.now = yesterday = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
    reserve(request_id=request_id, payer=payer, estimate=tokens(100), feature="chat")
    write_lines([line(payer, (30, 0), request_id=request_id, ended_at=clock.now)])
    clock.now = today = datetime(2026, 12, 1, 0, 1, tzinfo=UTC)
    # A recovery asks again: what is held stays where it is.
    reserve(request_id=request_id, payer=payer, estimate=tokens(100), feature="chat")
    assert [counters(one, yesterday) for one in (day, month)] == [(30, 100)] * 2
    with transaction.atomic():
        release(request_id)
        write_lines([line(payer, (40, 0), request_id=request_id, call_number=2, ended_at=today)])
    for budget in (day, month):
        assert counters(budget, yesterday) == (30, 0)
        assert counters(budget, today) == (40, 0)


@pytest.mark.parametrize("period", ["day", "month"])
def test_midnight_makes_no_room_for_what_was_begun_before(payer: Payer, clock: Clock, period: str) -> None:
    budget = make_budget(period=period, limit="100")
    clock.now = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
    begun = [uuid4() for _ in range(10)]
    for request_id in begun:
        reserve(request_id=request_id, payer=payer, estimate=tokens(10), feature="chat")
    clock.now = today = datetime(2026, 12, 1, 0, 1, tzinfo=UTC)
    with pytest.raises(BudgetExceeded, match="has nothing left but what answers that are being written may still need"):
        ask(payer, 10)
    [state] = read_states([budget])
    assert (state.used, state.reserved) == (0, 100), "people see it too"
    for done, request_id in enumerate(begun[:4], start=1):
        with transaction.atomic():
            release(request_id)
            write_lines([line(payer, (5, 0), request_id=request_id, ended_at=today)])
        [state] = read_states([budget])
        assert (state.used, state.reserved) == (5 * done, 100 - 10 * done)
    ask(payer, 20)
    with pytest.raises(BudgetExceeded):
        ask(payer, 10)
    assert counters(budget, today) == (20, 20)
    assert list(wrong_counters(clock.now - timedelta(days=60))) == []


@pytest.mark.django_db(transaction=True)
def test_out_of_use_it_refuses_nothing_and_counts_on(payer: Payer) -> None:
    budget = make_budget(limit="100")
    set_budget_in_use(budget=budget, is_enabled=False, by=admin())
    write_lines([line(payer, (150, 0))])
    assert ask(payer) == []
    assert counters(budget) == (150, 0)
    set_budget_in_use(budget=budget, is_enabled=True, by=admin())
    with pytest.raises(BudgetExceeded):
        ask(payer)


# What is left behind


def test_what_died_is_given_back_after_its_time(payer: Payer, clock: Clock) -> None:
    budget = make_budget()
    ask(payer, 300)
    clock.now += timedelta(hours=1)
    ask(payer, 40)
    clock.now += timedelta(hours=1)
    assert release_expired() == 0
    clock.now += timedelta(seconds=1)
    sweep_reservations()
    assert counters(budget) == (0, 40)
    assert release_expired() == 0


def test_a_counter_that_went_wrong_keeps_no_request_from_ending(payer: Payer) -> None:
    budget, request_id = make_budget(), uuid4()
    reserve(request_id=request_id, payer=payer, estimate=tokens(100), feature="chat")
    BudgetPeriod.objects.update(reserved=5)
    release(request_id)
    assert counters(budget) == (0, 0)
