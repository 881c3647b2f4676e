"""The ledger: what a line costs, to the last digit, and that a price that changes leaves old lines as they are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from providers.actions.ledger import write_lines
from providers.catalog import Price
from providers.contract import Payer, Usage
from providers.ledger import BATCH_IDS, cost_of_lines, costs_of
from providers.models import PriceVersion, UsageRecord
from providers.prices import cost_nanousd, forget_versions, known_price
from tests.support.ledger import line as a_line
from tests.support.ledger import write
from tests.support.spending import PRICED, line

prices = st.decimals(0, 1_000, allow_nan=False, places=8)
maybe_prices = st.none() | prices
counts = st.integers(0, 3_000_000)


def in_full(usage: Usage, price: Price) -> Fraction:
    """Nano-dollars without any rounding."""
    cached = min(usage.cached_tokens, usage.input_tokens)
    written = min(usage.cache_write_tokens, usage.input_tokens - cached)
    plain = usage.input_tokens - cached - written
    cached_usd = price.input_usd if price.cached_usd is None else price.cached_usd
    write_usd = price.input_usd if price.cache_write_usd is None else price.cache_write_usd
    parts = (
        (plain, price.input_usd),
        (cached, cached_usd),
        (written, write_usd),
        (usage.output_tokens, price.output_usd),
    )
    return sum((tokens * Fraction(usd) * 1000 for tokens, usd in parts), Fraction(0))


@given(counts, counts, counts, counts, prices, prices, maybe_prices, maybe_prices)
def test_a_cost_is_the_nearest_whole_nano_dollar(
    input_tokens: int,
    output_tokens: int,
    cached_tokens: int,
    written_tokens: int,
    input_usd: Decimal,
    output_usd: Decimal,
    cached_usd: Decimal | None,
    write_usd: Decimal | None,
) -> None:
    usage = Usage(input_tokens, output_tokens, cached_tokens, cache_write_tokens=written_tokens)
    price = Price(input_usd, output_usd, cached_usd, write_usd)
    assert cost_nanousd(usage, price) == round(in_full(usage, price))


@pytest.mark.parametrize(
    ("tokens", "usd", "nanousd"),
    [
        (1, "0.0005", 0),
        (3, "0.0005", 2),
        (5, "0.0005", 2),
        (1, "0.00050001", 1),
        (1_000_000, "3", 3_000_000_000),
        (123_456_789, "1.23456789", 152_415_787_502),
    ],
)
def test_halves_go_to_the_even_side(tokens: int, usd: str, nanousd: int) -> None:
    price = Price(Decimal(usd), Decimal(0), None, None)
    assert cost_nanousd(Usage(tokens, 0), price) == nanousd


def test_the_whole_costs_what_its_parts_do_where_nothing_is_rounded() -> None:
    price = Price(Decimal(3), Decimal(15), Decimal("0.3"), Decimal("3.75"))
    usage = Usage(input_tokens=1_000, output_tokens=200, cached_tokens=600, cache_write_tokens=100)
    assert cost_nanousd(usage, price) == 300 * 3_000 + 600 * 300 + 100 * 3_750 + 200 * 15_000


@pytest.mark.django_db
def test_a_line_has_its_price_and_its_cost(alice: User) -> None:
    conversation = uuid4()
    write_lines([line(Payer(alice.id), (1_000, 100), subject_id=conversation)])
    written = UsageRecord.objects.get()
    assert written.price == PriceVersion.objects.get(full_id=f"anthropic/{PRICED}")
    assert (written.cost_nanousd, written.saved_nanousd) == (1_000 * 1_000 + 100 * 5_000, 0)
    assert (written.user, written.subject_id, written.feature) == (alice, conversation, "chat")


@pytest.mark.django_db
def test_a_new_price_leaves_old_lines_as_they_are(alice: User) -> None:
    write_lines([line(Payer(alice.id))])
    PriceVersion.objects.update(input_usd=Decimal("0.9"))
    forget_versions()
    write_lines([line(Payer(alice.id))])
    old, new = UsageRecord.objects.order_by("id")
    assert old.price_id != new.price_id
    assert PriceVersion.objects.count() == 2
    forget_versions()
    write_lines([line(Payer(alice.id))])
    assert PriceVersion.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("source", ["provider", "cache", "shared", "own_key"])
@pytest.mark.parametrize("endpoint", ["anthropic", "ollama"])
def test_lines_at_hand_cost_what_the_ledger_says(alice: User, source: str, endpoint: str) -> None:
    lines = write_lines([line(Payer(alice.id), (1_000, 100), source=source, endpoint=endpoint)])
    assert {lines[0].request_id: cost_of_lines(lines)} == costs_of([lines[0].request_id])


@pytest.mark.django_db
@pytest.mark.parametrize("source", ["cache", "shared"])
def test_what_was_not_asked_for_costs_nothing_and_says_what_it_saved(alice: User, source: str) -> None:
    write_lines([line(Payer(alice.id), (1_000, 100), source=source)])
    written = UsageRecord.objects.get()
    assert (written.cost_nanousd, written.saved_nanousd) == (0, 1_500_000)


@pytest.mark.django_db
def test_an_unknown_price_is_null(alice: User) -> None:
    write_lines([line(Payer(alice.id), endpoint="ollama", model="llama")])
    write_lines([line(Payer(alice.id), endpoint="ollama", model="llama", source="cache")])
    assert [(one.cost_nanousd, one.saved_nanousd) for one in UsageRecord.objects.order_by("id")] == [(None, 0), (0, 0)]


@pytest.mark.django_db
def test_embedding_models_have_their_price_at_their_own_endpoint() -> None:
    price = known_price("openai/text-embedding-3-small")
    assert price is not None
    assert cost_nanousd(Usage(1_000_000, 0), price) == 20_000_000
    assert known_price("gemini/text-embedding-3-small") is None
    assert known_price("openai/never-heard-of") is None


def test_the_costs_of_more_requests_than_a_query_takes(db: None) -> None:
    day = date(2026, 11, 20)
    lines = [a_line(day, cost_nanousd=number) for number in range(BATCH_IDS + 1)]
    write(*lines, a_line(day, request_id=lines[-1].request_id, call_number=2, cost_nanousd=None))
    costs = costs_of([line.request_id for line in lines])
    assert [costs[line.request_id].nanousd for line in lines] == list(range(BATCH_IDS + 1))
    assert [cost for cost in costs.values() if cost.has_unknown] == [costs[lines[-1].request_id]]
    assert costs_of([uuid4()]) == {}
