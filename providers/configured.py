"""The endpoints that this installation has switched on, and the model it starts with.

An endpoint comes from the environment, or from a row that an administrator added; where both name it, the row that is
in use stands for itself, with its own key, address and model. Rows also change what the catalog says of models, and who
may use them.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.dispatch import Signal

from providers.catalog import Catalog, CatalogEntry, current_catalog, is_offered, load_catalog, utc_today
from providers.contract import EndpointConfig
from providers.registry import OFFLINE
from providers.rows import Limit, endpoint_config, kept_setup

# Sent in the process that changed a row, once that is committed.
endpoints_changed = Signal()


def configured_endpoints() -> list[EndpointConfig]:
    """Every endpoint that is on, by PROVIDER_PRIORITY; the built-in model last."""
    return _in_order(kept_setup.get().endpoints)


def reread_endpoints() -> list[EndpointConfig]:
    """The same with the rows as they are now."""
    return _in_order(kept_setup.read().endpoints)


def default_model() -> str:
    """The model of a conversation that chose none: of DEFAULT_LLM_PROVIDER, or of the first endpoint that has one."""
    models = {endpoint.name: first_model(endpoint) for endpoint in configured_endpoints()}
    name = settings.DEFAULT_LLM_PROVIDER
    if not models.get(name):
        name = next(name for name, model in models.items() if model)
    return f"{name}/{models[name]}"


def offline_only() -> bool:
    """Whether nothing but the built-in model answers."""
    return configured_endpoints() == [OFFLINE]


def first_model(endpoint: EndpointConfig) -> str:
    """The endpoint's own default, else the catalog's first of the middle class, else its first; "" if it has none."""
    if endpoint.default_model:
        return endpoint.default_model
    models = offered_entries(endpoint.name)
    middle = [entry for entry in models if entry.model_class == "standard"]
    return next((entry.model.id for entry in middle or models), "")


def offered_entries(endpoint_name: str) -> list[CatalogEntry]:
    """What the catalog in force knows of an endpoint's models, without those that are hidden, gone or retired."""
    listed = current_catalog().by_endpoint.get(endpoint_name, ())
    today = utc_today()
    return [entry for entry in listed if is_offered(entry, today)]


def forget_rows() -> None:
    """Read the rows again when they are next asked for."""
    kept_setup.forget()


def effective_catalog() -> Catalog:
    """The catalog with what administrators' rows say of it; for whoever may read the database. The gateway's loop asks
    `current_catalog`, which is what was read last."""
    return kept_setup.get().catalog


def limits() -> Mapping[str, Limit]:
    """Who alone may use what, by endpoint name and by full id; what isn't here is everybody's."""
    return kept_setup.get().limits


def _in_order(rows: list[EndpointConfig]) -> list[EndpointConfig]:
    found = {name: _from_environment(name) for name in settings.PROVIDERS} | {row.name: row for row in rows}
    priority = {name: place for place, name in enumerate(settings.PROVIDER_PRIORITY)}
    names = sorted(found, key=lambda name: priority.get(name, len(priority)))
    return [*(found[name] for name in names), OFFLINE]


def _from_environment(name: str) -> EndpointConfig:
    given = settings.PROVIDERS[name]
    known = load_catalog().endpoints[name]
    return endpoint_config(known, api_key=given.api_key, base_url=given.base_url, model=given.model)
