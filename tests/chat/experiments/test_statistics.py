"""Intervals: known values of the literature, and that they hold what they should."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.experiments.statistics import difference_of_means, difference_of_shares, differs, mean, share

steady = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    # Newcombe (1998), table I of "Two-sided confidence intervals for the single proportion", method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_that_of_the_literature(hits: int, count: int, low: float, high: float) -> None:
    found = share(hits, count)
    assert found.low == pytest.approx(low, abs=1e-4)
    assert found.high == pytest.approx(high, abs=1e-4)


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    # Newcombe (1998), table II of "Interval estimation for the difference", method 10; there it is the first less the
    # second.
    [((48, 80), (56, 70), 0.0524, 0.3339), ((3, 10), (9, 10), 0.1705, 0.8090), ((0, 20), (10, 10), 0.6791, 1.0)],
)
def test_newcombes_interval_is_that_of_the_literature(
    a: tuple[int, int], b: tuple[int, int], low: float, high: float
) -> None:
    found = difference_of_shares(share(*a), share(*b))
    assert found.low == pytest.approx(low, abs=2e-4)
    assert found.high == pytest.approx(high, abs=2e-4)


@steady
@given(st.integers(1, 10_000).flatmap(lambda count: st.tuples(st.integers(0, count), st.just(count))))
def test_a_share_lies_in_its_interval(observed: tuple[int, int]) -> None:
    found = share(*observed)
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1


def test_a_mean_has_an_interval_from_two_values_on() -> None:
    assert mean([]).value is None
    assert (mean([3.0]).value, mean([3.0]).low) == (3.0, None)
    found = mean([1.0, 2.0, 3.0, 4.0])
    assert found.value == 2.5
    # The standard deviation is 1.29099, by the root of four.
    assert found.low == pytest.approx(2.5 - 1.959964 * 1.290994 / 2, abs=1e-4)
    assert found.high == pytest.approx(2.5 + 1.959964 * 1.290994 / 2, abs=1e-4)


@steady
@given(st.lists(st.floats(0, 1e12), min_size=2, max_size=50), st.lists(st.floats(0, 1e12), min_size=2, max_size=50))
def test_a_difference_is_the_opposite_the_other_way_round(a: Sequence[float], b: Sequence[float]) -> None:
    there, back = difference_of_means(a, b), difference_of_means(b, a)
    assert there.value is not None
    assert back.value is not None
    assert there.value == pytest.approx(-back.value)
    assert differs(there) == differs(back)


def test_one_in_twenty_experiments_without_a_difference_shows_one() -> None:
    chance = random.Random(7)
    false = sum(
        differs(
            difference_of_means(
                [chance.gauss(5, 2) for _ in range(60)],
                [chance.gauss(5, 2) for _ in range(60)],
            )
        )
        for _ in range(1000)
    )
    assert 30 <= false <= 75


def test_a_clear_difference_is_seen() -> None:
    assert differs(difference_of_means([1.0, 1.1, 0.9] * 10, [2.0, 2.1, 1.9] * 10))
    assert differs(difference_of_shares(share(10, 100), share(60, 100)))
    assert not differs(difference_of_shares(share(0, 0), share(60, 100)))
    assert not differs(difference_of_means([1.0], [2.0]))
