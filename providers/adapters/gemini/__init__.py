"""Gemini's generateContent, through the `google-genai` SDK."""

from __future__ import annotations

from providers.adapters.gemini.adapter import GeminiAdapter
from providers.contract import EndpointConfig

__all__ = ["GeminiAdapter", "make_adapter"]


def make_adapter(endpoint: EndpointConfig) -> GeminiAdapter:
    return GeminiAdapter(endpoint)
