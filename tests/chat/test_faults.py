"""A database that is locked or full: the person is told, the text is kept and saved once the fault is over."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Generator
from uuid import uuid4

import orjson
import pytest
from django.db import connection, connections

from accounts.models import User
from chat.models import Message, Run
from chat.runs.engine import Engine
from chat.runs.load import saved_so_far
from tests.support.live_page import LivePage
from tests.support.scripted import ScriptedAdapter
from tests.support.server import Server, next_object, signed_in
from tests.support.turns import begin_turn, until

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="the fault is made with SQLite's write lock")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """New connections give up on a lock at once, so that the fault is met and not waited out."""
    monkeypatch.setitem(connections.databases["default"]["OPTIONS"], "timeout", 0.05)


@pytest.fixture
def lock(transactional_db: None) -> Generator[sqlite3.Connection, None, None]:
    """A connection that can hold the write lock."""
    other = sqlite3.connect(str(connection.settings_dict["NAME"]), isolation_level=None, check_same_thread=False)
    yield other
    other.close()


def answer() -> Message:
    return Message.objects.get(role="assistant")


async def test_a_submit_that_cant_be_saved_says_so_and_repeats_cleanly(
    server: Server, engine: Engine, alice: User, lock: sqlite3.Connection, script: ScriptedAdapter
) -> None:
    async with signed_in(server, alice) as person:
        fields = {"text": "Precious words", "turn_key": str(uuid4())}
        lock.execute("BEGIN IMMEDIATE")
        refused = await person.post("/conversations/", htmx=True, **fields)
        lock.execute("ROLLBACK")
        assert refused.status == 503
        assert "still here" in await refused.text()
        assert (await person.post("/conversations/", htmx=True, **fields)).status == 200
    assert await engine.database.run(Message.objects.filter(role="user").count) == 1


async def test_an_answer_that_cant_be_saved_waits_and_is_saved_later(
    server: Server, engine: Engine, alice: User, lock: sqlite3.Connection, script: ScriptedAdapter
) -> None:
    async with signed_in(server, alice) as person:
        conversation_id = await person.begin("Go")
        page = LivePage(await person.get(f"/conversations/{conversation_id}/"))
        async with person.socket(conversation_id) as connection:
            await connection.send_bytes(orjson.dumps(page.hello()))
            script.say("All of ", "this")
            lock.execute("BEGIN IMMEDIATE")
            script.finish()
            told = ""
            while "saved yet" not in told:
                message = await next_object(connection)
                told = message["html"] if message["type"] == "phase" else ""
                page.receive(message)
            lock.execute("ROLLBACK")
            while next(iter(page.articles.values())).is_busy:
                page.receive(await next_object(connection))
    assert (await engine.database.run(answer)).text == "All of this"
    assert (await engine.database.run(Run.objects.get)).status == Run.Status.COMPLETE


async def test_checkpoints_that_cant_be_written_wait_for_the_next_batch(
    engine: Engine, alice: User, lock: sqlite3.Connection, script: ScriptedAdapter
) -> None:
    turn = await begin_turn(engine, alice)
    script.say("one ")
    await until(lambda: engine.hub.run(turn.run.id) and engine.hub.runs()[0].text == "one ")
    lock.execute("BEGIN IMMEDIATE")
    with pytest.raises(Exception, match="locked"):
        await engine._journal.save()
    script.say("two")
    await until(lambda: engine.hub.runs()[0].text == "one two")
    lock.execute("ROLLBACK")
    await engine._journal.save()
    saved = await engine.database.run(lambda: [row.text_delta for row in turn.run.checkpoints.order_by("n")])
    assert "".join(saved) == "one two"
    script.finish()
    await until(lambda: engine.is_idle)


async def test_an_answer_that_cant_be_handed_over_waits_for_the_database(
    engine: Engine,
    alice: User,
    lock: sqlite3.Connection,
    script: ScriptedAdapter,
    caplog: pytest.LogCaptureFixture,
) -> None:
    turn = await begin_turn(engine, alice)
    script.say("one ")
    await until(lambda: engine.hub.run(turn.run.id) and engine.hub.runs()[0].text == "one ")
    lock.execute("BEGIN IMMEDIATE")
    draining = asyncio.create_task(engine.drain(0))
    await until(lambda: "can't be handed over yet" in caplog.text)
    lock.execute("ROLLBACK")
    await draining
    run = await engine.database.run(Run.objects.get)
    assert (run.status, run.lease_expires_at) == (Run.Status.QUEUED, None)
    assert await engine.database.run(saved_so_far, run) == ("one ", "")
