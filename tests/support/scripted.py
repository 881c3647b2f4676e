"""An adapter that says what a test tells it, when the test tells it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from providers.contract import (
    Adapter,
    AdapterEvent,
    ChatRequest,
    EndpointConfig,
    Finished,
    Model,
    TextDelta,
    Usage,
)
from providers.errors import ProviderError

SCRIPTED = EndpointConfig(name="openai", adapter="scripted")


class ScriptedAdapter:
    """Each call takes its events from `events`, in the order they are put; `requests` holds what was asked."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[AdapterEvent | ProviderError] = asyncio.Queue()
        self.requests: list[ChatRequest] = []
        self.closed_calls = 0

    def make(self, endpoint: EndpointConfig) -> Adapter:
        return self

    def say(self, *texts: str) -> None:
        for text in texts:
            self.events.put_nowait(TextDelta(text))

    def finish(self) -> None:
        self.events.put_nowait(Usage(input_tokens=7, output_tokens=9))
        self.events.put_nowait(Finished("complete"))

    def fail(self, error: ProviderError) -> None:
        self.events.put_nowait(error)

    async def stream(self, request: ChatRequest, model: Model) -> AsyncGenerator[AdapterEvent, None]:
        self.requests.append(request)
        try:
            while True:
                event = await self.events.get()
                if isinstance(event, ProviderError):
                    raise event
                yield event
                if isinstance(event, Finished):
                    return
        finally:
            self.closed_calls += 1

    def wire_body(self, request: ChatRequest, model: Model) -> bytes:
        return b"{}"

    async def list_models(self) -> list[str]:
        return ["scripted"]

    async def aclose(self) -> None:
        pass
