"""The cache as a loop uses it: a database that doesn't answer costs nobody an answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone

from providers.cache.door import CacheDoor
from providers.cache.policy import CacheScope
from providers.cache.store import CachedAnswer, Consulted, consult, note_hit, remember
from providers.contract import Payer
from tests.providers.cache.asking import MODEL, USAGE, ask
from tests.support.stage import Stage, all_of, says, started, text_of

SCOPE = CacheScope("user:1", Payer(uuid4()), MODEL, "digest", uses_exact=True, question=None)


class Thread:
    """Where the database would be asked: it notes what for, and gives what a test gave it."""

    def __init__(self, gives: object = None) -> None:
        self.gives = gives
        self.asked: list[Callable[..., object]] = []
        self.gate: asyncio.Event | None = None

    async def __call__(self, function: Callable[..., object], *args: Any, **kwargs: Any) -> Any:
        self.asked.append(function)
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(self.gives, Exception):
            raise self.gives
        return self.gives


GONE = OperationalError("could not connect to host=db password=hidden")


async def test_a_database_that_is_gone_is_a_cache_that_holds_nothing(caplog: pytest.LogCaptureFixture) -> None:
    door = CacheDoor(Thread(GONE))
    assert await door.consult(ask(uuid4()), model_full_id=MODEL) is None
    door.keep(SCOPE, text="Vienna.", usage=USAGE)
    await door.aclose()
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert "hidden" not in caplog.text, "an error of the database may name its address"


async def test_another_fault_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        await CacheDoor(Thread(ZeroDivisionError())).consult(ask(uuid4()), model_full_id=MODEL)


async def test_what_is_never_cached_asks_no_database() -> None:
    thread = Thread()
    assert await CacheDoor(thread).consult(ask(uuid4(), may_use_cache=False), model_full_id=MODEL) is None
    assert thread.asked == []


async def test_a_hit_is_noted_after_it_was_given() -> None:
    answer = CachedAnswer(uuid4(), "exact", 1.0, "Vienna.", USAGE, timezone.now())
    thread = Thread(Consulted(SCOPE, answer, "hit"))
    door = CacheDoor(thread)
    consulted = await door.consult(ask(uuid4()), model_full_id=MODEL)
    assert consulted is not None
    assert consulted.answer is answer
    assert thread.asked == [consult], "nobody waits for the note"
    await door.aclose()
    assert thread.asked == [consult, note_hit]


async def test_nobody_waits_for_what_is_kept() -> None:
    thread = Thread()
    thread.gate = asyncio.Event()
    door = CacheDoor(thread)
    door.keep(SCOPE, text="Vienna.", usage=USAGE)
    await asyncio.sleep(0)
    assert thread.asked == [remember]
    closing = asyncio.create_task(door.aclose())
    await asyncio.sleep(0)
    assert not closing.done(), "what is being written is written to its end"
    thread.gate.set()
    await closing


async def test_the_gateway_answers_without_its_database() -> None:
    stage = Stage()
    stage.will("openai", says("Vienna."))
    gateway = stage.gateway("openai")
    gateway.cache = CacheDoor(Thread(GONE))
    events = await all_of(gateway, ask(uuid4(), model="openai/gpt-6.1-sol"))
    assert text_of(events) == "Vienna."
    assert started(events) == [(1, "openai", "first")]
    await gateway.aclose()
