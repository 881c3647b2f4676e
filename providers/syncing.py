"""What an endpoint says it serves, beside what is known of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from providers.actions.models import add_found_models, note_gone_models
from providers.catalog import Catalog
from providers.catalog import Endpoint as KnownEndpoint
from providers.configured import effective_catalog
from providers.contract import EndpointConfig
from providers.lists import listed_models


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ids of one endpoint's models, in the order in which it named them: those we don't know, those we do, and those
    that we know and it doesn't name."""

    new: tuple[str, ...]
    known: tuple[str, ...]
    gone: tuple[str, ...]


def ask_for_models(endpoint: EndpointConfig) -> Comparison:
    """Raises: ProviderError."""
    return compare(endpoint.name, listed_models(endpoint), effective_catalog())


def compare(name: str, listed: Iterable[str], catalog: Catalog) -> Comparison:
    """An alias is known too: vendors list dated ids beside the short ones."""
    ids = list(dict.fromkeys(listed))
    mine = catalog.by_endpoint.get(name, ())
    known = {model_id for model_id in ids if _named(name, model_id, catalog)}
    reached = {full_id for model_id in known for full_id in catalog.names[f"{name}/{model_id}".lower()]}
    return Comparison(
        new=tuple(model_id for model_id in ids if model_id not in known),
        known=tuple(model_id for model_id in ids if model_id in known),
        # A list that is empty says nothing of what was meant to be on it.
        gone=tuple(entry.model.id for entry in mine if entry.model.full_id not in reached) if ids else (),
    )


def take_comparison(known: KnownEndpoint, comparison: Comparison) -> int:
    """Add what is new, mark what is gone; says how many are new."""
    note_gone_models(known=known, gone=comparison.gone, listed=comparison.known)
    return add_found_models(known=known, model_ids=comparison.new)


def _named(name: str, model_id: str, catalog: Catalog) -> bool:
    return f"{name}/{model_id}".lower() in catalog.names
