"""Models that resellers serve too: entries made from those of their vendors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from providers.catalog.entries import CatalogEntry, Endpoint
from providers.catalog.row import CatalogError


def with_resold(
    entries: Mapping[str, CatalogEntry], resold: Mapping[str, tuple[str, ...]], endpoints: Mapping[str, Endpoint]
) -> dict[str, CatalogEntry]:
    """The entries, and one for each place in `resold`, which is by the vendor's full id, best place first. Each is what
    the vendor says of its model, and the last to stand in for it; its price is known only where the reseller passes the
    vendor's on. One that has an entry of its own keeps what that says.

    Raises: CatalogError for a place that doesn't exist or resells nothing.
    """
    found = dict(entries)
    for full_id, places in resold.items():
        entry = entries[full_id]
        for place in places:
            name, _slash, model_id = place.partition("/")
            if name not in endpoints or not endpoints[name].is_reseller or not model_id:
                raise CatalogError(f"catalog.toml, {full_id}: resold {place} is at no reseller")
            made = _resold(entry, endpoints[name], model_id, resold)
            own = entries.get(place)
            found[place] = made if own is None else replace(own, equivalents=made.equivalents)
        found[full_id] = replace(entry, equivalents=(*(one for one in entry.equivalents if one not in places), *places))
    return found


def _resold(entry: CatalogEntry, place: Endpoint, model_id: str, resold: Mapping[str, tuple[str, ...]]) -> CatalogEntry:
    vendor = entry.model
    aliases = dict.fromkeys((vendor.id, *vendor.aliases))
    successor = next((one for one in resold.get(entry.successor, ()) if one.startswith(f"{place.name}/")), "")
    return replace(
        entry,
        model=replace(
            vendor,
            id=model_id,
            endpoint=place.name,
            aliases=tuple(alias for alias in aliases if alias != model_id),
        ),
        price=entry.price if place.passes_prices_on else None,
        equivalents=(vendor.full_id, *(one for one in entry.equivalents if one.partition("/")[0] != place.name)),
        successor=successor,
    )
