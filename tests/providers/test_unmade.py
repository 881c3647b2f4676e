"""An endpoint whose adapter can't be made says why to whoever asks it, and keeps nothing from the others."""

from __future__ import annotations

import sys
from types import ModuleType
from uuid import UUID

import pytest

from providers.contract import AttemptStarted, ChatMessage, ChatRequest, EndpointConfig, Failed, Finished
from providers.errors import AdapterBroken
from providers.gateway import Gateway
from providers.registry import ADAPTERS, OFFLINE
from providers.resilience.breaker import Breakers
from providers.resilience.checks import look_at

BROKEN = EndpointConfig(name="bedrock", adapter="broken", label="Bedrock", api_key="sk-secret")
REASON = "LookupError: the profile can't be found"


@pytest.fixture(autouse=True)
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """An SDK that finds no profile."""

    def make_adapter(endpoint: EndpointConfig) -> object:
        raise LookupError("the profile can't be found")

    module = ModuleType("broken_sdk")
    monkeypatch.setattr(module, "make_adapter", make_adapter, raising=False)
    monkeypatch.setitem(sys.modules, "broken_sdk", module)
    monkeypatch.setitem(ADAPTERS, "broken", "broken_sdk")


async def test_it_keeps_no_other_endpoint_from_being_configured_and_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gateway = Gateway([], breakers=Breakers(is_shared=False))
    for _ in range(2):
        await gateway.configure([BROKEN, OFFLINE])
    assert caplog.text.count("no calls to bedrock") == 1
    assert "sk-secret" not in caplog.text
    request = ChatRequest(UUID(int=7), (ChatMessage.of_text("user", "Hi"),), OFFLINE.name)
    assert isinstance([event async for event in gateway.stream(request)][-1], Finished)
    await gateway.aclose()


async def test_who_asks_it_is_told_in_words_and_operators_are_told_why() -> None:
    gateway = Gateway([BROKEN], breakers=Breakers(is_shared=False))
    gateway.prepare()
    request = ChatRequest(UUID(int=7), (ChatMessage.of_text("user", "Hi"),), "bedrock/x", only_this_model=True)
    events = [event async for event in gateway.stream(request)]
    [started] = [event for event in events if isinstance(event, AttemptStarted)]
    assert started.body() == b"{}"
    assert isinstance(events[-1], Failed)
    assert isinstance(events[-1].error, AdapterBroken)
    assert "Bedrock can't be asked" in events[-1].error.user_message
    assert REASON in events[-1].error.detail
    await gateway.aclose()


def test_the_checks_tell_why_and_reach_the_others() -> None:
    broken, other = look_at([BROKEN, OFFLINE])
    assert REASON in broken.failure
    assert (other.name, other.failure) == ("offline", "")
