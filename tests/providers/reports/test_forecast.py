"""The forecast of a month: right where the days repeat, humble where they don't."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.reports.forecast import LONG_DAYS, forecast_month, history_needed
from providers.reports.period import Period

TODAY = date(2026, 11, 18)
LONG_AGO = date(2025, 1, 1)


def costs_until(today: date, cost_of: dict[int, int]) -> dict[date, int]:
    """Forty days that cost what their weekday says; today costs nothing yet."""
    days = [today - timedelta(days=number) for number in range(1, 41)]
    return {day: cost_of[day.weekday()] for day in days}


def test_even_days_go_on_evenly() -> None:
    forecast = forecast_month(costs_until(TODAY, dict.fromkeys(range(7), 1000)), today=TODAY, began=LONG_AGO)
    assert forecast is not None
    assert (forecast.expected, forecast.low, forecast.high, forecast.days) == (30_000, 30_000, 30_000, LONG_DAYS)


def test_weekdays_keep_their_weight() -> None:
    by_weekday = dict.fromkeys(range(5), 1400) | {5: 0, 6: 0}
    costs = costs_until(TODAY, by_weekday)
    forecast = forecast_month(costs, today=TODAY, began=LONG_AGO)
    assert forecast is not None
    assert forecast.expected == sum(by_weekday[day.weekday()] for day in Period.month_of(TODAY))
    assert (forecast.low, forecast.high) == (forecast.expected, forecast.expected)


def test_today_counts_once() -> None:
    costs = costs_until(TODAY, dict.fromkeys(range(7), 1000))
    half = forecast_month(costs | {TODAY: 400}, today=TODAY, began=LONG_AGO)
    double = forecast_month(costs | {TODAY: 2000}, today=TODAY, began=LONG_AGO)
    assert half is not None
    assert double is not None
    assert (half.expected, double.expected) == (30_000, 31_000)


def test_a_rise_of_the_last_week_is_followed_half_way_and_widens_the_range() -> None:
    costs = {TODAY - timedelta(days=number): 2000 if number <= 7 else 1000 for number in range(1, 41)}
    forecast = forecast_month(costs, today=TODAY, began=LONG_AGO)
    assert forecast is not None
    so_far = sum(cost for day, cost in costs.items() if day >= TODAY.replace(day=1))
    # Thirteen days to come, between the mean of four weeks (1250) and that of the last one (2000).
    assert forecast.expected == so_far + 13 * 1625
    assert forecast.low < so_far + 13 * 1250
    assert forecast.high > so_far + 13 * 2000


@pytest.mark.parametrize(("whole_days", "is_given"), [(0, False), (2, False), (3, True)])
def test_a_new_installation_waits_for_three_days(whole_days: int, is_given: bool) -> None:
    began = TODAY - timedelta(days=whole_days)
    forecast = forecast_month({began: 500, TODAY: 100}, today=TODAY, began=began)
    assert (forecast is not None) == is_given


def test_the_last_day_of_a_month_expects_no_other() -> None:
    last = date(2026, 11, 30)
    forecast = forecast_month(costs_until(last, dict.fromkeys(range(7), 10)), today=last, began=LONG_AGO)
    assert forecast is not None
    assert forecast.expected == 300


@settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    today=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    costs=st.lists(st.integers(0, 10**13), min_size=32, max_size=70),
    age=st.integers(0, 90),
)
def test_the_range_holds_the_forecast_and_what_was_spent(today: date, costs: list[int], age: int) -> None:
    by_day = {today - timedelta(days=number): cost for number, cost in enumerate(costs)}
    forecast = forecast_month(by_day, today=today, began=today - timedelta(days=age))
    if forecast is None:
        assert age < 3
        return
    spent = sum(by_day.get(day, 0) for day in Period(today.replace(day=1), today))
    assert spent <= forecast.low <= forecast.expected <= forecast.high
    needed = history_needed(today)
    assert (
        forecast_month(
            {day: cost for day, cost in by_day.items() if day in set(needed)}, today=today, began=today - timedelta(age)
        )
        == forecast
    )
