"""Charts drawn on the server: as high as their values, and the same in words."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.reports.charts import HEIGHT, MAX_BARS, WIDTH, _round_up, bars
from providers.reports.period import Period

FIRST = date(2026, 11, 1)
BAR = re.compile(r"M([\d.]+) ([\d.]+)V([\d.]+)H([\d.]+)V([\d.]+)z")


def period(days: int) -> Period:
    return Period(FIRST, FIRST + timedelta(days=days - 1))


def test_bars_stand_on_each_other() -> None:
    second = FIRST + timedelta(days=1)
    chart = bars("Cost", period(2), [("a", {FIRST: 30}), ("b", {FIRST: 10, second: 20})], shown=str)
    [(left, low, high, right, _)] = BAR.findall(chart.series[0].path)
    assert (float(low), float(high)) == (HEIGHT, HEIGHT / 4)
    on_top, alone = BAR.findall(chart.series[1].path)
    assert (float(on_top[1]), float(on_top[2])) == (HEIGHT / 4, 0)
    assert (float(alone[1]), float(alone[2])) == (HEIGHT, HEIGHT / 2)
    assert 0 <= float(left) < float(right) <= WIDTH / 2
    assert chart.scale == ("40", "20", "0")
    assert [(series.label, series.texture, series.total) for series in chart.series] == [("a", 1, "30"), ("b", 2, "30")]


def test_a_chart_says_what_it_shows() -> None:
    chart = bars(
        "Cost per day", period(3), [("a", {FIRST + timedelta(days=1): 5, FIRST: 1})], shown=lambda one: f"${one}"
    )
    assert chart.label == "Cost per day, 1 November 2026 to 3 November 2026: $6 in all, most on 2 Nov with $5."
    nothing = bars("Cost per day", period(3), [("a", {})], shown=str)
    assert nothing.label == "Cost per day, 1 November 2026 to 3 November 2026: nothing."
    assert nothing.series[0].path == ""
    assert nothing.scale == ("", "", "0")


@settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 1000))
def test_a_long_period_has_bars_of_several_days_and_loses_none(days: int) -> None:
    values = dict.fromkeys(period(days), 1)
    chart = bars("Cost", period(days), [("a", values)], shown=str)
    found = BAR.findall(chart.series[0].path)
    assert len(found) <= MAX_BARS
    assert chart.series[0].total == str(days)
    assert float(found[-1][3]) <= WIDTH
    assert ("days a bar" in chart.title) == (days > MAX_BARS)


@settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**19))
def test_the_scale_holds_the_value_and_is_not_much_higher(value: int) -> None:
    top = _round_up(value)
    assert value <= top
    assert top <= max(2, value * 1.34)
    assert top % 2 == 0


@pytest.mark.parametrize(
    ("value", "top"), [(0, 2), (1, 2), (7, 8), (11, 12), (13, 16), (99, 100), (101, 120), (10**9, 10**9)]
)
def test_the_scale_ends_in_a_round_number(value: int, top: int) -> None:
    assert _round_up(value) == top
