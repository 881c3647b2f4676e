"""The price that holds for a model now, as a version that ledger lines can name."""

from __future__ import annotations

import time
from functools import partial
from threading import Lock

from django.db import transaction

from providers.catalog import Price
from providers.configured import effective_catalog
from providers.models import PriceVersion

# How long a process goes by a version that another one may have replaced.
KEPT_S = 60.0


def known_price(full_id: str) -> Price | None:
    """What an administrator or the catalog says; None where the price is unknown, which is not zero."""
    entry = effective_catalog().entries.get(full_id)
    return entry.price if entry else None


def price_in_force(full_id: str) -> PriceVersion | None:
    """The latest version of the model's price, made where another one is known than it; None if it is unknown."""
    price = known_price(full_id)
    return None if price is None else _versions.of(full_id, price)


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
