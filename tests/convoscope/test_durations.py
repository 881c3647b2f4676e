"""Days in words: in years and months where that says the same."""

from __future__ import annotations

import pytest

from convoscope.durations import days_in_words


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (1, "1 day"),
        (30, "30 days"),
        (90, "90 days"),
        (364, "364 days"),
        (365, "1 year"),
        (366, "366 days"),
        (395, "13 months"),
        (545, "18 months"),
        (725, "725 days"),
        (730, "2 years"),
        (2555, "7 years"),
        (2557, "2,557 days"),
    ],
)
def test_days(days: int, words: str) -> None:
    assert days_in_words(days) == words
