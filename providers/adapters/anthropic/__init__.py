"""Anthropic's Messages, through the `anthropic` SDK."""

from __future__ import annotations

from providers.adapters.anthropic.adapter import AnthropicAdapter
from providers.contract import EndpointConfig

__all__ = ["AnthropicAdapter", "make_adapter"]


def make_adapter(endpoint: EndpointConfig) -> AnthropicAdapter:
    return AnthropicAdapter(endpoint)
