"""The price that holds for a model now, as a version that ledger lines can name, and what tokens cost at it."""

from __future__ import annotations

import time
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial
from threading import Lock

from django.db import transaction

from providers.catalog import Price
from providers.configured import effective_catalog
from providers.contract import Usage
from providers.models import PriceVersion

# How long a process goes by a version that another one may have replaced.
KEPT_S = 60.0
NANODOLLARS_PER_DOLLAR_PER_MILLION = Decimal(1000)


def known_price(full_id: str) -> Price | None:
    """What an administrator or the catalog says; None where the price is unknown, which is not zero."""
    catalog = effective_catalog()
    entry = catalog.entries.get(full_id)
    if entry is not None:
        return entry.price
    endpoint, _, model_id = full_id.partition("/")
    embedding = catalog.embeddings.get(model_id)
    if embedding is None or embedding.endpoint != endpoint or embedding.usd_per_million is None:
        return None
    return Price(input_usd=embedding.usd_per_million, output_usd=Decimal(0), cached_usd=None, cache_write_usd=None)


def price_in_force(full_id: str) -> PriceVersion | None:
    """The latest version of the model's price, made where another one is known than it; None if it is unknown."""
    price = known_price(full_id)
    return None if price is None else _versions.of(full_id, price)


def cost_nanousd(usage: Usage, price: Price | PriceVersion) -> int:
    """Whole nano-dollars, rounded once, half to even.

    Cached tokens cost their own price where there is one, as do tokens written to the provider's cache; the rest of the
    input costs that of input.
    """
    cached_usd = price.input_usd if price.cached_usd is None else price.cached_usd
    write_usd = price.input_usd if price.cache_write_usd is None else price.cache_write_usd
    cached = min(usage.cached_tokens, usage.input_tokens)
    written = min(usage.cache_write_tokens, usage.input_tokens - cached)
    total = (
        (usage.input_tokens - cached - written) * price.input_usd
        + cached * cached_usd
        + written * write_usd
        + usage.output_tokens * price.output_usd
    )
    return int((total * NANODOLLARS_PER_DOLLAR_PER_MILLION).to_integral_value(rounding=ROUND_HALF_EVEN))


def cost_or_unknown(usage: Usage, price: PriceVersion | None) -> int | None:
    """Nothing used costs nothing, also where nobody knows the price; else None says that nobody does."""
    if price is None:
        return None if usage.input_tokens or usage.output_tokens else 0
    return cost_nanousd(usage, price)


def forget_versions() -> None:
    """Read versions again when they are next asked for."""
    _versions.forget()


class _Versions:
    """Versions in memory: one is asked for with every ledger line, and changes a few times a year."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[str, tuple[Price, PriceVersion, float]] = {}

    def of(self, full_id: str, price: Price) -> PriceVersion:
        kept = self._kept.get(full_id)
        if kept is not None and kept[0] == price and time.monotonic() - kept[2] < KEPT_S:
            return kept[1]
        version = _latest_or_new(full_id, price)
        # Not before: a version that is rolled back with what it was made for must not be kept.
        transaction.on_commit(partial(self._keep, full_id, price, version))
        return version

    def _keep(self, full_id: str, price: Price, version: PriceVersion) -> None:
        with self._lock:
            self._kept[full_id] = (price, version, time.monotonic())

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()


def _latest_or_new(full_id: str, price: Price) -> PriceVersion:
    latest = PriceVersion.objects.filter(full_id=full_id).order_by("-valid_from", "-id").first()
    if latest is not None and _same(latest, price):
        return latest
    return PriceVersion.objects.create(
        full_id=full_id,
        input_usd=price.input_usd,
        output_usd=price.output_usd,
        cached_usd=price.cached_usd,
        cache_write_usd=price.cache_write_usd,
    )


def _same(version: PriceVersion, price: Price) -> bool:
    names = ("input_usd", "output_usd", "cached_usd", "cache_write_usd")
    return all(getattr(version, name) == getattr(price, name) for name in names)


_versions = _Versions()
