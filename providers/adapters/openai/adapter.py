"""The call: the SDK sends it and keeps the connection, the answer is read as raw bytes.

The SDK's chunk objects cost five times the rest of the path from provider to page, so its raw streaming response is
split and parsed here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
import httpx2
from openai import AsyncOpenAI, BadRequestError, OpenAIError

from providers.adapters.listing import listed_ids
from providers.adapters.openai.client import certificates, make_client
from providers.adapters.openai.errors import translate
from providers.adapters.openai.reading import ChatReader
from providers.adapters.openai.requests import DISPENSABLE, request_body
from providers.adapters.sse import SseSplitter
from providers.contract import AdapterEvent, ChatRequest, EndpointConfig, Model

# The codes that say what a model can't be told.
REFUSALS = ("unsupported_parameter", "unsupported_value")
# Whatever SDK and transport raise. ValueError: what they can't even write, such as a key with a line break.
FAULTS = (OpenAIError, httpx2.HTTPError, aiohttp.ClientError, OSError, ValueError)


class OpenAIAdapter:
    def __init__(self, endpoint: EndpointConfig) -> None:
        self._endpoint = endpoint
        self._client: AsyncOpenAI | None = None
        # Reading the certificates takes 50 ms: here, before the process is ready, not in mid-stream of others.
        self._certificates = certificates()
        self._refused: dict[str, frozenset[str]] = {}

    async def stream(self, request: ChatRequest, model: Model) -> AsyncGenerator[AdapterEvent, None]:
        reader = ChatReader(self._endpoint, request)
        splitter = SseSplitter()
        try:
            async with self._response(request, model) as response:
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
        return self._body(request, model, self._refused.get(model.id, frozenset()))

    def _body(self, request: ChatRequest, model: Model, refused: frozenset[str]) -> bytes:
        return request_body(request, model, is_openai=not self._endpoint.base_url, refused=refused)

    async def list_models(self) -> list[str]:
        try:
            raw = await self._connected().models.with_raw_response.list()
        except FAULTS as exc:
            raise translate(exc, self._endpoint) from exc
        return listed_ids(self._endpoint, content_type=raw.headers.get("content-type", ""), body=raw.content)

    @asynccontextmanager
    async def _response(self, request: ChatRequest, model: Model) -> AsyncGenerator[httpx2.Response, None]:
        response = await self._accepted(request, model)
        try:
            yield response
        finally:
            await response.aclose()

    async def _accepted(self, request: ChatRequest, model: Model) -> httpx2.Response:
        """The answer as its headers arrive.

        Reasoning models refuse a temperature, and want the limit under its new name. Behind another address (Azure, a
        proxy) nothing but the refusal tells which they are: so what a model refuses by name is left out when it is
        tried again, and remembered.
        """
        refused = self._refused.get(model.id, frozenset())
        while True:
            try:
                response = await self._post(self._body(request, model, refused))
            except BadRequestError as exc:
                if exc.code not in REFUSALS or exc.param not in DISPENSABLE - refused:
                    raise
                refused |= {exc.param}
            else:
                if refused:
                    self._refused[model.id] = self._refused.get(model.id, frozenset()) | refused
                return response

    async def _post(self, body: bytes) -> httpx2.Response:
        """By the SDK's own door for a request in its final form: `chat.completions.create` checks every message of the
        history against every type it could be, which costs more than the rest of the turn."""
        response = await self._connected().post(
            "/chat/completions",
            cast_to=httpx2.Response,
            content=body,
            options={"headers": {"Content-Type": "application/json"}},
            stream=True,
        )
        assert isinstance(response, httpx2.Response)
        return response

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _connected(self) -> AsyncOpenAI:
        if self._client is None:
            # Reading is timed by the gateway.
            self._client = make_client(self._endpoint, self._certificates, read_timeout_s=None)
        return self._client
