"""The adapters under test, and one call through one of them. A vendor is one line of `VENDORS`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from uuid import UUID

import pytest

from providers.contract import (
    Adapter,
    AdapterEvent,
    ChatMessage,
    ChatRequest,
    EndpointConfig,
    Model,
    ReasoningDelta,
    TextDelta,
    ToolCall,
)
from providers.errors import ProviderError
from tests.support.vendors.script import Step, Wire
from tests.support.vendors.server import ANTHROPIC, GEMINI, OPENAI, VendorServer

KEY = "sk-secret-0123456789"


@dataclass(frozen=True, slots=True)
class Vendor:
    """`path` is what the vendor's SDK expects at the end of a base URL."""

    name: str
    wire: Wire
    path: str = ""

    def make(self, url: str, *, connect_timeout_s: float = 5.0, key: str = KEY) -> Adapter:
        endpoint = EndpointConfig(
            name=self.name,
            adapter=self.name,
            label=self.name.title(),
            base_url=url + self.path,
            api_key=key,
            connect_timeout_s=connect_timeout_s,
        )
        adapter: Adapter = import_module(f"providers.adapters.{self.name}").make_adapter(endpoint)
        return adapter


VENDORS = (
    Vendor("openai", OPENAI, "/v1"),
    Vendor("anthropic", ANTHROPIC),
    Vendor("gemini", GEMINI),
    Vendor("bedrock", ANTHROPIC, "/anthropic"),
)
each_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)

MODEL = Model(
    id="wire-model",
    endpoint="vendor",
    context_window_tokens=1_000,
    max_output_tokens=500,
    continuation="instruction",
    has_vision=True,
    has_tools=True,
)
REQUEST = ChatRequest(
    request_id=UUID(int=7), messages=(ChatMessage.of_text("user", "Good morning?"),), model="vendor/wire-model"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of a call: its events, and the error that ended it, if one did."""

    events: list[AdapterEvent]
    error: ProviderError | None

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def reasoning(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, ReasoningDelta))

    @property
    def calls(self) -> list[ToolCall]:
        return [event for event in self.events if isinstance(event, ToolCall)]


async def call(adapter: Adapter, request: ChatRequest = REQUEST, model: Model = MODEL) -> Outcome:
    """One call. Anything but a ProviderError that escapes fails the test."""
    events: list[AdapterEvent] = []
    try:
        async with aclosing(adapter.stream(request, model)) as stream:
            async for event in stream:
                events.append(event)  # noqa: PERF401 - what came before an error counts
    except ProviderError as error:
        return Outcome(events, error)
    return Outcome(events, None)


@asynccontextmanager
async def connected(vendor: Vendor, *steps: Step) -> AsyncGenerator[tuple[Adapter, VendorServer], None]:
    """An adapter and the server it speaks to."""
    async with VendorServer() as server:
        server.will(*steps)
        adapter = vendor.make(server.url)
        try:
            yield adapter, server
        finally:
            await adapter.aclose()


async def ask(vendor: Vendor, step: Step, request: ChatRequest = REQUEST, model: Model = MODEL) -> Outcome:
    """One call against a server that does `step`."""
    async with connected(vendor, step) as (adapter, _):
        return await call(adapter, request, model)


def asking(**changes: object) -> ChatRequest:
    """The usual request with some fields changed."""
    return replace(REQUEST, **changes)  # type: ignore[arg-type] # the fields of the dataclass, checked when it is made
