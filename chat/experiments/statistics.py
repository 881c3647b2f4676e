"""Means and shares with their 95 % intervals, and whether two of them differ. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, variance

NORMAL_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure of `count` observations with its interval; `low` and `high` are None where there are too few."""

    value: float | None
    low: float | None
    high: float | None
    count: int


def mean(values: Sequence[float]) -> Estimate:
    """With a normal interval, which needs two values; below a few dozen of them it is rather narrow."""
    if not values:
        return Estimate(None, None, None, 0)
    middle = fmean(values)
    if len(values) < 2:
        return Estimate(middle, None, None, len(values))
    margin = NORMAL_95 * _standard_error(values)
    return Estimate(middle, middle - margin, middle + margin, len(values))


def share(hits: int, count: int) -> Estimate:
    """With Wilson's interval, which holds for few observations and near 0 and 1 too.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
    """
    if not count:
        return Estimate(None, None, None, 0)
    p, z2 = hits / count, NORMAL_95**2
    centre = (p + z2 / (2 * count)) / (1 + z2 / count)
    margin = NORMAL_95 * sqrt(p * (1 - p) / count + z2 / (4 * count**2)) / (1 + z2 / count)
    return Estimate(p, max(0.0, centre - margin), min(1.0, centre + margin), count)


def difference_of_means(a: Sequence[float], b: Sequence[float]) -> Estimate:
    """B less A, with a normal interval."""
    if len(a) < 2 or len(b) < 2:
        return Estimate(None, None, None, len(a) + len(b))
    middle = fmean(b) - fmean(a)
    margin = NORMAL_95 * sqrt(_standard_error(a) ** 2 + _standard_error(b) ** 2)
    return Estimate(middle, middle - margin, middle + margin, len(a) + len(b))


def difference_of_shares(a: Estimate, b: Estimate) -> Estimate:
    """B less A, with Newcombe's interval from those of Wilson.

    Source: R. G. Newcombe, Interval estimation for the difference between independent proportions, Statistics in
    Medicine 17 (1998), method 10.
    """
    if a.value is None or b.value is None or a.low is None or a.high is None or b.low is None or b.high is None:
        return Estimate(None, None, None, a.count + b.count)
    middle = b.value - a.value
    low = middle - sqrt((b.value - b.low) ** 2 + (a.high - a.value) ** 2)
    high = middle + sqrt((b.high - b.value) ** 2 + (a.value - a.low) ** 2)
    return Estimate(middle, low, high, a.count + b.count)


def differs(difference: Estimate) -> bool:
    """Whether the interval leaves out 0."""
    return difference.low is not None and difference.high is not None and (difference.low > 0 or difference.high < 0)


def _standard_error(values: Sequence[float]) -> float:
    return sqrt(variance(values) / len(values))
