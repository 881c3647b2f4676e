"""The built-in model without the pace of somebody who types."""

from __future__ import annotations

from providers.adapters.offline.adapter import OfflineAdapter
from providers.contract import Adapter, EndpointConfig


def make_adapter(endpoint: EndpointConfig) -> Adapter:
    return OfflineAdapter(tokens_per_s=0)
