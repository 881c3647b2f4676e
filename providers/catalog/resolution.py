"""From a name that someone asked for to a model."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from providers.catalog.entries import Catalog
from providers.catalog.reading import UNKNOWN_WINDOW_TOKENS, load_catalog
from providers.contract import Model
from providers.errors import ModelNotFound

UNKNOWN_MAX_OUTPUT_TOKENS = 4_096
SUGGESTIONS = 3
SHOWN_NAME_CHARS = 80


@dataclass(frozen=True, slots=True)
class Resolution:
    """The model a name stands for. `notice` is a sentence for the person when another model than the named answers."""

    model: Model
    notice: str = ""


def resolve_model(name: str, *, endpoints: Collection[str]) -> Model:
    """Raises: ModelNotFound, in words for the person who asked."""
    return resolve(name, endpoints=endpoints).model


def resolve(name: str, *, endpoints: Collection[str]) -> Resolution:
    """Find the model that a name (id, alias, `endpoint/id`) stands for, among the `endpoints` that are switched on.

    A catalogued name wins over an endpoint prefix, since some ids hold a slash themselves (`openai/gpt-oss-120b`).
    Raises: ModelNotFound, in words for the person who asked.
    """
    catalog = load_catalog()
    wanted = name.strip().lower()
    known = [catalog.entries[full_id].model for full_id in catalog.names.get(wanted, ())]
    for model in known:
        if model.endpoint in endpoints:
            return Resolution(model)
    retired = catalog.retired.get(wanted)
    if retired is not None:
        successor = catalog.entries[retired.successor].model
        if successor.endpoint in endpoints:
            return Resolution(successor, retired.notice)
        known.append(successor)
    if known:
        raise _switched_off(name, catalog, [model.endpoint for model in known])
    return Resolution(_unlisted_model(name.strip(), catalog, endpoints))


def _unlisted_model(name: str, catalog: Catalog, endpoints: Collection[str]) -> Model:
    prefix, _, model_id = name.partition("/")
    by_prefix = {prefix: endpoint.name for endpoint in catalog.endpoints.values() for prefix in endpoint.prefixes}
    endpoint_name = by_prefix.get(prefix.lower(), prefix.lower())
    endpoint = catalog.endpoints.get(endpoint_name)
    is_known_place = endpoint is not None or endpoint_name in endpoints
    if not model_id or not is_known_place or (endpoint is not None and not endpoint.takes_unknown_ids):
        raise _unknown_name(name, catalog, endpoints)
    if endpoint_name not in endpoints:
        raise _switched_off(name, catalog, [endpoint_name])
    return Model(
        id=model_id,
        endpoint=endpoint_name,
        context_window_tokens=endpoint.unknown_window_tokens if endpoint else UNKNOWN_WINDOW_TOKENS,
        max_output_tokens=UNKNOWN_MAX_OUTPUT_TOKENS,
        continuation="instruction",
        is_known=False,
    )


def _switched_off(name: str, catalog: Catalog, endpoint_names: Iterable[str]) -> ModelNotFound:
    places = [catalog.endpoints[endpoint_name] for endpoint_name in dict.fromkeys(endpoint_names)]
    labels = " or ".join(place.label for place in places)
    variables = " or ".join(place.variable for place in places if place.variable)
    missing = "which isn't switched on here" if len(places) == 1 else "none of which is switched on here"
    remedy = f"add a key under Providers, or set {variables}" if variables else "switch it on"
    return ModelNotFound(
        f"The model “{_shown(name)}” needs {labels}, {missing}. Choose another model; an administrator can {remedy}.",
        detail=f"endpoint off: {', '.join(place.name for place in places)}",
    )


def _unknown_name(name: str, catalog: Catalog, endpoints: Collection[str]) -> ModelNotFound:
    usable = [entry.model.id for entry in catalog.entries.values() if entry.model.endpoint in endpoints]
    pool = usable if len(set(usable)) >= SUGGESTIONS else [entry.model.id for entry in catalog.entries.values()]
    closest = difflib.get_close_matches(_shown(name).lower(), dict.fromkeys(pool), n=SUGGESTIONS, cutoff=0.0)
    asked = f"There is no model named “{_shown(name)}”." if name.strip() else "No model was named."
    return ModelNotFound(f"{asked} The closest are {', '.join(closest)}.", detail="not in the catalog")


def _shown(name: str) -> str:
    """A name that someone typed, fit to be sent back: bounded, without half surrogate pairs."""
    short = name if len(name) <= SHOWN_NAME_CHARS else name[:SHOWN_NAME_CHARS] + "…"
    return short.encode("utf-8", "replace").decode("utf-8")
