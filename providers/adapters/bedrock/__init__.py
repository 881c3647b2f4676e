"""Claude on Amazon Bedrock, through the `anthropic` SDK's client for it."""

from __future__ import annotations

from providers.adapters.bedrock.adapter import BedrockAdapter
from providers.contract import EndpointConfig

__all__ = ["BedrockAdapter", "make_adapter"]


def make_adapter(endpoint: EndpointConfig) -> BedrockAdapter:
    return BedrockAdapter(endpoint)
