"""The limit the product is compared to: a Channels consumer that passes each token on, saves and renders nothing.

`uvicorn bench.relay:app`; the provider's address comes from BENCH_PROVIDER.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

import aiohttp
import django
import orjson
from django.conf import settings

settings.configure(SECRET_KEY="bench", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, INSTALLED_APPS=["channels"])
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.urls import path  # noqa: E402

from providers.adapters.sse import SseSplitter  # noqa: E402

PROVIDER = os.environ["BENCH_PROVIDER"]
_session: list[aiohttp.ClientSession] = []


def session() -> aiohttp.ClientSession:
    if not _session:
        _session.append(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
    return _session[0]


class Relay(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    task: asyncio.Task[None] | None = None

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        self.task = asyncio.create_task(self.relay(orjson.loads(text_data or bytes_data or b"{}")["model"]))

    async def disconnect(self, code: int) -> None:
        if self.task is not None:
            self.task.cancel()

    async def relay(self, model: str) -> None:
        body: dict[str, Any] = {"model": model, "stream": True, "messages": []}
        splitter = SseSplitter()
        async with session().post(f"{PROVIDER}/chat/completions", json=body) as response:
            async for received in response.content.iter_any():
                for payload in splitter.feed(received):
                    choices = payload != b"[DONE]" and orjson.loads(payload)["choices"]
                    if choices and (text := choices[0]["delta"].get("content")):
                        await self.send(orjson.dumps({"text": text}).decode())


urlpatterns: list[Any] = []
app = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": URLRouter([path("ws", Relay.as_asgi())])})
