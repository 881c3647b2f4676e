"""What a month will have cost at its end. Simple, so that an operator can check it by hand:

- the level is the mean of two means, of the last 7 and of the last 28 whole days: quick to follow, slow to be fooled;
- a weekday's weight is its mean cost in the last 28 days by the mean of all of them;
- a day to come costs level times weight, and today at least what it has cost already;
- the range reaches from the lower of the two means to the higher, and 1.96 standard deviations of a sum of such days
  beyond, as far as the last 28 days strayed from their own weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import fmean

from providers.reports.period import ONE_DAY, Period

SHORT_DAYS, LONG_DAYS = 7, 28
# Fewer say nothing about a month.
MIN_DAYS = 3
# Each weekday at least twice; before that all of them weigh the same.
MIN_DAYS_FOR_WEEKDAYS = 14
NORMAL_95 = 1.96


@dataclass(frozen=True, slots=True)
class Forecast:
    """Units: nano-dollars. `days` is how many whole days it goes by."""

    expected: int
    low: int
    high: int
    days: int


def history_needed(today: date) -> Period:
    """The days whose costs `forecast_month` looks at."""
    return Period(min(today.replace(day=1), today - timedelta(days=LONG_DAYS)), today)


def forecast_month(costs: Mapping[date, int], *, today: date, began: date) -> Forecast | None:
    """What today's month will have cost; None while there are too few whole days since `began`, the first of all.

    Units: `costs` are nano-dollars a day; a day that isn't there cost nothing.
    """
    first = max(began, today - timedelta(days=LONG_DAYS))
    history = [first + timedelta(days=number) for number in range((today - first).days)]
    if len(history) < MIN_DAYS:
        return None
    month = Period.month_of(today)
    known = [float(costs.get(day, 0)) for day in history]
    means = fmean(known[-SHORT_DAYS:]), fmean(known)
    weights = _weights(history, known)
    so_far = sum(costs.get(day, 0) for day in Period(month.first, today))
    to_come = _to_come(today, month.last, weights)
    margin = NORMAL_95 * _stray(history, known, weights) * sqrt(len(to_come) * (1 + len(to_come) / len(history)))

    def at_level(level: float) -> float:
        """Today costs what it has, or what such a day does, if that is more."""
        of_today = max(0.0, level * to_come[0] - costs.get(today, 0))
        return so_far + of_today + level * sum(to_come[1:])

    return Forecast(
        expected=round(at_level(fmean(means))),
        low=round(max(float(so_far), at_level(min(means)) - margin)),
        high=round(at_level(max(means)) + margin),
        days=len(history),
    )


def _weights(history: Sequence[date], known: Sequence[float]) -> list[float]:
    mean = fmean(known)
    if len(history) < MIN_DAYS_FOR_WEEKDAYS or not mean:
        return [1.0] * 7
    return [
        fmean(cost for day, cost in zip(history, known, strict=True) if day.weekday() == weekday) / mean
        for weekday in range(7)
    ]


def _to_come(today: date, last: date, weights: Sequence[float]) -> list[float]:
    """The weights of today and the days after it."""
    return [weights[(today + ONE_DAY * number).weekday()] for number in range((last - today).days + 1)]


def _stray(history: Sequence[date], known: Sequence[float], weights: Sequence[float]) -> float:
    """The standard deviation of the days from what their weight says."""
    mean = fmean(known)
    squares = [(cost - mean * weights[day.weekday()]) ** 2 for day, cost in zip(history, known, strict=True)]
    return sqrt(sum(squares) / (len(squares) - 1))
