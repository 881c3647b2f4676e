"""Simultaneous readers of the product and of the relay, each with a clock."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from uuid import uuid4

import aiohttp
import orjson

from bench.clock import Clock

DEADLINE_S = 400.0
STOP_AFTER_TOKENS = 10
CSRF = "c" * 32


class ProductReader:
    """A signed-in person with one conversation and its open socket, as a loaded page has them."""

    def __init__(self, url: str, session_key: str) -> None:
        self.url = url
        cookies = {"sessionid": session_key, "csrftoken": CSRF}
        self.http = aiohttp.ClientSession(cookies=cookies, cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.path = ""
        self.last = ""
        self.run = ""
        self.socket: aiohttp.ClientWebSocketResponse
        self._clock = Clock()
        self._ended = asyncio.Event()
        self._listening: asyncio.Task[None]

    async def post(self, path: str, **fields: str) -> tuple[str, str]:
        headers = {"X-CSRFToken": CSRF, "HX-Request": "true", "Origin": self.url}
        async with self.http.post(self.url + path, data=fields, headers=headers) as response:
            body = await response.text()
            assert response.status in (200, 204), (response.status, body[:500])
            return body, response.headers.get("HX-Push-Url", "")

    async def prepare(self) -> None:
        """Begin the conversation with a short answer, open its socket and wait for the answer's end."""
        body, self.path = await self.post("/conversations/", text="Hello", turn_key=str(uuid4()))
        self.last = _messages(body)[-1]
        self.socket = await self.http.ws_connect(f"{self.url}/ws{self.path}", headers={"Origin": self.url})
        self._listening = asyncio.create_task(self._listen())
        hello = {"type": "hello", "version": 0, "last": self.last, "unfinished": {self.last: [0, 0]}}
        await self.socket.send_bytes(orjson.dumps(hello))
        await self._ended.wait()

    async def ask(self, model: str, clock: Clock) -> None:
        """Ask on the open page; the clock starts with the bytes of the form."""
        self._clock, self._ended = clock, asyncio.Event()
        clock.asked_s = time.time()
        fields = {"text": "What is a run?", "turn_key": str(uuid4()), "parent": self.last, "model": f"openai/{model}"}
        body, _ = await self.post(f"{self.path}messages/", **fields)
        self.last = _messages(body)[-1]
        self.run = re.findall(r'data-run="([^"]+)"', body)[-1]
        await self._ended.wait()

    async def stop(self, model: str) -> float:
        """Ask, and stop the answer in its midst: the seconds from the bytes of that form to the answer's end here."""
        clock = Clock()
        asking = asyncio.create_task(self.ask(model, clock))
        while clock.tokens < STOP_AFTER_TOKENS:  # noqa: ASYNC110  # an event would cost the load a test at each token
            await asyncio.sleep(0.005)
        begin_s = time.perf_counter()
        await self.post(f"/runs/{self.run}/stop/")
        await asking
        return time.perf_counter() - begin_s

    async def close(self) -> None:
        self._listening.cancel()
        await self.http.close()

    async def _listen(self) -> None:
        """Read all the time, as a browser does: pings are answered while nothing is asked."""
        async for message in self.socket:
            now_s = time.time()
            data = message.data.encode()
            # The provider names conversations too: a title in the sidebar holds the tokens of another answer.
            if not data.startswith(b'{"type":"notice"'):
                self._clock.see(data, now_s)
            if data.startswith(b'{"type":"frame"'):
                self._clock.html_bytes += len(orjson.loads(data)["html"].encode())
            elif data.startswith(b'{"type":"end"') or (
                data.startswith(b'{"type":"state"') and b"aria-busy" not in data and b"data-message" in data
            ):
                self._ended.set()


class RelayReader:
    """The same on the relay: a socket that is asked and answers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = aiohttp.ClientSession()
        self.socket: aiohttp.ClientWebSocketResponse | None = None

    async def ask(self, model: str, clock: Clock) -> None:
        count = int(re.search(r"-n(\d+)", model)[1])  # type: ignore[index]  # the bench's own names
        if self.socket is None:
            self.socket = await self.http.ws_connect(f"{self.url}/ws")
        clock.asked_s = time.time()
        await self.socket.send_bytes(orjson.dumps({"model": model}))
        async for message in self.socket:
            clock.see(message.data.encode(), time.time())
            if clock.tokens == count:
                return

    async def close(self) -> None:
        await self.http.close()


Ask = Callable[[str, Clock], Awaitable[None]]


async def simultaneously(asks: Sequence[Ask], model: str, *, ramp_s: float) -> list[Clock]:
    """Ask all within `ramp_s` and wait for every answer's end.

    Raises: TimeoutError.
    """
    clocks = [Clock() for _ in asks]

    async def one(number: int, ask: Ask) -> None:
        await asyncio.sleep(ramp_s * number / len(asks))
        await ask(model, clocks[number])

    async with asyncio.timeout(DEADLINE_S):
        await asyncio.gather(*(one(number, ask) for number, ask in enumerate(asks)))
    return clocks


async def close_all(readers: list[ProductReader] | list[RelayReader]) -> None:
    async with AsyncExitStack() as stack:
        for reader in readers:
            stack.push_async_callback(reader.close)


def _messages(html: str) -> list[str]:
    return re.findall(r'data-message="([^"]+)"', html)
