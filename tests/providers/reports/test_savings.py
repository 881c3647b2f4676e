"""What was saved: by the cache, by shared calls, and by models cheaper than the premium one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from convoscope.settings import env
from providers.catalog import load_catalog
from providers.configured import forget_rows
from providers.reports.period import Period
from providers.reports.savings import Savings, premium_model, savings_of
from providers.reports.totals import Usage
from tests.support.ledger import line, write

DAY = date(2026, 11, 3)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _premium_of_anthropic(settings: Settings) -> Iterator[None]:
    forget_rows()
    settings.PROVIDERS = {"anthropic": env.Provider(api_key="k", base_url="", model="", timeout_s=30)}
    yield
    forget_rows()


def savings() -> Savings:
    return savings_of(Usage(Period(DAY, DAY)))


def test_the_premium_model_is_of_an_endpoint_that_is_on() -> None:
    premium = premium_model()
    assert premium is not None
    assert (premium.model.endpoint, premium.model_class) == ("anthropic", "premium")


def test_without_such_an_endpoint_it_is_of_the_catalog(settings: Settings) -> None:
    settings.PROVIDERS = {}
    premium = premium_model()
    assert premium is not None
    assert premium is next(one for one in load_catalog().entries.values() if one.model_class == "premium" and one.price)


def test_cache_and_shared_calls_are_told_apart() -> None:
    write(
        line(DAY, source="cache", cost_nanousd=0, saved_nanousd=5),
        line(DAY, source="cache", cost_nanousd=0, saved_nanousd=7, feature="title"),
        line(DAY, source="shared", cost_nanousd=0, saved_nanousd=11),
    )
    found = savings()
    assert (found.cache_nanousd, found.shared_nanousd, found.models) == (12, 11, ())


def test_the_same_tokens_are_priced_as_the_premium_model_would() -> None:
    tokens = {"input_tokens": 1_000_000, "cached_tokens": 400_000, "output_tokens": 100_000}
    write(line(DAY, model="small", cost_nanousd=3, **tokens), line(DAY, model="dear", cost_nanousd=10**12))
    found = savings()
    premium = premium_model()
    assert premium is not None
    assert premium.price is not None
    cached = premium.price.cached_usd if premium.price.cached_usd is not None else premium.price.input_usd
    dollars = (
        premium.price.input_usd * Decimal("0.6") + cached * Decimal("0.4") + premium.price.output_usd * Decimal("0.1")
    )
    small, dear = found.models
    assert (small.model, small.premium_nanousd) == ("small", int(dollars * 10**9))
    assert small.saved_nanousd == small.premium_nanousd - 3
    assert dear.saved_nanousd < 0
    assert found.routing_nanousd == small.saved_nanousd + dear.saved_nanousd
    assert found.premium == premium.model.full_id


@pytest.mark.parametrize(
    "fields",
    [
        {"feature": "title"},
        {"feature": "rehearsal"},
        {"source": "cache", "cost_nanousd": 0},
        {"endpoint": "offline", "model": "convoscope-offline", "cost_nanousd": 0},
    ],
)
def test_what_would_not_have_gone_to_it_is_not_compared(fields: dict[str, Any]) -> None:
    write(line(DAY, **fields))
    assert savings().models == ()


def test_a_model_of_unknown_price_is_left_out_and_counted() -> None:
    write(line(DAY, model="new", cost_nanousd=None), line(DAY, model="new"), line(DAY, model="old"))
    found = savings()
    assert [row.model for row in found.models] == ["old"]
    assert found.left_out == 2
