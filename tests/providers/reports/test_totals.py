"""Sums of reports are those of the lines, whatever of the ledger is rolled up, late, or both."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations, pairwise
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pytest_django import DjangoAssertNumQueries

from accounts.models import Team, User
from providers.actions.roll_up import roll_up_day
from providers.models import RolledDay, UsageRecord
from providers.reports.figures import NAMES, Figures
from providers.reports.period import Period, spans
from providers.reports.totals import CALL, PAYER, Dimension, Usage, fresh_days
from tests.support.ledger import line, write

FIRST = date(2026, 10, 28)
DAYS = 8
DIMENSIONS: tuple[Dimension, ...] = ("day", *PAYER, *CALL)
QUESTIONS = [(), *((one,) for one in DIMENSIONS), *combinations(DIMENSIONS, 2), DIMENSIONS, DIMENSIONS[::-1]]

moments = st.builds(
    lambda day, second: datetime.combine(FIRST + timedelta(day), time(), UTC) + timedelta(microseconds=second),
    st.integers(0, DAYS - 1),
    # Both ends of the day above all.
    st.sampled_from([0, 1, 43_200_000_000, 86_399_999_999]),
)
lines = st.builds(
    lambda moment, numbers, **fields: line(
        moment.date(), **dict(zip(("input_tokens", "output_tokens", "cached_tokens"), numbers, strict=True)), **fields
    ),
    moments,
    st.tuples(*[st.integers(0, 2_000_000_000)] * 3),
    call_number=st.integers(1, 3),
    kind=st.sampled_from(UsageRecord.Kind.values),
    feature=st.sampled_from(["chat", "title"]),
    source=st.sampled_from(UsageRecord.Source.values),
    endpoint=st.sampled_from(["openai", "anthropic"]),
    model=st.sampled_from(["large", "small"]),
    outcome=st.sampled_from(["complete", "failed"]),
    cost_nanousd=st.none() | st.integers(0, 10**15),
    saved_nanousd=st.integers(0, 10**15),
    reasoning_tokens=st.integers(0, 1000),
    cache_write_tokens=st.integers(0, 1000),
    first_token_ms=st.none() | st.integers(0, 10**5),
)


def summed(rows: list[UsageRecord], by: tuple[Dimension, ...]) -> dict[Any, Figures]:
    """The same by plain addition in Python, from the lines as the database has them."""
    found: dict[Any, Figures] = defaultdict(Figures)
    for row in rows:
        key = tuple(row.created_at.astimezone(UTC).date() if name == "day" else getattr(row, name) for name in by)
        is_request = row.call_number == 1 and row.kind == "completion"
        is_timed = row.first_token_ms is not None and row.source in ("provider", "own_key")
        counts = {
            "calls": 1,
            "requests": int(is_request),
            "unpriced_calls": int(row.cost_nanousd is None),
            "timed_calls": int(is_timed),
            "first_token_ms": (row.first_token_ms or 0) if is_timed else 0,
        }
        found[key] += Figures(**{name: counts.get(name, getattr(row, name, 0) or 0) for name in NAMES})
    return dict(found)


class TotalsTest(TestCase):
    """A class, since hypothesis needs a transaction of its own for each example."""

    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    @given(
        early=st.lists(lines, max_size=25),
        late=st.lists(lines, max_size=6),
        rolled=st.sets(st.integers(0, DAYS - 1)),
        again=st.sets(st.integers(0, DAYS - 1)),
        ends=st.tuples(st.integers(-1, DAYS), st.integers(0, DAYS)),
        data=st.data(),
    )
    def test_every_sum_is_that_of_the_lines(
        self,
        early: list[UsageRecord],
        late: list[UsageRecord],
        rolled: set[int],
        again: set[int],
        ends: tuple[int, int],
        data: st.DataObject,
    ) -> None:
        people = [None, *(User.objects.create_user(email=f"{name}@example.org").id for name in ("a", "b"))]
        teams = [None, Team.objects.create(name="Team").id]
        for one in (*early, *late):
            one.user_id, one.team_id = data.draw(st.sampled_from(people)), data.draw(st.sampled_from(teams))
        write(*early)
        for number in rolled:
            roll_up_day(day=FIRST + timedelta(number))
        write(*late)
        for number in again:
            roll_up_day(day=FIRST + timedelta(number))
        period = Period(FIRST + timedelta(ends[0]), FIRST + timedelta(ends[0] + ends[1]))
        within = [one for one in UsageRecord.objects.all() if period.first <= one.created_at.date() <= period.last]
        usage = Usage(period)
        for question in QUESTIONS:
            assert usage.by(*question) == summed(within, question)
        assert usage.total() == summed(within, ()).get((), Figures())


@pytest.mark.django_db
def test_sums_are_those_of_sql() -> None:
    write(*(line(FIRST + timedelta(number % 5), cost_nanousd=10**9 + number) for number in range(50)))
    for number in range(4):
        roll_up_day(day=FIRST + timedelta(number))
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*), SUM(cost_nanousd), SUM(input_tokens) FROM providers_usagerecord")
        [(calls, cost, tokens)] = cursor.fetchall()
    total = Usage(Period(FIRST, FIRST + timedelta(9))).total()
    assert (total.calls, total.cost_nanousd, total.input_tokens) == (calls, int(cost), tokens)


@pytest.mark.django_db
def test_a_day_is_fresh_until_a_line_comes_late() -> None:
    period = Period(FIRST, FIRST + timedelta(9))
    write(*(line(day) for day in period))
    assert fresh_days(period) == set()
    for day in period:
        roll_up_day(day=day)
    assert fresh_days(period) == set(period)
    write(line(FIRST + timedelta(2)), line(FIRST + timedelta(9)))
    assert fresh_days(period) == set(period) - {FIRST + timedelta(2), FIRST + timedelta(9)}
    assert Usage(period).total().calls == 12


@pytest.mark.django_db
def test_a_deleted_person_keeps_the_sums(alice: User, charlie: User) -> None:
    write(line(FIRST, user=alice), line(FIRST, user=charlie), line(FIRST, user=charlie, cost_nanousd=None))
    roll_up_day(day=FIRST)
    charlie.delete()
    alice.delete()
    period = Period(FIRST, FIRST)
    assert fresh_days(period) == {FIRST}
    assert {key: figures.calls for key, figures in Usage(period).by("user_id").items()} == {(None,): 3}
    assert Usage(period).total().unpriced_calls == 1


@pytest.mark.django_db
def test_a_period_without_lines_has_no_groups() -> None:
    usage = Usage(Period(FIRST, FIRST))
    assert (usage.by(), usage.by("day"), usage.total()) == ({}, {}, Figures())
    assert RolledDay.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("days", [2, 3_650])
def test_days_before_the_ledger_began_are_not_looked_into(
    days: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    write(line(FIRST), line(FIRST + timedelta(1)))
    with django_assert_max_num_queries(3):
        groups = Usage(Period.last_days(days, today=FIRST + timedelta(1))).by("day")
    assert [day for (day,) in sorted(groups)] == [FIRST, FIRST + timedelta(1)]


@pytest.mark.django_db
def test_what_was_read_once_is_not_read_again(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    write(line(FIRST, model="large"), line(FIRST + timedelta(1), model="large"), line(FIRST, model="small"))
    usage = Usage(Period(FIRST, FIRST + timedelta(1)))
    usage.by("day", "endpoint", "model")
    with django_assert_num_queries(0):
        calls = {key: figures.calls for key, figures in usage.by("model").items()}
        assert usage.by("model", "day")["small", FIRST].calls == usage.by("day")[FIRST + timedelta(1),].calls
        assert usage.total().calls == 3
    assert calls == {("large",): 2, ("small",): 1}


@settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.sets(st.integers(0, 60)))
def test_spans_hold_the_days_and_no_others(numbers: set[int]) -> None:
    days = sorted(FIRST + timedelta(number) for number in numbers)
    found = spans(days)
    assert [day for span in found for day in span] == days
    assert all((later.first - earlier.last).days > 1 for earlier, later in pairwise(found))


@settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.dates(date(2000, 1, 1), date(2040, 12, 31)))
def test_a_month_is_whole(day: date) -> None:
    month = Period.month_of(day)
    assert month.first.day == 1
    assert (month.last + timedelta(1)).day == 1
    assert day in set(month)
    assert len(month) in (28, 29, 30, 31)


def test_a_period_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="comes before"):
        Period(FIRST, FIRST - timedelta(1))
