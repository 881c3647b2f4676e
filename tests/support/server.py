"""The application behind a real uvicorn in the test's loop, and a person who talks to it over HTTP and sockets."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import orjson
import uvicorn
from django.conf import settings
from django.test import Client

from accounts.models import User
from convoscope.asgi import Application
from tests.support.threads import in_thread


class Server:
    def __init__(self) -> None:
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        config = uvicorn.Config(
            Application(), ws="websockets-sansio", ws_per_message_deflate=False, lifespan="off", log_config=None
        )
        self._server = uvicorn.Server(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._server._serve([self.socket]))
        while not self._server.started:
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        self._server.should_exit = True
        if self._task is not None:
            await self._task


@asynccontextmanager
async def running_server() -> AsyncGenerator[Server, None]:
    """The whole application on a loopback port, in the engine's loop."""
    server = Server()
    await server.start()
    yield server
    await server.stop()


class Person:
    """A signed-in person's HTTP session."""

    def __init__(self, server: Server, http: aiohttp.ClientSession, csrf: str) -> None:
        self.server = server
        self.http = http
        self.csrf = csrf

    async def post(self, path: str, *, htmx: bool = True, **fields: str) -> aiohttp.ClientResponse:
        headers = {"X-CSRFToken": self.csrf, "Origin": f"http://{self.server.address}"}
        if htmx:
            headers["HX-Request"] = "true"
        response = await self.http.post(
            f"http://{self.server.address}{path}", data=fields, headers=headers, allow_redirects=False
        )
        await response.read()
        return response

    async def get(self, path: str) -> str:
        async with self.http.get(f"http://{self.server.address}{path}") as response:
            return await response.text()

    async def begin(self, text: str, **fields: str) -> UUID:
        """Start a conversation; its id."""
        response = await self.post("/conversations/", htmx=True, text=text, **({"turn_key": str(uuid4())} | fields))
        assert response.status == 200, await response.text()
        return UUID(response.headers["HX-Push-Url"].strip("/").split("/")[-1])

    @asynccontextmanager
    async def socket(self, conversation_id: UUID) -> AsyncGenerator[aiohttp.ClientWebSocketResponse, None]:
        async with self.http.ws_connect(
            f"http://{self.server.address}/ws/conversations/{conversation_id}/",
            headers={"Origin": f"http://{self.server.address}"},
        ) as connection:
            yield connection


@asynccontextmanager
async def signed_in(server: Server, user: User) -> AsyncGenerator[Person, None]:
    session = await in_thread(_session_key, user)
    cookies = {settings.SESSION_COOKIE_NAME: session, settings.CSRF_COOKIE_NAME: "c" * 32}
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookies=cookies, cookie_jar=jar) as http:
        yield Person(server, http, "c" * 32)


def _session_key(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


async def next_object(connection: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    message = await connection.receive(timeout=20)
    assert message.type is aiohttp.WSMsgType.TEXT, message
    data: dict[str, Any] = orjson.loads(message.data)
    return data


def text_of(html: str) -> str:
    return re.sub(r"<[^>]*>", "", html)


def words(html: str) -> str:
    """The text of a page's main part, or of a fragment."""
    html = html[html.index('<main id="main"') :] if "<main" in html else html
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
