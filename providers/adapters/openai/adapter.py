"""The call: the SDK sends it and keeps the connection, the answer is read as raw bytes.

The SDK's chunk objects cost five times the rest of the path from provider to page, so its raw streaming response is
split and parsed here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
import httpx2
from openai import AsyncOpenAI, OpenAIError

from providers.adapters.listing import listed_ids
from providers.adapters.openai.client import certificates, make_client
from providers.adapters.openai.errors import translate
from providers.adapters.openai.reading import ChatReader
from providers.adapters.openai.requests import request_body
from providers.adapters.sse import SseSplitter
from providers.contract import AdapterEvent, ChatRequest, EndpointConfig, Model

# Whatever SDK and transport raise. ValueError: what they can't even write, such as a key with a line break.
FAULTS = (OpenAIError, httpx2.HTTPError, aiohttp.ClientError, OSError, ValueError)


class OpenAIAdapter:
    def __init__(self, endpoint: EndpointConfig) -> None:
        self._endpoint = endpoint
        self._client: AsyncOpenAI | None = None
        # Reading the certificates takes 50 ms: here, before the process is ready, not in mid-stream of others.
        self._certificates = certificates()

    async def stream(self, request: ChatRequest, model: Model) -> AsyncGenerator[AdapterEvent, None]:
        reader = ChatReader(self._endpoint, request)
        splitter = SseSplitter()
        try:
            async with self._response(self.wire_body(request, model)) as response:
                reader.check_content_type(response.headers.get("content-type", ""))
                async for received in response.aiter_bytes():
                    for payload in splitter.feed(received):
                        for event in reader.read(payload):
                            yield event
                for payload in splitter.finish():
                    for event in reader.read(payload):
                        yield event
        except FAULTS as exc:
            raise translate(exc, self._endpoint) from exc
        for event in reader.finish():
            yield event

    def wire_body(self, request: ChatRequest, model: Model) -> bytes:
        return request_body(request, model, is_openai=not self._endpoint.base_url)

    async def list_models(self) -> list[str]:
        try:
            raw = await self._connected().models.with_raw_response.list()
        except FAULTS as exc:
            raise translate(exc, self._endpoint) from exc
        return listed_ids(self._endpoint, content_type=raw.headers.get("content-type", ""), body=raw.content)

    @asynccontextmanager
    async def _response(self, body: bytes) -> AsyncGenerator[httpx2.Response, None]:
        """The SDK's own door for a request in its final form: `chat.completions.create` checks every message of the
        history against every type it could be, which costs more than the rest of the turn."""
        response = await self._connected().post(
            "/chat/completions",
            cast_to=httpx2.Response,
            content=body,
            options={"headers": {"Content-Type": "application/json"}},
            stream=True,
        )
        assert isinstance(response, httpx2.Response)
        try:
            yield response
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _connected(self) -> AsyncOpenAI:
        if self._client is None:
            # Reading is timed by the gateway.
            self._client = make_client(self._endpoint, self._certificates, read_timeout_s=None)
        return self._client
