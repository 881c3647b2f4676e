"""Wherever the connection breaks, the page ends up equal to the stored message: nothing missing, nothing twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import User
from chat.consumers import parse_hello
from chat.feeds import ConversationFeed
from chat.fragments import message_html, show_message
from chat.models import Message
from chat.rendering import render_markdown
from chat.runs.engine import Engine
from tests.support.live_page import LivePage
from tests.support.scripted import ScriptedAdapter
from tests.support.server import Server, next_object, signed_in
from tests.support.turns import begin_turn, until

PIECES = st.lists(
    st.sampled_from(
        [
            "word ",
            "two words ",
            "**bold** ",
            "\n\n",
            "\n",
            "- item\n",
            "```py\nx = 1\n",
            "```\n",
            "| a | b |\n",
            "|---|---|\n",
            "# Title\n",
            "> quote\n",
            "1. one\n",
            "`code",
            "` ",
            "[link](http://a.example/) ",
            "日本",
            "👩‍👩‍👧 ",
            "<b>",
            "&amp;",
        ]
    ),
    min_size=1,
    max_size=25,
)


@dataclass
class Wire:
    """A page's connection that can break: what is sent after that is lost."""

    engine: Engine
    page: LivePage
    feed: ConversationFeed | None = None
    lets_through: int = 10**9
    received: int = 0
    lost: list[str] = field(default_factory=list)

    async def open(self, conversation_id: UUID, *, lets_through: int = 10**9) -> None:
        self.received, self.lets_through = 0, lets_through
        self.feed = ConversationFeed(
            conversation_id=conversation_id,
            engine=self.engine,
            send=self.send,
            restart=self.close,
        )
        await self.sync()

    async def sync(self) -> None:
        hello = parse_hello(orjson.dumps(self.page.hello()))
        assert hello is not None
        assert self.feed is not None
        await self.feed.sync(hello)

    async def send(self, text: str) -> None:
        if self.received >= self.lets_through:
            self.lost.append(text)
            return
        self.received += 1
        self.page.receive(orjson.loads(text))
        if self.page.needs_sync:
            self.page.needs_sync = False
            await self.sync()

    def close(self) -> None:
        assert self.feed is not None
        self.feed.close()


@pytest.fixture(autouse=True)
def _as_many_turns_as_it_takes(settings: Settings) -> None:
    settings.RATE_LIMIT_REQUESTS = 100_000


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pieces=PIECES,
    first_open=st.integers(0, 26),
    cut_after=st.integers(0, 30),
    reopen_at=st.integers(0, 26),
)
async def test_a_cut_at_any_point_leaves_the_page_equal_to_the_stored_message(
    engine: Engine,
    alice: User,
    script: ScriptedAdapter,
    pieces: list[str],
    first_open: int,
    cut_after: int,
    reopen_at: int,
) -> None:
    turn = await begin_turn(engine, alice)
    key = str(turn.answer.id)
    page = LivePage(await engine.database.run(_html_of, turn.answer.id), last=key)
    wire = Wire(engine, page)
    is_open = False
    for index, piece in enumerate([*pieces, None]):
        if index == min(first_open, len(pieces)) and not is_open:
            await wire.open(turn.conversation.id, lets_through=cut_after)
            is_open = True
        if is_open and wire.lost and index >= reopen_at:
            wire.close()
            wire.lost.clear()
            await wire.open(turn.conversation.id)
        if piece is None:
            script.finish()
        else:
            script.say(piece)
        await until(script.events.empty)
    await until(lambda: engine.hub.run(turn.run.id) is None)
    wire.close()
    await wire.open(turn.conversation.id)
    await until(lambda: not page.articles[key].is_busy)
    wire.close()

    message = await engine.database.run(Message.objects.get, id=turn.answer.id)
    assert message.text == "".join(pieces)
    assert page.articles[key].html == message.html == render_markdown(message.text)


@pytest.mark.parametrize("cut_after", range(12))
async def test_a_socket_cut_after_each_object(
    server: Server, engine: Engine, alice: User, script: ScriptedAdapter, cut_after: int
) -> None:
    async with signed_in(server, alice) as person:
        conversation_id = await person.begin("Go")
        page = LivePage(await person.get(f"/conversations/{conversation_id}/"))
        async with person.socket(conversation_id) as connection:
            await connection.send_bytes(orjson.dumps(page.hello()))
            script.say("One ", "**two", "** three\n\n", "- a\n- b\n\n", "end")
            for _ in range(min(cut_after, 4)):
                page.receive(await next_object(connection))
        script.finish()
        async with person.socket(conversation_id) as connection:
            await connection.send_bytes(orjson.dumps(page.hello()))
            while next(iter(page.articles.values())).is_busy:
                page.receive(await next_object(connection))
    message = await engine.database.run(Message.objects.get, role="assistant")
    assert next(iter(page.articles.values())).html == message.html


def _html_of(message_id: UUID) -> str:
    return message_html(show_message(Message.objects.get(id=message_id)))
