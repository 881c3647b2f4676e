"""The ASGI application: HTTP to Django, sockets and event streams to consumers, the engine started with the server."""

from __future__ import annotations

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "convoscope.settings.current")
django.setup(set_prefix=False)

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.sessions import CookieMiddleware  # noqa: E402
from django.urls import path  # noqa: E402

from chat.consumers import ConversationConsumer, ConversationEventStream  # noqa: E402
from chat.runs.engine import current_engine  # noqa: E402
from convoscope.handler import Handler  # noqa: E402
from convoscope.serving import start_serving, stop_serving  # noqa: E402
from convoscope.socket_origin import SameOriginSockets  # noqa: E402

sockets = URLRouter([path("ws/conversations/<uuid:conversation_id>/", ConversationConsumer.as_asgi())])
event_streams = URLRouter([path("sse/conversations/<uuid:conversation_id>/", ConversationEventStream.as_asgi())])


class Application:
    """Starts what a serving process needs before the first connection: at lifespan, or with the first connection
    where the server has no lifespan."""

    def __init__(self) -> None:
        self._pages = Handler()
        self._streams = CookieMiddleware(event_streams)
        self._routes = ProtocolTypeRouter(
            {
                "http": self._http,
                "websocket": SameOriginSockets(CookieMiddleware(sockets)),
            }
        )

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if current_engine() is None:
            await start_serving()
        await self._routes(scope, receive, send)

    async def _http(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        app = self._streams if scope["path"].startswith("/sse/") else self._pages
        await app(scope, receive, send)


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            try:
                await start_serving()
            except Exception as exc:  # noqa: BLE001  # the server's border: it prints the reason and exits
                await send({"type": "lifespan.startup.failed", "message": str(exc)})
                return
            await send({"type": "lifespan.startup.complete"})
        else:
            await stop_serving()
            await send({"type": "lifespan.shutdown.complete"})
            return


application = Application()
