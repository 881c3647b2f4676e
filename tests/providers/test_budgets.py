"""Budgets: who is let through, what is counted where, and that nothing is counted or held twice."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from providers.actions.budgets import RESERVATION_LIFE, release, reserve
from providers.actions.ledger import write_lines
from providers.budgets import NEAR_PERCENT, has_budgets, warnings_for
from providers.contract import Payer, Usage
from providers.errors import BudgetExceeded
from providers.estimates import Estimate
from providers.models import Reservation, UsageRecord
from tests.providers.conftest import Clock
from tests.support.spending import (
    ask,
    counters,
    line,
    make_api_key,
    make_budget,
    make_team,
    reserved_for,
    tokens,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def payer(alice: User) -> Payer:
    return Payer(user_id=alice.id)


# Who is let through


def test_without_budgets_nothing_is_asked_of_the_database(
    payer: Payer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    has_budgets()
    with django_assert_num_queries(0):
        assert ask(payer) == []
        assert warnings_for(payer) == []


def test_what_is_expected_is_held_and_given_back(payer: Payer) -> None:
    budget, request_id = make_budget(), uuid4()
    reserve(request_id=request_id, payer=payer, estimate=tokens(120), feature="chat")
    assert counters(budget) == (0, 120)
    held = Reservation.objects.get()
    assert (held.request_id, held.amount, held.feature) == (request_id, 120, "chat")
    assert held.expires_at - held.created_at == RESERVATION_LIFE
    for _ in range(2):
        release(request_id)
        assert counters(budget) == (0, 0)
    assert not Reservation.objects.exists()


def test_the_last_one_is_let_through_and_goes_beyond_by_itself_alone(payer: Payer) -> None:
    budget = make_budget(limit="1000")
    for _ in range(4):
        ask(payer, 300)
    assert counters(budget) == (0, 1200)
    with pytest.raises(BudgetExceeded):
        ask(payer, 300)
    assert counters(budget) == (0, 1200)
    assert Reservation.objects.count() == 4


def test_asking_again_holds_nothing_more(payer: Payer) -> None:
    budget, request_id = make_budget(limit="150"), uuid4()
    for _ in range(3):
        reserve(request_id=request_id, payer=payer, estimate=tokens(200), feature="chat")
    assert counters(budget) == (0, 200)


def test_what_was_used_refuses_until_it_renews(payer: Payer, clock: Clock) -> None:
    make_budget(period="day", limit="100")
    write_lines([line(payer, (90, 10))])
    with pytest.raises(BudgetExceeded) as refused:
        ask(payer)
    assert refused.value.user_message == (
        "Your daily budget of 100 tokens is used up. It renews on 21 Nov at 00:00 UTC. What you wrote is kept; "
        "send it again then."
    )
    clock.now += timedelta(hours=12)
    ask(payer)


def test_what_others_hold_is_said_to_be_held(payer: Payer) -> None:
    make_budget(limit="100")
    ask(payer, 100)
    with pytest.raises(BudgetExceeded, match="nothing left but what answers that are being written may still need"):
        ask(payer)


def test_the_refusal_is_final_for_the_gateway() -> None:
    error = BudgetExceeded("x")
    assert (error.code, error.http_status) == ("BUDGET_EXCEEDED", 402)
    assert (error.is_retryable, error.may_fall_back, error.trips_breaker) == (False, False, False)


@pytest.mark.parametrize("scope", ["user", "team", "api_key", "site"])
@pytest.mark.parametrize("period", ["day", "month"])
@pytest.mark.parametrize("unit", ["tokens", "money"])
def test_every_kind_of_budget_refuses_its_own_and_nobody_else(
    alice: User, charlie: User, scope: str, period: str, unit: str
) -> None:
    team, key = make_team("Research", alice), make_api_key(alice)
    target = {"user": alice.email, "team": "research", "api_key": key.prefix, "site": ""}[scope]
    budget = make_budget(scope, target, period, unit, limit="0.0001" if unit == "money" else "100")
    payer = Payer(alice.id, team.id, key.id)
    write_lines([line(payer, (100, 0))])
    assert counters(budget) == ((100_000 if unit == "money" else 100), 0)
    with pytest.raises(BudgetExceeded):
        ask(payer, Estimate(50, 50_000))
    others = Payer(charlie.id, make_team("Others", charlie).id, make_api_key(charlie, "cs_other").id)
    if scope == "site":
        with pytest.raises(
            BudgetExceeded, match=f"The {'daily' if period == 'day' else 'monthly'} budget of this site is"
        ):
            ask(others, Estimate(50, 50_000))
    else:
        ask(others, Estimate(50, 50_000))


@pytest.mark.parametrize("feature", ["chat", "title", "summary", "embedding", "tool", "test", "rehearsal"])
def test_they_hold_for_every_feature_alike(payer: Payer, feature: str) -> None:
    budget = make_budget(limit="100")
    write_lines([line(payer, (60, 40), feature=feature)])
    assert counters(budget) == (100, 0)
    with pytest.raises(BudgetExceeded):
        ask(payer, feature=feature)


def test_of_several_budgets_all_are_held_or_none(alice: User) -> None:
    team = make_team("Research", alice)
    payer = Payer(alice.id, team.id)
    mine, teams, sites = make_budget(limit="1000"), make_budget("team", "Research", limit="150"), make_budget("site")
    ask(payer, 150)
    assert [counters(one) for one in (mine, teams, sites)] == [(0, 150)] * 3
    with pytest.raises(BudgetExceeded, match=r"Your team's monthly budget of 150 tokens"):
        ask(payer, 150)
    assert [counters(one) for one in (mine, teams, sites)] == [(0, 150)] * 3


def test_two_units_are_held_in_their_own_amounts(payer: Payer) -> None:
    in_tokens, in_money = make_budget(), make_budget(unit="money", limit="5")
    request_id = uuid4()
    reserve(request_id=request_id, payer=payer, estimate=Estimate(900, 4_321), feature="chat")
    assert (counters(in_tokens), counters(in_money)) == ((0, 900), (0, 4_321))
    assert reserved_for(request_id) == [900, 4_321]


# Prices


def test_what_costs_nothing_is_not_held_up_by_money(payer: Payer) -> None:
    budget = make_budget(unit="money", limit="0.0001")
    write_lines([line(payer, (100, 0))])
    ask(payer, Estimate(500, 0))
    with pytest.raises(BudgetExceeded):
        ask(payer, Estimate(500, 1))
    assert counters(budget) == (100_000, 0)


def test_an_unknown_price_holds_nothing_in_money_and_is_refused_like_any(payer: Payer) -> None:
    in_money, in_tokens = make_budget(unit="money", limit="0.0001"), make_budget()
    ask(payer, Estimate(70, None))
    write_lines([line(payer, (100, 20), endpoint="ollama", model="llama")])
    assert UsageRecord.objects.get().cost_nanousd is None
    assert (counters(in_money), counters(in_tokens)) == ((0, 0), (120, 70))
    write_lines([line(payer, (100, 0))])
    with pytest.raises(BudgetExceeded, match=r"Your monthly budget of \$0\.0001 is used up"):
        ask(payer, Estimate(70, None))


@pytest.mark.parametrize("source", ["cache", "shared"])
def test_what_no_provider_was_asked_for_counts_for_nothing(payer: Payer, source: str) -> None:
    in_money, in_tokens = make_budget(unit="money", limit="1"), make_budget()
    write_lines([line(payer, source=source)])
    assert counters(in_money) == counters(in_tokens) == (0, 0)
    assert UsageRecord.objects.get().saved_nanousd > 0


# Warnings


@pytest.mark.parametrize(("used", "is_told"), [(790, False), (799, False), (800, True), (999, True)])
def test_people_are_told_from_eighty_percent_on(payer: Payer, used: int, is_told: bool) -> None:
    assert NEAR_PERCENT == 80
    make_budget(limit="1000")
    write_lines([line(payer, (used, 0))])
    told = [warning.message for warning in warnings_for(payer)]
    assert bool(told) == is_told
    if is_told:
        assert told[0].startswith(f"Your monthly budget of 1,000 tokens is {used // 10} % used. It renews on 1 ")


def test_the_fullest_is_told_first_and_with_the_reservation(payer: Payer) -> None:
    make_budget(limit="1000")
    make_budget("site", limit="950")
    told = ask(payer, 900)
    assert [words.split(" is 9")[0] for words in told] == [
        "The monthly budget of this site",
        "Your monthly budget of 1,000 tokens",
    ]
    assert "is 94 % used" in told[0]


def test_asking_again_tells_the_same(payer: Payer) -> None:
    make_budget(limit="1000")
    request_id = uuid4()
    first, second = (
        reserve(request_id=request_id, payer=payer, estimate=tokens(900), feature="chat") for _ in range(2)
    )
    assert first == second
    assert first[0].percent == 90


# Settlement


def test_a_line_written_twice_counts_once(payer: Payer) -> None:
    budget = make_budget()
    once = line(payer)
    write_lines([once])
    write_lines([once, line(payer)])
    write_lines([once, once])
    assert counters(budget) == (240, 0)
    assert UsageRecord.objects.count() == 2


def test_the_same_line_twice_in_one_batch_counts_once(payer: Payer) -> None:
    budget = make_budget()
    once = line(payer)
    write_lines([once, once])
    assert counters(budget) == (120, 0)


def test_a_transaction_that_is_rolled_back_counts_nothing(payer: Payer) -> None:
    budget = make_budget()
    with transaction.atomic():
        write_lines([line(payer)])
        transaction.set_rollback(True)
    assert counters(budget) == (0, 0)


def test_money_is_counted_to_the_last_nano_dollar(payer: Payer) -> None:
    budget = make_budget(unit="money", limit="5")
    usage = Usage(input_tokens=1_234, output_tokens=77, cached_tokens=1_000, cache_write_tokens=30)
    write_lines([line(payer, usage=usage)])
    # 204 of input at 1 dollar a million, 1,000 cached at 0.1, 30 written at 1.25, 77 of output at 5.
    assert counters(budget) == (204_000 + 100_000 + 37_500 + 385_000, 0)


@pytest.mark.django_db(transaction=True)
def test_settling_without_budgets_costs_one_query(
    payer: Payer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    write_lines([line(payer)])  # the price is in memory from here on
    with transaction.atomic(), django_assert_num_queries(2):
        write_lines([line(payer), line(payer)])
