"""Every name that leads to a model: its id and aliases, with and without what its endpoint is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from providers.catalog.entries import CatalogEntry, Endpoint


@dataclass(frozen=True, slots=True)
class Clash:
    """A name that two models of one endpoint claim; `holder` keeps it."""

    name: str
    holder: str
    claimant: str


@dataclass(slots=True)
class Names:
    """`held` leads from each name, in lower case, to full ids in the order in which they claimed it."""

    held: dict[str, tuple[str, ...]] = field(default_factory=dict)
    clashes: list[Clash] = field(default_factory=list)


def all_names(entries: Mapping[str, CatalogEntry], endpoints: Mapping[str, Endpoint]) -> Names:
    """Who claims first, is asked first: ids come before aliases, so that an alias never hides an id, and ids that look
    like another endpoint's (`openai/gpt-oss-120b`) come last. Of models that an administrator added these have no name
    without their endpoint's: they must not take what is asked of the other one.
    """
    names = Names()
    places = set(endpoints) | {prefix for endpoint in endpoints.values() for prefix in endpoint.prefixes}
    for full_id, entry in entries.items():
        is_foreign = _is_foreign(entry, places)
        for name in _names(entry, endpoints, entry.model.id, is_bare=not is_foreign):
            _claim(names, name, full_id, entries)
    for full_id, entry in entries.items():
        for alias in entry.model.aliases:
            for name in _names(entry, endpoints, alias, is_bare=True):
                _claim(names, name, full_id, entries)
    for full_id, entry in entries.items():
        if _is_foreign(entry, places) and not entry.is_added:
            _claim(names, entry.model.id.lower(), full_id, entries)
    return names


def _is_foreign(entry: CatalogEntry, places: set[str]) -> bool:
    first, slash, _ = entry.model.id.lower().partition("/")
    return bool(slash) and first in places


def _names(entry: CatalogEntry, endpoints: Mapping[str, Endpoint], label: str, *, is_bare: bool) -> Iterator[str]:
    if is_bare:
        yield label.lower()
    for prefix in (entry.model.endpoint, *endpoints[entry.model.endpoint].prefixes):
        yield f"{prefix}/{label}".lower()


def _claim(names: Names, name: str, full_id: str, entries: Mapping[str, CatalogEntry]) -> None:
    held = names.held.get(name, ())
    for other in held:
        if entries[other].model.endpoint == entries[full_id].model.endpoint:
            names.clashes.append(Clash(name, other, full_id))
            return
    names.held[name] = (*held, full_id)
