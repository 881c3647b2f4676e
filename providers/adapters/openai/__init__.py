"""OpenAI's chat completions, and every endpoint that speaks them, through the `openai` SDK."""

from __future__ import annotations

from providers.adapters.openai.adapter import OpenAIAdapter
from providers.contract import EndpointConfig

__all__ = ["OpenAIAdapter", "make_adapter"]


def make_adapter(endpoint: EndpointConfig) -> OpenAIAdapter:
    return OpenAIAdapter(endpoint)
