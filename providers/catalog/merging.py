"""The catalog as an administrator's rows make it: further endpoints and models, and what they say of known ones."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from providers.catalog.entries import Catalog, CatalogEntry, Endpoint, ModelClass, Price
from providers.catalog.names import all_names
from providers.catalog.reading import by_endpoint
from providers.contract import Continuation, Model

UNKNOWN_MAX_OUTPUT_TOKENS = 4_096


@dataclass(frozen=True, slots=True)
class ModelChange:
    """What an administrator says of one model. None leaves what the catalog says; of a model it doesn't know, that is
    little: an unknown price and cautious limits."""

    endpoint: str
    model_id: str
    label: str = ""
    is_hidden: bool = False
    is_gone: bool = False
    aliases: tuple[str, ...] = ()
    context_window_tokens: int | None = None
    max_output_tokens: int | None = None
    capabilities: frozenset[str] | None = None
    model_class: ModelClass | None = None
    continuation: Continuation | None = None
    price: Price | None = None
    retires_on: datetime.date | None = None

    @property
    def full_id(self) -> str:
        return f"{self.endpoint}/{self.model_id}"


def merge(catalog: Catalog, endpoints: Iterable[Endpoint], changes: Iterable[ModelChange]) -> Catalog:
    """Where a name is taken at the same endpoint, whoever had it keeps it: the catalog before rows."""
    places = {**catalog.endpoints, **{endpoint.name: endpoint for endpoint in endpoints}}
    entries = dict(catalog.entries)
    for change in changes:
        # Rows outlive the endpoint they were made for.
        if (place := places.get(change.endpoint)) is not None:
            known = entries.get(change.full_id) or unlisted_entry(change, catalog, place)
            entries[change.full_id] = _changed(known, change)
    entries = _without_hidden_stand_ins(entries)
    return replace(
        catalog,
        endpoints=places,
        entries=entries,
        names=all_names(entries, places).held,
        by_endpoint=by_endpoint(entries),
    )


def unlisted_model(model_id: str, endpoint: str, window_tokens: int) -> Model:
    """A model of which nothing is known but where it is, with cautious limits."""
    return Model(
        id=model_id,
        endpoint=endpoint,
        context_window_tokens=window_tokens,
        max_output_tokens=min(UNKNOWN_MAX_OUTPUT_TOKENS, window_tokens),
        continuation="instruction",
        is_known=False,
    )


def unlisted_entry(change: ModelChange, catalog: Catalog, place: Endpoint | None = None) -> CatalogEntry:
    """A model that the catalog doesn't know, before anything is said of it."""
    place = place or catalog.endpoints[change.endpoint]
    model_class = change.model_class or "standard"
    others = catalog.stand_ins[model_class]
    return CatalogEntry(
        model=unlisted_model(change.model_id, place.name, place.unknown_window_tokens),
        model_class=model_class,
        price=None,
        has_json=False,
        equivalents=tuple(full_id for full_id in others if full_id.partition("/")[0] != place.name),
        retires_on=None,
        is_added=True,
    )


def entries_of(endpoint: str, default_model: str, catalog: Catalog) -> list[CatalogEntry]:
    """What an endpoint has: a default model that is listed nowhere, then what is listed. Nothing is known of one that
    the catalog doesn't have, such as a script's own."""
    listed = list(catalog.by_endpoint.get(endpoint, ()))
    is_listed = f"{endpoint}/{default_model}" in catalog.entries
    if not default_model or is_listed or endpoint not in catalog.endpoints:
        return listed
    return [unlisted_entry(ModelChange(endpoint, default_model), catalog), *listed]


def _changed(entry: CatalogEntry, change: ModelChange) -> CatalogEntry:
    model = entry.model
    window = change.context_window_tokens or model.context_window_tokens
    has = change.capabilities
    return replace(
        entry,
        model=replace(
            model,
            context_window_tokens=window,
            max_output_tokens=min(change.max_output_tokens or model.max_output_tokens, window),
            continuation=change.continuation or model.continuation,
            has_vision=model.has_vision if has is None else "vision" in has,
            has_tools=model.has_tools if has is None else "tools" in has,
            has_reasoning=model.has_reasoning if has is None else "reasoning" in has,
            aliases=(*model.aliases, *change.aliases),
            is_known=model.is_known or change.context_window_tokens is not None,
        ),
        model_class=change.model_class or entry.model_class,
        price=change.price or entry.price,
        has_json=entry.has_json if has is None else "json" in has,
        retires_on=change.retires_on or entry.retires_on,
        label=change.label,
        is_hidden=change.is_hidden,
        is_gone=change.is_gone,
    )


def _without_hidden_stand_ins(entries: Mapping[str, CatalogEntry]) -> dict[str, CatalogEntry]:
    """Nobody is answered by a model that is offered to nobody, or that its endpoint no longer has."""
    left_out = {full_id for full_id, entry in entries.items() if entry.is_hidden or entry.is_gone}
    if not left_out:
        return dict(entries)
    return {
        full_id: entry
        if left_out.isdisjoint(entry.equivalents)
        else replace(entry, equivalents=tuple(other for other in entry.equivalents if other not in left_out))
        for full_id, entry in entries.items()
    }
