"""Embeddings of the Gemini API."""

from __future__ import annotations

import ssl

import aiohttp
import certifi
from google.genai.errors import APIError

from providers.adapters.failures import failure
from providers.adapters.gemini.errors import translate
from providers.adapters.gemini.wire import Wire
from providers.catalog import EmbeddingModel
from providers.contract import EndpointConfig
from providers.embeddings.remote import Embedded
from providers.errors import ProviderUnavailable


class GeminiWire:
    def __init__(self, endpoint: EndpointConfig) -> None:
        self._endpoint = endpoint
        self._wire: Wire | None = None
        self._certificates = ssl.create_default_context(cafile=certifi.where())

    async def embed(self, texts: list[str], model: EmbeddingModel) -> Embedded:
        try:
            answer = await self._connected().embed(model.id, texts, timeout_s=self._endpoint.first_token_timeout_s)
        except (APIError, aiohttp.ClientError, OSError) as exc:
            raise translate(exc, self._endpoint) from exc
        except (ValueError, LookupError, TypeError, AttributeError) as exc:
            # What the SDK makes of a body that isn't what it expects.
            detail = f"an answer that can't be read: {type(exc).__name__}"
            raise failure(ProviderUnavailable, self._endpoint, detail=detail) from exc
        tokens = answer.usage_metadata.prompt_token_count if answer.usage_metadata else None
        return Embedded([one.values for one in answer.embeddings or []], tokens or 0)

    async def aclose(self) -> None:
        if self._wire is not None:
            await self._wire.aclose()
            self._wire = None

    def _connected(self) -> Wire:
        """The client is made in the loop that uses it: its connections belong there."""
        if self._wire is None:
            self._wire = Wire(self._endpoint, self._certificates)
        return self._wire
