"""What a call is expected to cost, who pays for it, and how amounts are read and periods begin."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from providers.actions.ledger import write_lines
from providers.contract import Payer
from providers.estimates import MEDIAN_MIN_ANSWERS, TYPICAL_OUTPUT_TOKENS, Estimate, estimate_cost, forget_medians
from providers.money import parse_usd
from providers.payers import forget_teams, payer_of
from providers.periods import at_midnight, next_start, period_start
from tests.support.spending import PRICED, line, make_team

FULL_ID = f"anthropic/{PRICED}"


# Estimates


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("input_tokens", "max_output_tokens", "expected"),
    [
        (1_000, None, Estimate(1_800, 1_000_000 + 800 * 5_000)),
        (1_000, 60, Estimate(1_060, 1_000_000 + 60 * 5_000)),
        (0, 4_000, Estimate(800, 800 * 5_000)),
    ],
)
def test_a_call_is_expected_to_be_typical(input_tokens: int, max_output_tokens: int | None, expected: Estimate) -> None:
    assert TYPICAL_OUTPUT_TOKENS == 800
    found = estimate_cost(input_tokens=input_tokens, max_output_tokens=max_output_tokens, full_id=FULL_ID)
    assert found == expected


@pytest.mark.django_db
def test_an_unknown_price_has_no_cost_and_the_built_in_model_costs_nothing() -> None:
    assert estimate_cost(input_tokens=9, max_output_tokens=1, full_id="ollama/llama") == Estimate(10, None)
    assert estimate_cost(input_tokens=9, max_output_tokens=1, full_id="offline/convoscope-offline") == Estimate(10, 0)


@pytest.mark.django_db
def test_a_model_is_expected_to_answer_as_long_as_it_did(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    lengths = [*range(100, 100 + MEDIAN_MIN_ANSWERS)]
    write_lines([line(Payer(alice.id), (10, length)) for length in lengths])
    # Titles, failures and other models say nothing about an answer's length.
    write_lines([line(Payer(alice.id), (10, 9_000), feature="title") for _ in lengths])
    write_lines([line(Payer(alice.id), (10, 9_000), outcome="failed") for _ in lengths])
    write_lines([line(Payer(alice.id), (10, 9_000), model="claude-sonnet-5") for _ in lengths[1:]])
    forget_medians()
    with django_assert_num_queries(1):
        for model, tokens in ((FULL_ID, 109), ("anthropic/claude-sonnet-5", TYPICAL_OUTPUT_TOKENS)):
            assert estimate_cost(input_tokens=0, max_output_tokens=None, full_id=model).tokens == tokens


# Payers


@pytest.mark.django_db
def test_a_person_pays_with_the_team_they_joined_first(
    alice: User, charlie: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = make_team("First", alice)
    make_team("Second", alice, charlie)
    with django_assert_num_queries(1):
        assert payer_of(alice) == payer_of(alice.id) == Payer(alice.id, first.id)
    assert payer_of(charlie).team_id != first.id
    first.delete()
    forget_teams()
    assert payer_of(alice).team_id == payer_of(charlie).team_id


@pytest.mark.django_db
def test_who_is_in_no_team_pays_alone(alice: User) -> None:
    assert payer_of(alice) == Payer(alice.id)


# Money


@pytest.mark.parametrize(
    ("typed", "nanousd"),
    [
        ("50", 50_000_000_000),
        (" $1,250.50 ", 1_250_500_000_000),
        (".5", 500_000_000),
        ("0.000000001", 1),
        ("0.0000000001", None),
        ("", None),
        ("-1", None),
        ("1e9", None),
        ("NaN", None),
        ("٣", None),
        ("1.", None),
        ("9" * 40, None),
    ],
)
def test_amounts_are_read_as_people_write_them(typed: str, nanousd: int | None) -> None:
    assert parse_usd(typed) == nanousd


@given(st.integers(0, 10**18))
def test_an_amount_is_read_as_it_was_written(nanousd: int) -> None:
    assert parse_usd(f"{Decimal(nanousd) / 10**9:f}") == nanousd


# Periods


@pytest.mark.parametrize(
    ("period", "moment", "start", "after"),
    [
        ("day", datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC), date(2026, 2, 28), date(2026, 3, 1)),
        ("month", datetime(2026, 12, 31, 12, tzinfo=UTC), date(2026, 12, 1), date(2027, 1, 1)),
        ("month", datetime(2028, 2, 29, tzinfo=UTC), date(2028, 2, 1), date(2028, 3, 1)),
        # In Hanoi it is December already.
        ("month", datetime(2026, 12, 1, 6, tzinfo=timezone(timedelta(hours=7))), date(2026, 11, 1), date(2026, 12, 1)),
    ],
)
def test_periods_begin_at_midnight_utc(period: str, moment: datetime, start: date, after: date) -> None:
    assert period_start(period, moment) == start
    assert next_start(period, start) == after


@given(st.sampled_from(["day", "month"]), st.integers(0, 4_000_000_000))
def test_every_moment_lies_in_its_period(period: str, second: int) -> None:
    moment = datetime.fromtimestamp(second, tz=UTC)
    start = period_start(period, moment)
    assert at_midnight(start) <= moment < at_midnight(next_start(period, start))
    assert period_start(period, at_midnight(next_start(period, start))) == next_start(period, start)
