"""Which endpoints are on, and the adapter that speaks to each. The only place that maps a name to an adapter."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from providers.contract import Adapter, EndpointConfig

# Named by module path, so that a vendor's SDK is imported only where an endpoint needs it.
ADAPTERS = {
    "offline": "providers.adapters.offline",
    "openai": "providers.adapters.openai",
    "anthropic": "providers.adapters.anthropic",
    "bedrock": "providers.adapters.bedrock",
    "gemini": "providers.adapters.gemini",
}

OFFLINE = EndpointConfig(name="offline", adapter="offline")


def make_adapter(endpoint: EndpointConfig) -> Adapter:
    """Import the endpoint's adapter, with its SDK, and make one for it."""
    module = import_module(ADAPTERS[endpoint.adapter])
    make: Callable[[EndpointConfig], Adapter] = module.make_adapter
    return make(endpoint)
