"""Embeddings of OpenAI, and of every endpoint that speaks its API."""

from __future__ import annotations

import httpx2
import orjson
from openai import AsyncOpenAI

from providers.adapters.failures import failure
from providers.adapters.openai.adapter import FAULTS
from providers.adapters.openai.client import certificates, make_client
from providers.adapters.openai.errors import translate
from providers.catalog import EmbeddingModel
from providers.contract import EndpointConfig
from providers.embeddings.remote import Embedded
from providers.errors import NotAnApi, ProviderUnavailable


class OpenAIWire:
    def __init__(self, endpoint: EndpointConfig) -> None:
        self._endpoint = endpoint
        self._client: AsyncOpenAI | None = None

    async def embed(self, texts: list[str], model: EmbeddingModel) -> Embedded:
        body = orjson.dumps({"model": model.id, "input": texts, "encoding_format": "base64"})
        try:
            # Past the SDK's objects, which cost more than the vectors that are in them.
            response = await self._connected().post(
                "/embeddings",
                cast_to=httpx2.Response,
                content=body,
                options={"headers": {"Content-Type": "application/json"}},
            )
        except FAULTS as exc:
            raise translate(exc, self._endpoint) from exc
        return self._read(response)

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _read(self, response: httpx2.Response) -> Embedded:
        content_type = response.headers.get("content-type", "")
        if content_type.startswith("text/html"):
            raise failure(NotAnApi, self._endpoint, detail=f"{content_type} instead of vectors")
        try:
            answer = orjson.loads(response.content)
            # The API promises no order, only the place of each.
            rows = sorted(answer["data"], key=lambda row: row["index"])
            usage = answer.get("usage") or {}
            return Embedded([row["embedding"] for row in rows], int(usage.get("prompt_tokens") or 0))
        except (ValueError, LookupError, TypeError, AttributeError) as exc:
            detail = f"an answer that can't be read: {type(exc).__name__}"
            raise failure(ProviderUnavailable, self._endpoint, detail=detail) from exc

    def _connected(self) -> AsyncOpenAI:
        """The client is made in the loop that uses it: its connections belong there."""
        if self._client is None:
            # An answer comes whole, so its first byte is as good as its last.
            self._client = make_client(
                self._endpoint, certificates(), read_timeout_s=self._endpoint.first_token_timeout_s
            )
        return self._client
