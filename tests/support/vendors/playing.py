"""A request through the real gateway and SDKs to vendors that do as they are told, and what the books say of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from providers.actions.attempts import save_request
from providers.catalog import Price, load_catalog
from providers.contract import (
    ChatMessage,
    ChatRequest,
    EndpointConfig,
    Failed,
    FellBack,
    GatewayEvent,
    Model,
    Retrying,
    TextDelta,
)
from providers.errors import ProviderError
from providers.gateway import Gateway
from providers.models import Attempt, UsageRecord
from providers.recording import Recorder
from tests.support.stage import Clock
from tests.support.vendors.calling import KEY, VENDORS
from tests.support.vendors.nowhere import closed_url
from tests.support.vendors.script import Step
from tests.support.vendors.server import VendorServer

# Of one class, so that each stands in for the others.
MODELS = {
    "openai": "gpt-6.1-sol",
    "anthropic": "claude-sonnet-5-5",
    "gemini": "gemini-3.8-flash",
    "bedrock": "anthropic.claude-sonnet-5-5",
}
# Who goes on after whom, where somebody does.
NEXT = {"openai": "anthropic", "anthropic": "gemini", "gemini": "openai", "bedrock": "gemini"}
QUESTION = (ChatMessage.of_text("user", "Good morning?"),)
# For a vendor that says nothing: longer than anything on loopback takes.
IMPATIENT_S = 3.0


@dataclass(frozen=True, slots=True)
class Played:
    """A request that is over and recorded. `wire_calls` are the vendors that were really asked, in order."""

    request: ChatRequest
    events: list[GatewayEvent]
    wire_calls: list[str]
    slept_s: list[float]

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def error(self) -> ProviderError:
        assert isinstance(self.events[-1], Failed), self.events[-1]
        return self.events[-1].error

    @property
    def between(self) -> list[tuple[type[GatewayEvent], type[ProviderError]]]:
        """What is told between the calls, and why."""
        return [(type(event), type(event.error)) for event in self.events if isinstance(event, Retrying | FellBack)]

    @property
    def attempts(self) -> list[Attempt]:
        return list(Attempt.objects.filter(request_id=self.request.request_id).order_by("call_number"))

    @property
    def lines(self) -> list[UsageRecord]:
        rows = UsageRecord.objects.filter(request_id=self.request.request_id)
        return list(rows.select_related("price").order_by("call_number"))


def model_of(vendor: str) -> Model:
    return load_catalog().entries[f"{vendor}/{MODELS[vendor]}"].model


def price_of(vendor: str) -> Price | None:
    return load_catalog().entries[f"{vendor}/{MODELS[vendor]}"].price


def play(
    vendors: Sequence[str],
    *steps: Step,
    model: str = "",
    is_refused: bool = False,
    is_silent: bool = False,
    **asked: Any,
) -> Played:
    """Ask the first of these vendors. `steps` are done in order, whichever is called. `is_refused`: nobody listens at
    the first one's address; `is_silent`: it is not waited for long."""
    request = ChatRequest(uuid4(), QUESTION, f"{vendors[0]}/{model or MODELS[vendors[0]]}", **asked)
    recorder = Recorder(request)

    async def ask() -> Played:
        clock, events = Clock(), []
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(VendorServer())
            server.will(*steps)
            first, *others = [vendor_endpoint(name, server.url) for name in vendors]
            if is_refused:
                first = replace(first, base_url=closed_url())
            if is_silent:
                first = replace(first, first_token_timeout_s=IMPATIENT_S, idle_timeout_s=IMPATIENT_S)
            gateway = Gateway([first, *others], sleep=clock.sleep)
            stack.push_async_callback(gateway.aclose)
            stream = await stack.enter_async_context(aclosing(gateway.stream(request)))
            async for event in stream:
                recorder.take(event)
                events.append(event)
            # Beside those that only count the tokens of a request.
            asked_for = [one.path for one in server.requests if "count" not in one.path.lower()]
        return Played(request, events, [_vendor_of(path) for path in asked_for], clock.slept_s)

    played = asyncio.run(ask())
    save_request(recorder.records, recorder.routed)
    return played


def vendor_endpoint(name: str, url: str, *, label: str = "") -> EndpointConfig:
    path = next(vendor.path for vendor in VENDORS if vendor.name == name)
    return EndpointConfig(name=name, adapter=name, label=label or name.title(), base_url=url + path, api_key=KEY)


def _vendor_of(path: str) -> str:
    if path.startswith("/anthropic/"):
        return "bedrock"
    return "openai" if "completions" in path else "anthropic" if "messages" in path else "gemini"
