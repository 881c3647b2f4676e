"""PostgreSQL and Redis under real server processes: two of them share pages, and either server may go and come back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import aiohttp
import orjson
import pytest
from yarl import URL

from tests.support import private_servers
from tests.support.live_page import LivePage
from tests.support.place import Place, on_servers
from tests.support.process import EMAIL, PASSWORD, ServerProcess, Visitor

pytestmark = on_servers

LONG = "Write 150 words about patience"
SHORT = "What is 12 * 7?"
DEADLINE_S = 40


@asynccontextmanager
async def started(place: Place) -> AsyncGenerator[ServerProcess, None]:
    server = ServerProcess(place)
    await server.start()
    try:
        yield server
    finally:
        server.stop()


@asynccontextmanager
async def visiting(server: ServerProcess, *, like: Visitor | None = None) -> AsyncGenerator[Visitor, None]:
    """Somebody new, or the same person in a browser that talks to another process."""
    visitor = Visitor(server)
    try:
        if like is None:
            await visitor.sign_up()
        else:
            cookies = {cookie.key: cookie.value for cookie in like.http.cookie_jar}
            visitor.http.cookie_jar.update_cookies(cookies, URL(server.url))
        yield visitor
    finally:
        await visitor.http.close()


@asynccontextmanager
async def page_socket(visitor: Visitor, key: UUID) -> AsyncGenerator[aiohttp.ClientWebSocketResponse, None]:
    url = f"{visitor.server.url}/ws/conversations/{key}/"
    async with visitor.http.ws_connect(url, headers={"Origin": visitor.server.url}) as socket:
        await socket.send_bytes(orjson.dumps(visitor.pages[key].hello()))
        yield socket


async def load(visitor: Visitor, key: UUID) -> LivePage:
    async with visitor.http.get(f"{visitor.server.url}/conversations/{key}/") as response:
        assert response.status == 200
        visitor.pages[key] = LivePage(await response.text())
    return visitor.pages[key]


async def ask(visitor: Visitor, key: UUID, text: str) -> int:
    """A further question; the answer's HTTP status."""
    url = f"{visitor.server.url}/conversations/{key}/messages/"
    fields = {"text": text, "turn_key": str(uuid4())}
    async with visitor.http.post(url, data=fields, headers=visitor._headers) as response:
        return response.status


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not await condition():
            await asyncio.sleep(0.2)


async def is_seen(visitor: Visitor, key: UUID) -> bool:
    """Whether words of the answer have come over the socket."""
    return any(article.seq > 0 for article in visitor.pages[key].articles.values())


def answer(visitor: Visitor, key: UUID) -> str:
    [article] = visitor.pages[key].articles.values()
    assert not article.is_busy
    return article.html


def stored_answers(place: Place) -> list[str]:
    return [html for (html,) in place.rows("select html from chat_message where role = 'assistant' order by id")]


async def test_a_page_on_one_process_sees_what_another_answers(place: Place) -> None:
    async with started(place) as first, started(place) as second, visiting(first) as visitor:
        key = await visitor.ask(LONG)
        async with visiting(second, like=visitor) as other:
            page = await load(other, key)
            assert [article.is_busy for article in page.articles.values()] == [True]
            await asyncio.wait_for(asyncio.gather(visitor.watch(key), other.watch(key)), DEADLINE_S)
            assert [answer(visitor, key), answer(other, key)] == stored_answers(place) * 2
            async with page_socket(other, key) as socket:
                # Its hello was answered before the question is asked.
                await socket.send_str("{}")
                while (await socket.receive_json(timeout=DEADLINE_S))["type"] != "pong":
                    pass
                assert await ask(visitor, key, SHORT) == 200
                pushed: list[dict[str, str]] = []
                while not any("84" in one["html"] for one in pushed if one["type"] == "state"):
                    pushed.append(await socket.receive_json(timeout=DEADLINE_S))
                assert any('data-notice="article"' in one["html"] for one in pushed)


async def test_processes_that_start_together_migrate_one_after_the_other(empty_place: Place) -> None:
    servers = [ServerProcess(empty_place) for _ in range(3)]
    try:
        await asyncio.gather(*(server.start() for server in servers))
    finally:
        for server in servers:
            server.stop()
    made = "select count(*) from django_migrations where app = 'chat' and name = '0001_initial'"
    assert empty_place.rows(made) == [(1,)]


async def test_any_process_stops_a_run(place: Place) -> None:
    async with started(place) as first, started(place) as second, visiting(first) as visitor:
        key = await visitor.ask(LONG)
        [article] = visitor.pages[key].articles.values()
        async with visiting(second, like=visitor) as other:
            async with other.http.post(f"{second.url}/runs/{article.run}/stop/", headers=other._headers) as response:
                assert response.status == 204
            await asyncio.wait_for(visitor.watch(key), DEADLINE_S)
    assert place.rows("select status from chat_message where role = 'assistant'") == [("stopped",)]


async def test_a_restart_of_postgresql_costs_nothing(place: Place) -> None:
    async with started(place) as server, visiting(server) as visitor:
        key = await visitor.ask(LONG)
        watching = asyncio.create_task(visitor.watch(key))
        await eventually(partial(is_seen, visitor, key))
        await asyncio.to_thread(place.shut_down)
        assert await asyncio.wait_for(ask(visitor, key, "Lost?"), 15) == 503
        await asyncio.sleep(2)
        await asyncio.to_thread(place.open_again)

        async def is_answered() -> bool:
            return await ask(visitor, key, SHORT) == 200

        await eventually(is_answered)
        await asyncio.wait_for(watching, DEADLINE_S)

        async def is_complete() -> bool:
            return place.rows("select distinct status from chat_run") == [("complete",)]

        await eventually(is_complete)
    assert answer(visitor, key) == stored_answers(place)[0]


@pytest.fixture
def redis_port() -> int:
    return private_servers.free_port()


async def test_without_redis_a_process_goes_on_and_its_pages_come_back(
    place: Place, redis_port: int, tmp_path: Path
) -> None:
    url = f"redis://127.0.0.1:{redis_port}/0"
    place = replace(place, environment=place.environment | {"REDIS_URL": url})
    with ExitStack() as first:
        first.enter_context(private_servers.redis(tmp_path, redis_port))
        async with started(place) as server, visiting(server) as visitor:
            before = await visitor.ask(LONG)
            watching = asyncio.create_task(visitor.watch(before))
            await asyncio.sleep(0.3)
            await asyncio.to_thread(first.close)
            await asyncio.wait_for(watching, DEADLINE_S)
            assert answer(visitor, before) == stored_answers(place)[0]
            # Questions, new sockets and sign-in do without it.
            during = await visitor.ask(SHORT)
            await asyncio.wait_for(visitor.watch(during), DEADLINE_S)
            assert "84" in answer(visitor, during)
            assert await ask(visitor, before, SHORT) == 200
            assert await sign_in(server) == 200
            async with page_socket(visitor, during) as socket:
                with private_servers.redis(tmp_path, redis_port):
                    while (message := await socket.receive(timeout=DEADLINE_S)).type is aiohttp.WSMsgType.TEXT:
                        pass
                    assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1012)
                    # And its events are told again.
                    async with started(place) as second, visiting(second, like=visitor) as other:
                        await load(other, during)
                        async with page_socket(other, during) as listening:
                            assert await ask(visitor, during, SHORT) == 200
                            while "article" not in (await listening.receive_json(timeout=DEADLINE_S))["html"]:
                                pass


async def sign_in(server: ServerProcess) -> int:
    """The status of the page behind the form."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        url = f"{server.url}/accounts/login/"
        async with http.get(url):
            pass
        csrf = next(cookie.value for cookie in http.cookie_jar if cookie.key == "csrftoken")
        headers = {"X-CSRFToken": csrf, "Origin": server.url, "Referer": server.url}
        async with http.post(url, data={"login": EMAIL, "password": PASSWORD}, headers=headers) as response:
            assert response.url.path == "/"
            return response.status
