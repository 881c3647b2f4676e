"""Who may open a socket: pages of this site, by their whole origin."""

from __future__ import annotations

import aiohttp
import orjson
from pytest_django import Settings

from accounts.models import User
from chat.runs.engine import Engine
from tests.chat.test_sockets import NOTHING
from tests.support.server import Server, signed_in
from tests.support.turns import begin_turn

REFUSED = [
    "https://evil.example",
    "http://evil.example",
    # Another server on the same machine gets the same cookies.
    "http://127.0.0.1:1",
    "http://127.0.0.1",
    "http://localhost",
    "http://127.0.0.1.evil.example",
    "null",
    "",
    "file://",
    "http://[::1",
]


async def opens(server: Server, user: User, conversation_id: object, headers: dict[str, str]) -> bool:
    async with signed_in(server, user) as person:
        address = f"http://{server.address}/ws/conversations/{conversation_id}/"
        try:
            async with person.http.ws_connect(address, headers=headers):
                return True
        except aiohttp.WSServerHandshakeError as refusal:
            if refusal.status != 403:
                raise
            return False


async def test_pages_of_other_origins_open_no_socket(server: Server, engine: Engine, alice: User) -> None:
    conversation = (await begin_turn(engine, alice)).conversation
    assert await opens(server, alice, conversation.id, {"Origin": f"http://{server.address}"})
    let_in = [one for one in REFUSED if await opens(server, alice, conversation.id, {"Origin": one})]
    assert let_in == []
    assert not await opens(server, alice, conversation.id, {})


async def test_the_host_that_is_named_has_to_be_ours(server: Server, engine: Engine, alice: User) -> None:
    conversation = (await begin_turn(engine, alice)).conversation
    named = {"Origin": "http://evil.example", "Host": "evil.example"}
    assert not await opens(server, alice, conversation.id, named)


async def test_behind_a_proxy_that_renames_it_the_sites_own_origin_counts(
    server: Server, engine: Engine, alice: User, settings: Settings
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://chat.example"]
    conversation = (await begin_turn(engine, alice)).conversation
    assert await opens(server, alice, conversation.id, {"Origin": "https://chat.example"})
    assert not await opens(server, alice, conversation.id, {"Origin": "http://chat.example"})


async def test_another_sites_page_reads_no_events(server: Server, engine: Engine, alice: User) -> None:
    """The stream that stands in for a socket is read by pages of this site alone: nothing shares it with others."""
    conversation = (await begin_turn(engine, alice)).conversation
    async with signed_in(server, alice) as person:
        address = f"http://{server.address}/sse/conversations/{conversation.id}/"
        given = {"hello": orjson.dumps(NOTHING).decode()}
        async with person.http.get(address, params=given, headers={"Origin": "https://evil.example"}) as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
