"""The offline model: extractive, deterministic, without a network. It says itself that it is no language model."""

from __future__ import annotations

from providers.adapters.offline.adapter import OfflineAdapter
from providers.contract import EndpointConfig

__all__ = ["OfflineAdapter", "make_adapter"]


def make_adapter(endpoint: EndpointConfig) -> OfflineAdapter:
    """For the registry. The endpoint has nothing to say: there is no address and no key."""
    return OfflineAdapter()
