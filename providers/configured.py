"""The endpoints that this installation has switched on."""

from __future__ import annotations

from providers.contract import EndpointConfig
from providers.registry import OFFLINE


def configured_endpoints() -> list[EndpointConfig]:
    """Every endpoint with a key, or for local ones a URL; the built-in model always."""
    return [OFFLINE]
