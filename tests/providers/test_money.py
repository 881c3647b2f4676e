"""Money as people read it: never a rounded-away cost, never a made-up zero."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.template import Context, Template
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.money import price_usd, typed_usd, usd, usd_decimal

DOLLAR = 1_000_000_000


@pytest.mark.parametrize(
    ("nanousd", "shown"),
    [
        (None, "unknown"),
        (0, "$0.00"),
        (1, "<$0.0001"),
        (99_999, "<$0.0001"),
        (100_000, "$0.0001"),
        (4_300_000, "$0.0043"),
        (4_350_000, "$0.0044"),
        (120_000_000, "$0.12"),
        (999_949_999, "$0.9999"),
        (999_960_000, "$1.00"),
        (DOLLAR, "$1.00"),
        (1_005_000_000, "$1.00"),
        (1_015_000_000, "$1.02"),
        (1_234_560_000_000, "$1,234.56"),
        (10**18, "$1,000,000,000.00"),
        (-1, "−<$0.0001"),
        (-2_500_000_000, "−$2.50"),
    ],
)
def test_a_cost_is_shown(nanousd: int | None, shown: str) -> None:
    assert usd(nanousd) == shown


@settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(min_value=-(10**18), max_value=10**18))
def test_what_is_shown_is_near_and_never_hides_a_cost(nanousd: int) -> None:
    shown = usd(nanousd)
    number = Decimal(shown.replace("−", "-").replace("<", "").replace("$", "").replace(",", ""))
    step = Decimal("0.0001") if abs(nanousd) < DOLLAR else Decimal("0.01")
    assert abs(number - usd_decimal(nanousd)) <= step
    assert (number == 0) == (nanousd == 0)
    assert (number < 0) == (nanousd < 0)


@pytest.mark.parametrize(
    ("nanousd", "shown"),
    [
        (None, "unknown"),
        (0, "unknown"),
        (99_999, "unknown"),
        (100_000, "at least $0.0001"),
        (1_234_560_000_000, "at least $1,234.56"),
    ],
)
def test_a_sum_that_is_partly_known_says_so(nanousd: int | None, shown: str) -> None:
    assert usd(nanousd, is_partly_known=True) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "0.00"),
        ("2.5", "2.50"),
        ("2.50000000", "2.50"),
        ("0.0375", "0.0375"),
        ("1E+1", "10.00"),
        ("1000", "1000.00"),
        ("0.000000001", "0.000000001"),
    ],
)
def test_prices_and_what_fields_hold_are_exact(amount: str, shown: str) -> None:
    assert typed_usd(Decimal(amount)) == shown
    assert price_usd(amount) == f"${shown}"


def test_templates_show_money_by_the_filters() -> None:
    template = Template("{% load money %}{{ cost|usd }} {{ nothing|usd }} {{ price|price_usd }}")
    assert template.render(Context({"cost": 4_300_000, "nothing": None, "price": "2.5"})) == "$0.0043 unknown $2.50"
    assert usd_decimal(1) == Decimal("0.000000001")
