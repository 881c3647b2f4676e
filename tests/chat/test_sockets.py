"""Who keeps a socket, what it carries beside frames, and what a slow reader costs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import orjson
import pytest
from django.test import Client

from accounts.actions.consents import publish_terms, withdraw_terms
from accounts.actions.erasures import erase, request_erasure
from accounts.models import Terms, User
from chat import feeds
from chat.actions import conversations
from chat.actions.branches import delete_message
from chat.actions.turns import Turn
from chat.consumers import RESTARTING, parse_hello
from chat.feeds import BACKLOG_MAX_CHARS, BACKLOG_MAX_MESSAGES, ConversationFeed, Hello, read_missed
from chat.fragments import message_html, show_message
from chat.models import Conversation, Message
from chat.rendering import render_markdown
from chat.runs.database import Database
from chat.runs.engine import Engine
from chat.runs.live import LiveRun
from tests.support.live_page import LivePage
from tests.support.scripted import ScriptedAdapter
from tests.support.server import Server, next_object, signed_in
from tests.support.turns import begin_turn, make_turn, until

ClientOf = Callable[[User], Client]

NOTHING = {"type": "hello", "version": 0, "last": None, "unfinished": {}}


async def test_logging_out_closes_the_socket(server: Server, engine: Engine, alice: User) -> None:
    turn = await begin_turn(engine, alice)
    async with signed_in(server, alice) as person, person.socket(turn.conversation.id) as connection:
        await connection.send_bytes(orjson.dumps(NOTHING))
        await next_object(connection)
        response = await person.post("/accounts/logout/", htmx=False)
        assert response.status == 302
        while (message := await connection.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            pass
        assert message.data == 4403


async def test_suspension_closes_every_socket(server: Server, engine: Engine, alice: User) -> None:
    turn = await begin_turn(engine, alice)

    def suspend() -> None:
        alice.is_active = False
        alice.save()

    async with (
        signed_in(server, alice) as one,
        signed_in(server, alice) as two,
        one.socket(turn.conversation.id) as first,
        two.socket(turn.conversation.id) as second,
    ):
        await engine.database.run(suspend)
        for connection in (first, second):
            assert (await connection.receive(timeout=5)).data == 4403


async def test_a_changed_password_closes_every_socket(server: Server, engine: Engine, alice: User) -> None:
    turn = await begin_turn(engine, alice)
    async with (
        signed_in(server, alice) as one,
        signed_in(server, alice) as two,
        one.socket(turn.conversation.id) as first,
        two.socket(turn.conversation.id) as second,
    ):
        new = dict.fromkeys(("password1", "password2"), "another long enough password")
        await one.post("/accounts/password/change/", htmx=False, oldpassword="a long enough password", **new)
        for connection in (first, second):
            assert (await connection.receive(timeout=5)).data == 4403


async def test_a_removed_account_closes_every_socket(server: Server, engine: Engine, alice: User) -> None:
    turn = await begin_turn(engine, alice)

    def remove() -> None:
        erase(request_erasure(user=alice, grace=timedelta()).id)

    async with signed_in(server, alice) as person, person.socket(turn.conversation.id) as connection:
        await engine.database.run(remove)
        while (message := await connection.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            pass
        assert message.data == 4403


@pytest.mark.parametrize("is_withdrawn", [False, True], ids=["new terms", "withdrawn"])
async def test_terms_that_are_due_close_every_socket(
    server: Server, engine: Engine, alice: User, is_withdrawn: bool
) -> None:
    turn = await begin_turn(engine, alice)

    def make_due() -> None:
        if is_withdrawn:
            Terms.objects.create(version=1, text="Be kind.")
            withdraw_terms(user=alice)
        else:
            publish_terms(terms=Terms(text="Be kind."), by=alice)

    async with signed_in(server, alice) as person, person.socket(turn.conversation.id) as connection:
        await connection.send_bytes(orjson.dumps(NOTHING))
        await next_object(connection)
        await engine.database.run(make_due)
        while (message := await connection.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            pass
        assert message.data == 4403


async def test_another_persons_logout_closes_nothing(
    server: Server, engine: Engine, alice: User, charlie: User
) -> None:
    turn = await begin_turn(engine, alice)
    async with signed_in(server, alice) as person, person.socket(turn.conversation.id) as connection:
        async with signed_in(server, charlie) as other:
            await other.post("/accounts/logout/", htmx=False)
        await connection.send_str('{"type":"ping"}')
        assert (await next_object(connection))["type"] == "pong"


async def test_rename_reaches_open_pages(server: Server, engine: Engine, alice: User) -> None:
    turn = await begin_turn(engine, alice)
    async with signed_in(server, alice) as person, person.socket(turn.conversation.id) as connection:
        await connection.send_str('{"type":"ping"}')
        await next_object(connection)
        await person.post(f"/conversations/{turn.conversation.id}/rename/", title="A <new> name")
        notice = await next_object(connection)
        assert notice["type"] == "notice"
        assert "A &lt;new&gt; name" in notice["html"]


async def test_what_happened_while_away_comes_with_the_next_hello(
    engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    turn = await begin_turn(engine, alice)
    script.say("Done.")
    script.finish()
    await asyncio.sleep(0)
    await until(lambda: engine.is_idle)

    def go_on() -> None:
        conversation = Conversation.objects.get()
        conversations.rename_conversation(conversation=conversation, title="Renamed")
        make_turn(alice, "And then?", conversation)

    await engine.database.run(go_on)
    sent: list[str] = []

    async def send(text: str) -> None:
        sent.append(text)

    feed = ConversationFeed(conversation_id=turn.conversation.id, engine=engine, send=send, restart=unexpected)
    await feed.sync(Hello(version=1, last_id=turn.answer.id, unfinished={turn.answer.id: (1, 0)}))
    await until(lambda: len(sent) >= 4)
    feed.close()
    page = LivePage()
    together = "".join(sent)
    assert "Renamed" in together
    assert "And then?" in together
    assert "<p>Done.</p>" in together
    assert page.last is None


async def test_a_page_on_another_path_is_told_to_fetch_the_shown_one(engine: Engine, alice: User) -> None:
    turn = await begin_turn(engine, alice)
    sent: list[str] = []

    async def send(text: str) -> None:
        sent.append(text)

    feed = ConversationFeed(conversation_id=turn.conversation.id, engine=engine, send=send, restart=unexpected)
    await feed.sync(Hello(version=0, last_id=uuid4(), unfinished={}))
    await until(lambda: len(sent) == 2)
    feed.close()
    assert 'data-notice=\\"reload\\"' in sent[1]


def test_a_page_whose_messages_were_all_deleted_meanwhile_fetches_what_is_left(alice: User) -> None:
    turn = make_turn(alice)
    has = Hello(version=turn.conversation.version, last_id=turn.answer.id, unfinished={})
    delete_message(message=turn.question)
    assert read_missed(turn.conversation.id, has).must_reload
    conversation = Conversation.objects.get()
    assert not read_missed(conversation.id, Hello(conversation.version, None, {})).must_reload
    assert not read_missed(conversation.id, Hello(0, None, {})).must_reload


@pytest.mark.parametrize("ends_meanwhile", [False, True])
async def test_a_slow_reader_loses_its_backlog_and_gets_what_it_missed_when_it_connects_again(
    engine: Engine, alice: User, script: ScriptedAdapter, ends_meanwhile: bool
) -> None:
    turn = await begin_turn(engine, alice)
    live = await live_of(engine, turn)
    gate, restarted = asyncio.Event(), asyncio.Event()
    page = LivePage(await engine.database.run(_html_of, turn.answer), version=1, last=str(turn.answer.id))

    async def send(text: str) -> None:
        await gate.wait()
        page.receive(orjson.loads(text))

    def feed() -> ConversationFeed:
        return ConversationFeed(conversation_id=turn.conversation.id, engine=engine, send=send, restart=restarted.set)

    slow = feed()
    await slow.sync(hello_of(page))
    for number in range(BACKLOG_MAX_MESSAGES + 10):
        live.push("phase", f"lost {number} ")
    script.say("The **whole** text")
    await until(lambda: live.text)
    if ends_meanwhile:
        script.finish()
        await asyncio.sleep(0)
        await until(lambda: engine.is_idle)
    gate.set()
    await restarted.wait()
    slow.close()
    again = feed()
    await again.sync(hello_of(page))
    script.finish()
    await until(lambda: engine.is_idle)
    await until(lambda: not page.articles[str(turn.answer.id)].is_busy)
    again.close()
    message = await engine.database.run(Message.objects.get, id=turn.answer.id)
    assert message.text == "The **whole** text"
    assert page.articles[str(turn.answer.id)].html == render_markdown(message.text)


async def test_a_state_of_any_length_reaches_the_page(
    engine: Engine, alice: User, script: ScriptedAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A tenth of what it is: the same in a tenth of the time.
    monkeypatch.setattr(feeds, "BACKLOG_MAX_CHARS", BACKLOG_MAX_CHARS // 10)
    turn = await begin_turn(engine, alice)
    live = await live_of(engine, turn)
    for second in range(1, 11):
        script.say("[a](http://a.example/)\n\n" * 120)
        await until(lambda: live.token_count == second)  # noqa: B023  # awaited in its own turn
        live.flush(second)
    assert sum(map(len, live.snapshot(0))) > feeds.BACKLOG_MAX_CHARS
    page = LivePage(await engine.database.run(_html_of, turn.answer), version=1, last=str(turn.answer.id))
    restarted = asyncio.Event()

    async def send(text: str) -> None:
        page.receive(orjson.loads(text))

    feed = ConversationFeed(conversation_id=turn.conversation.id, engine=engine, send=send, restart=restarted.set)
    await feed.sync(hello_of(page))
    script.finish()
    await until(lambda: not page.articles[str(turn.answer.id)].is_busy)
    feed.close()
    message = await engine.database.run(Message.objects.get, id=turn.answer.id)
    assert page.articles[str(turn.answer.id)].html == render_markdown(message.text)
    assert not restarted.is_set()


async def test_who_asks_again_and_reads_nothing_has_to_connect_again(engine: Engine, alice: User) -> None:
    turn = await begin_turn(engine, alice)
    await live_of(engine, turn)
    restarted, gate = asyncio.Event(), asyncio.Event()

    async def send(text: str) -> None:
        await gate.wait()

    feed = ConversationFeed(conversation_id=turn.conversation.id, engine=engine, send=send, restart=restarted.set)
    for _ in range(50):
        await feed.sync(Hello(version=0, last_id=None, unfinished={}))
    assert len(feed._outbox) == 0
    gate.set()
    await restarted.wait()
    feed.close()


async def test_what_nobody_asked_for_is_backlog(engine: Engine, alice: User) -> None:
    turn = await begin_turn(engine, alice)
    live = await live_of(engine, turn)
    restarted, gate = asyncio.Event(), asyncio.Event()

    async def send(text: str) -> None:
        await gate.wait()

    feed = ConversationFeed(conversation_id=turn.conversation.id, engine=engine, send=send, restart=restarted.set)
    await feed.sync(Hello(version=1, last_id=turn.answer.id, unfinished={}))
    live.claim = replace(live.claim, fence=2)
    for _ in range(BACKLOG_MAX_MESSAGES + 1):
        feed.run_started(live)
    assert len(feed._outbox) == 0
    gate.set()
    await restarted.wait()
    feed.close()


async def test_events_of_a_conversation_that_isnt_theirs_say_so_and_end(
    server: Server, engine: Engine, alice: User, charlie: User
) -> None:
    turn = await begin_turn(engine, alice)
    async with signed_in(server, charlie) as person:
        stream = f"http://{server.address}/sse/conversations/{turn.conversation.id}/"
        async with person.http.get(stream, params={"hello": orjson.dumps(NOTHING).decode()}) as events:
            assert (await events.text()).endswith('data: {"type":"close","code":4404}\n\n')


async def test_a_page_that_lags_too_far_behind_is_told_to_connect_again(
    server: Server, engine: Engine, alice: User
) -> None:
    turn = await begin_turn(engine, alice)
    live = await live_of(engine, turn)
    async with signed_in(server, alice) as person, person.socket(turn.conversation.id) as connection:
        await connection.send_bytes(orjson.dumps(NOTHING))
        await next_object(connection)
        stream = f"http://{server.address}/sse/conversations/{turn.conversation.id}/"
        async with person.http.get(stream, params={"hello": orjson.dumps(NOTHING).decode()}) as events:
            await until(lambda: len(live.watchers) == 2)
            for number in range(BACKLOG_MAX_MESSAGES + 1):
                live.push("phase", f"lost {number}")
            while (message := await connection.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
                assert "lost" not in message.data
            assert message.data == RESTARTING
            assert (await events.text()).endswith(f'data: {{"type":"close","code":{RESTARTING}}}\n\n')


async def test_an_answer_that_ends_while_the_page_is_being_read_for_is_not_missed(
    engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    turn = await begin_turn(engine, alice)
    await until(lambda: engine.hub.run(turn.run.id))
    sent: list[str] = []

    class SlowDatabase(Database):
        """Whose first answer arrives when the run has ended meanwhile."""

        reads = 0

        async def run(self, function: Any, *args: Any, **kwargs: Any) -> Any:
            result = await super().run(function, *args, **kwargs)
            self.reads += 1
            if self.reads == 1:
                script.say("All of it")
                script.finish()
                await until(lambda: engine.is_idle)
            return result

    class Process:
        hub, database, id = engine.hub, SlowDatabase(), engine.id

    async def send(text: str) -> None:
        sent.append(text)

    feed = ConversationFeed(conversation_id=turn.conversation.id, engine=Process(), send=send, restart=unexpected)  # type: ignore[arg-type]  # what a feed uses of an engine
    await feed.sync(Hello(version=1, last_id=turn.answer.id, unfinished={turn.answer.id: (1, 0)}))
    await until(lambda: sent)
    feed.close()
    Process.database.close()
    assert "<p>All of it</p>" in "".join(sent)
    assert "aria-busy" not in "".join(sent)


async def live_of(engine: Engine, turn: Turn) -> LiveRun:
    await until(lambda: engine.hub.run(turn.run.id))
    live = engine.hub.run(turn.run.id)
    assert live is not None
    return live


def hello_of(page: LivePage) -> Hello:
    hello = parse_hello(orjson.dumps(page.hello()))
    assert hello is not None
    return hello


def unexpected() -> None:
    raise AssertionError("the page was told to connect again")


def _html_of(message: Message) -> str:
    return message_html(show_message(message))
