"""Which endpoints are on, and the adapter that speaks to each. The only place that maps a name to an adapter."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module

from providers.adapters.unmade import UnmadeAdapter
from providers.contract import Adapter, EndpointConfig

logger = logging.getLogger(__name__)

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
    """Import the endpoint's adapter and SDK, and make one for it. One that can't be made fails when it is asked."""
    try:
        module = import_module(ADAPTERS[endpoint.adapter])
        make: Callable[[EndpointConfig], Adapter] = module.make_adapter
        return make(endpoint)
    except Exception as exc:  # an endpoint's border: one whose SDK fails must not keep the others from being configured
        logger.exception("no calls to %s: its adapter can't be made", endpoint.name)
        return UnmadeAdapter(endpoint, exc)
