"""A gateway follows what is configured: without a restart, without breaking a call, whoever made the change."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial

import pytest
from django.db import DatabaseError

from accounts.models import User
from chat.runs.database import Database
from providers import refresh as refreshing
from providers.actions.endpoints import remove_endpoint
from providers.configured import reread_endpoints
from providers.contract import (
    Adapter,
    AttemptStarted,
    ChatMessage,
    ChatRequest,
    EndpointConfig,
    Failed,
    Finished,
    GatewayEvent,
    Routed,
    TextDelta,
)
from providers.errors import ModelNotFound
from providers.gateway import Gateway
from providers.models import Endpoint
from providers.refresh import EndpointRefresh
from providers.resilience.breaker import Breakers
from providers.resilience.health import Health
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import until
from tests.support.vendors.calling import KEY, REQUEST

FIRST = EndpointConfig(name="openai", adapter="scripted", api_key="first")
SECOND = replace(FIRST, api_key="second")
NEVER_S = 3_600.0


class ClosingAdapter(ScriptedAdapter):
    def __init__(self) -> None:
        super().__init__()
        self.is_closed = False
        self.made_in = threading.get_ident()

    async def aclose(self) -> None:
        self.is_closed = True


class Workshop:
    """Makes an adapter for each endpoint and remembers it by its key."""

    def __init__(self) -> None:
        self.made: dict[str, ClosingAdapter] = {}

    def make(self, endpoint: EndpointConfig) -> Adapter:
        self.made[endpoint.api_key] = adapter = ClosingAdapter()
        return adapter


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


@pytest.fixture
async def database(transactional_db: None) -> AsyncGenerator[Database, None]:
    database = Database()
    yield database
    database.close()


ASKED = ChatRequest(REQUEST.request_id, (ChatMessage.of_text("user", "Hi"),), model="openai/gpt-4.1")


async def test_a_replaced_adapter_is_closed_after_its_last_call(workshop: Workshop) -> None:
    gateway = Gateway([FIRST], make_adapter=workshop.make)
    gateway.prepare()
    old = workshop.made["first"]
    async with aclosing(gateway.stream(ASKED)) as one, aclosing(gateway.stream(ASKED)) as other:
        old.say("a", "b")
        for stream in (one, other):
            assert [type(await anext(stream)) for _ in range(3)] == [Routed, AttemptStarted, TextDelta]
        await gateway.configure([SECOND])
        old.finish()
        assert await _rest(one) == [Finished("complete")]
        assert not old.is_closed, "the other call is still on it"
    assert old.is_closed
    assert not workshop.made["second"].is_closed
    await gateway.aclose()
    assert workshop.made["second"].is_closed


async def test_a_removed_endpoint_is_closed_and_not_found(workshop: Workshop) -> None:
    gateway = Gateway([FIRST], make_adapter=workshop.make)
    gateway.prepare()
    await gateway.configure([])
    assert workshop.made["first"].is_closed
    [failed] = await _rest(gateway.stream(ASKED))
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, ModelNotFound)


async def test_what_did_not_change_keeps_its_adapter_and_new_ones_are_made_off_the_loop(workshop: Workshop) -> None:
    gateway = Gateway([FIRST], make_adapter=workshop.make)
    gateway.prepare()
    kept = workshop.made["first"]
    await gateway.configure([FIRST, replace(SECOND, name="groq")])
    assert workshop.made["first"] is kept
    assert workshop.made["second"].made_in != threading.get_ident()
    await gateway.configure([FIRST, replace(SECOND, name="groq")])
    assert len(workshop.made) == 2
    assert not kept.is_closed


async def test_a_row_of_another_process_is_seen_by_the_next_poll(database: Database) -> None:
    gateway = Gateway([])
    refresh = EndpointRefresh(gateway, partial(database.run, reread_endpoints), poll_s=0.02)
    await refresh.start()
    with pytest.raises(ModelNotFound):
        gateway.resolve(ASKED.model)
    await database.run(_add_row)
    await until(lambda: _is_on(gateway))
    await database.run(Endpoint.objects.all().delete)
    await until(lambda: not _is_on(gateway))
    await refresh.stop()
    await gateway.aclose()


async def test_a_model_that_is_not_known_is_looked_for_at_once(database: Database) -> None:
    gateway = Gateway([])
    refresh = EndpointRefresh(gateway, partial(database.run, reread_endpoints), poll_s=NEVER_S)
    await refresh.start()
    await database.run(_add_row)
    assert (await gateway.find(ASKED.model)).model.endpoint == "openai"
    with pytest.raises(ModelNotFound):
        await gateway.find("anthropic/claude-x")
    await refresh.stop()
    await gateway.aclose()


async def test_a_change_made_here_is_in_force_at_once(database: Database, admin: User) -> None:
    row = await database.run(_add_row)
    gateway = Gateway([])
    refresh = EndpointRefresh(gateway, partial(database.run, reread_endpoints), poll_s=NEVER_S)
    await refresh.start()
    assert _is_on(gateway)
    await database.run(partial(remove_endpoint, endpoint=row, by=admin))
    await until(lambda: not _is_on(gateway))
    await refresh.stop()
    await gateway.aclose()


@pytest.mark.parametrize("fault", [DatabaseError("gone"), ZeroDivisionError("a fault of ours")])
async def test_what_cant_be_read_leaves_the_endpoints_as_they_are(
    workshop: Workshop, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    answers: list[list[EndpointConfig] | Exception] = [[FIRST], fault, fault, [SECOND]]
    seen = asyncio.Event()

    async def read() -> list[EndpointConfig]:
        answer = answers.pop(0) if answers else [SECOND]
        if isinstance(answer, Exception):
            seen.set()
            raise answer
        return answer

    gateway = Gateway([], make_adapter=workshop.make)
    refresh = EndpointRefresh(gateway, read, poll_s=0.01)
    await refresh.start()
    await seen.wait()
    assert _is_on(gateway)
    await until(lambda: "second" in workshop.made)
    told = caplog.text.count("the providers stay as they are")
    assert told == (2 if isinstance(fault, DatabaseError) else 1), "a traceback each 2.5 s would fill the log"
    await refresh.stop()
    await gateway.aclose()


async def test_health_and_breakers_are_looked_at_again_after_a_fault(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(refreshing, "HEALTH_POLL_S", 0.001)
    monkeypatch.setattr(refreshing, "REFRESH_S", 0.001)
    looks = {"health": 0, "breakers": 0}

    def look(what: str) -> dict[str, Health]:
        looks[what] += 1
        if looks[what] == 1:
            raise ZeroDivisionError(f"no {what}")
        return {}

    class FaultyBreakers(Breakers):
        async def refresh(self, endpoints: Iterable[str], *, full_ids: Iterable[str] = ()) -> None:
            look("breakers")

    async def read() -> list[EndpointConfig]:
        return []

    async def read_health(names: Sequence[str]) -> Mapping[str, Health]:
        return look("health")

    gateway = Gateway([], breakers=FaultyBreakers(is_shared=False))
    refresh = EndpointRefresh(gateway, read, read_health=read_health, poll_s=NEVER_S)
    await refresh.start()
    await until(lambda: min(looks.values()) > 1)
    assert "no health" in caplog.text
    assert "no breakers" in caplog.text
    await refresh.stop()
    await gateway.aclose()


def _add_row() -> Endpoint:
    row = Endpoint(name="openai", is_enabled=True)
    row.keep_key(KEY)
    row.save()
    return row


def _is_on(gateway: Gateway) -> bool:
    try:
        gateway.resolve(ASKED.model)
    except ModelNotFound:
        return False
    return True


async def _rest(stream: AsyncGenerator[GatewayEvent, None]) -> list[GatewayEvent]:
    return [event async for event in stream if not isinstance(event, AttemptStarted) and "Usage" not in repr(event)]
