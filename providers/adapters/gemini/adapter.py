"""The call: the SDK sends it (`wire`), the answer is read as raw bytes."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator

import aiohttp
import certifi
import orjson
from google.genai.errors import APIError, ClientError
from pydantic import BaseModel

from providers.adapters.failures import too_long
from providers.adapters.gemini.errors import is_unexplained, translate
from providers.adapters.gemini.reading import ContentReader
from providers.adapters.gemini.requests import config_of, contents_of
from providers.adapters.gemini.wire import Wire
from providers.adapters.sse import SseSplitter
from providers.contract import AdapterEvent, ChatRequest, EndpointConfig, Model
from providers.errors import ProviderError

# Whatever SDK and transport raise. ValueError: what they can't write, or an error's body that isn't what it says.
FAULTS = (APIError, aiohttp.ClientError, OSError, ValueError)


class GeminiAdapter:
    def __init__(self, endpoint: EndpointConfig) -> None:
        self._endpoint = endpoint
        self._wire: Wire | None = None
        # Reading the certificates takes 15 ms: here, before the process is ready, not in mid-stream of others.
        self._certificates = ssl.create_default_context(cafile=certifi.where())

    async def stream(self, request: ChatRequest, model: Model) -> AsyncGenerator[AdapterEvent, None]:
        reader = ContentReader(self._endpoint, request)
        splitter = SseSplitter()
        try:
            response = await self._connected().open(model.id, contents_of(request), config_of(request, model))
            try:
                reader.check_content_type(response.content_type)
                async for data in response.content.iter_any():
                    for payload in splitter.feed(data):
                        for event in reader.read(payload):
                            yield event
                for payload in splitter.finish():
                    for event in reader.read(payload):
                        yield event
            finally:
                response.close()
        except ClientError as exc:
            raise await self._refused(exc, request, model) from exc
        except FAULTS as exc:
            raise translate(exc, self._endpoint) from exc
        for event in reader.finish():
            yield event

    def wire_body(self, request: ChatRequest, model: Model) -> bytes:
        """What the SDK is given, in the API's own names; the SDK adds nothing to it."""
        body = {"contents": [_wire_json(content) for content in contents_of(request)]}
        return orjson.dumps({"model": model.id, **body, "config": _wire_json(config_of(request, model))})

    async def list_models(self) -> list[str]:
        try:
            return await self._connected().list_models()
        except FAULTS as exc:
            raise translate(exc, self._endpoint) from exc

    async def aclose(self) -> None:
        if self._wire is not None:
            await self._wire.aclose()
            self._wire = None

    async def _refused(self, exc: ClientError, request: ChatRequest, model: Model) -> ProviderError:
        """Google has no code for a prompt that is too long: it is asked to count it."""
        if model.is_known and is_unexplained(exc):
            try:
                counted_tokens = await self._connected().count_tokens(model.id, contents_of(request))
            except FAULTS:
                return translate(exc, self._endpoint)
            if counted_tokens > model.context_window_tokens:
                return too_long(self._endpoint, counted_tokens, model.context_window_tokens)
        return translate(exc, self._endpoint)

    def _connected(self) -> Wire:
        """The client is made in the loop that uses it: its connections belong there."""
        if self._wire is None:
            self._wire = Wire(self._endpoint, self._certificates)
        return self._wire


def _wire_json(sent: BaseModel) -> object:
    return sent.model_dump(mode="json", by_alias=True, exclude_none=True)
