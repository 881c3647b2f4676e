"""The endpoints that this installation has switched on, and the model it starts with."""

from __future__ import annotations

from django.conf import settings

from providers.catalog import load_catalog
from providers.contract import EndpointConfig
from providers.registry import OFFLINE


def configured_endpoints() -> list[EndpointConfig]:
    """Every endpoint with a key, or for local ones a URL, by PROVIDER_PRIORITY; the built-in model last."""
    priority = {name: place for place, name in enumerate(settings.PROVIDER_PRIORITY)}
    names = sorted(settings.PROVIDERS, key=lambda name: priority.get(name, len(priority)))
    return [*(_endpoint(name) for name in names), OFFLINE]


def default_model() -> str:
    """The model of a conversation that chose none: of DEFAULT_LLM_PROVIDER, or of the first endpoint that is on."""
    endpoints = {endpoint.name: endpoint for endpoint in configured_endpoints()}
    endpoint = endpoints.get(settings.DEFAULT_LLM_PROVIDER) or next(iter(endpoints.values()))
    return f"{endpoint.name}/{endpoint.default_model or _first_model(endpoint.name)}"


def _endpoint(name: str) -> EndpointConfig:
    known = load_catalog().endpoints[name]
    given = settings.PROVIDERS[name]
    return EndpointConfig(
        name=name,
        label=known.label,
        adapter=known.adapter,
        base_url=given.base_url or known.base_url,
        api_key=given.api_key,
        default_model=given.model,
        first_token_timeout_s=given.timeout_s,
        idle_timeout_s=given.timeout_s,
    )


def _first_model(endpoint: str) -> str:
    """The catalog's first model of the endpoint in the middle class, else its first."""
    models = [entry for entry in load_catalog().entries.values() if entry.model.endpoint == endpoint]
    middle = [entry for entry in models if entry.model_class == "standard"]
    return next(iter(middle or models)).model.id


def offline_only() -> bool:
    """Whether nothing but the built-in model answers here."""
    return configured_endpoints() == [OFFLINE]
