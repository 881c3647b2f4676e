"""One rehearsal: a question through a gateway of its own, and what it met on the way."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass
from typing import assert_never

from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from convoscope.numbers import number
from providers.catalog import load_catalog
from providers.contract import (
    AttemptStarted,
    ChatMessage,
    ChatRequest,
    Dropped,
    EndpointConfig,
    Failed,
    FellBack,
    Finished,
    GatewayEvent,
    ReasoningDelta,
    Retrying,
    Routed,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
)
from providers.errors import ProviderError
from providers.gateway import Gateway
from providers.rehearsal.faults import ANSWER, FAULTS, FaultName
from providers.resilience.breaker import Breakers
from providers.words import what_failed

# Real ids, so that the stand-in comes from the catalog as it would for people.
FAILING, STAND_IN = "openai", "mistral"
# A first call may take a second of its own, for what the SDK does only then.
SILENCE_S = 3.0
QUESTION = "What happens when a provider fails?"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened, `at_ms` after the question; `kind` is `ok`, `waiting` or `failed`."""

    at_ms: int
    kind: str
    words: str
    detail: str = ""

    @property
    def seconds(self) -> str:
        return _("%(count)s s") % {"count": number(self.at_ms / 1000, 2)}


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What people would have seen: the answer's text, and whether it is whole; `error` is said where it isn't."""

    steps: tuple[Step, ...]
    text: str
    is_whole: bool
    error: str = ""


def rehearse(name: FaultName, *, with_stand_in: bool = True, deadline_s: float | None = None) -> Rehearsal:
    """Ask a question of a provider that fails so. Takes some seconds where the gateway waits; nothing new is tried
    later than `deadline_s`, or as with people's questions later than LLM_TIMEOUT."""
    return asyncio.run(_rehearse(name, with_stand_in=with_stand_in, deadline_s=deadline_s))


async def _rehearse(name: FaultName, *, with_stand_in: bool, deadline_s: float | None) -> Rehearsal:
    # Imported where it is used: aiohttp is 8 MB of an idle process that talks to no provider.
    from providers.rehearsal.server import FailingServer

    async with FailingServer(FAULTS[name]) as server:
        endpoints = [_endpoint(FAILING, _("The failing provider"), server.failing_url)]
        if with_stand_in:
            endpoints.append(_endpoint(STAND_IN, _("The stand-in"), server.well_url))
        gateway = Gateway(endpoints, breakers=Breakers(is_shared=False))
        # Its SDK is imported before the clock starts, off the loop that serves.
        await asyncio.to_thread(gateway.prepare)
        try:
            return await _ask(gateway, deadline_s)
        finally:
            await gateway.aclose()


def _endpoint(name: str, label: str, url: str) -> EndpointConfig:
    return EndpointConfig(
        name=name,
        label=label,
        adapter="openai",
        base_url=url,
        api_key="rehearsal",
        first_token_timeout_s=SILENCE_S,
        idle_timeout_s=SILENCE_S,
    )


def rehearsed_model() -> str:
    """A model of the failing provider that the other's can stand in for."""
    entries = load_catalog().entries.values()
    return next(
        entry.model.full_id
        for entry in entries
        if entry.model.endpoint == FAILING and any(one.startswith(f"{STAND_IN}/") for one in entry.equivalents)
    )


async def _ask(gateway: Gateway, deadline_s: float | None) -> Rehearsal:
    question = (ChatMessage.of_text("user", QUESTION),)
    request = ChatRequest(uuid7(), question, rehearsed_model(), feature="rehearsal", deadline_s=deadline_s)
    steps: list[Step] = []
    texts: list[str] = []
    error: ProviderError | None = None
    begun_s = time.monotonic()
    async with aclosing(gateway.stream(request)) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                texts.append(event.text)
            if isinstance(event, Failed):
                error = event.error
            if (told := _told(event, gateway)) is not None:
                kind, words, detail = told
                steps.append(Step(round((time.monotonic() - begun_s) * 1000), kind, words, detail))
    text = "".join(texts)
    return Rehearsal(tuple(steps), text, is_whole=text == ANSWER, error=error.user_message if error else "")


def _told(event: GatewayEvent, gateway: Gateway) -> tuple[str, str, str] | None:
    """Kind, words and the provider's own error; None of what needs no line."""
    match event:
        case AttemptStarted(call_number, endpoint, model):
            words = _("Call %(number)d: %(model)s of %(endpoint)s")
            return "ok", words % {"number": call_number, "model": model, "endpoint": gateway.label(endpoint)}, ""
        case Retrying(endpoint, _model, error, wait_s):
            words = _("%(failed)s; asked again after %(seconds)s s")
            failed = what_failed(error, gateway.label(endpoint))
            return "waiting", words % {"failed": failed, "seconds": number(wait_s, 1)}, error.detail
        case FellBack(from_endpoint=source, to_endpoint=target, error=error):
            words = _("%(failed)s; switched to %(to)s")
            failed = what_failed(error, gateway.label(source))
            return "waiting", words % {"failed": failed, "to": gateway.label(target)}, error.detail
        case Finished(reason):
            return "ok", _("Finished: %(reason)s") % {"reason": reason}, ""
        case Failed(error):
            return "failed", error.user_message, error.detail
        case TextDelta() | ReasoningDelta() | ToolCallDelta() | ToolCall() | Usage() | Routed() | Dropped():
            return None
        case _:
            assert_never(event)
