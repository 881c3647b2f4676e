"""Django's request handler with one thread hop for a request.

Django's own ASGI handler hops between loop and threads for every synchronous middleware, and gives each request a new
thread, which means a new database connection. Here the whole synchronous stack runs in one call on a kept thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers import base
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.db import close_old_connections
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.urls import set_script_prefix
from django.utils.html import escape
from django.utils.translation import gettext as _

# More would only wait for each other: for the one write lock on SQLite, for the pool on PostgreSQL.
THREADS = 8


class Handler(ASGIHandler):
    def __init__(self) -> None:
        base.BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        bounded = Bounded(receive, scope)
        try:
            body = await self.read_body(bounded)
        except RequestAborted:
            if bounded.is_over:
                await self.send_response(too_large(bounded.limit_bytes or 0), send)
            return
        loop = asyncio.get_running_loop()
        with body:
            request, response = self.create_request(scope, body)
            if request is not None:
                context = copy_context()
                response = await loop.run_in_executor(self._threads, context.run, self._respond, scope, request)
            assert response is not None  # `create_request` gives a request or the refusal of one
            if isinstance(response, StreamingHttpResponse) and not response.is_async:
                response.streaming_content = self._pull(iter(response))
            if not response.streaming:
                await self.send_response(response, send)
                return
            try:
                await self._send_while_read(response, receive, send)
            finally:
                await loop.run_in_executor(self._threads, response.close)

    async def _send_while_read(self, response: HttpResponseBase, receive: Any, send: Any) -> None:
        """A server takes what nobody reads any more without a word: who has gone isn't written for."""
        sending = asyncio.ensure_future(self.send_response(response, send))
        leaving = asyncio.ensure_future(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            sending.cancel()
            leaving.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _pull(self, chunks: Iterator[bytes]) -> AsyncGenerator[bytes, None]:
        """Read a synchronous body, such as a file, on a thread."""
        loop = asyncio.get_running_loop()
        while (chunk := await loop.run_in_executor(self._threads, _next, chunks)) is not None:
            yield chunk

    def _respond(self, scope: Any, request: HttpRequest) -> HttpResponseBase:
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        response = self.get_response(request)
        if isinstance(response, FileResponse):
            # Like Django's own handler: each piece is a hop to a thread.
            response.block_size = self.chunk_size
        if not response.streaming:
            # Its content is complete; closing it here returns the connection on the thread that opened it.
            response.close()
        else:
            # Closed on another thread, after its last byte; this one's connection would stay out of the pool till then.
            close_old_connections()
        return response


class Bounded:
    """Reads a body as far as settings.BODY_LIMITS allow at its address, and nothing of one that says that it is longer.
    What `is_over` looks to the reader as if the client had gone."""

    def __init__(self, receive: Any, scope: Any) -> None:
        self._receive = receive
        path = scope["path"].removeprefix(get_script_prefix(scope).rstrip("/"))
        self.limit_bytes: int | None = settings.BODY_LIMITS.get(path)
        said = dict(scope["headers"]).get(b"content-length", b"")
        self._read_bytes = int(said) if said.isdigit() and self._is_too_much(int(said)) else 0

    @property
    def is_over(self) -> bool:
        return self._is_too_much(self._read_bytes)

    async def __call__(self) -> Any:
        if not self.is_over:
            message = await self._receive()
            self._read_bytes += len(message.get("body", b""))
        return {"type": "http.disconnect"} if self.is_over else message

    def _is_too_much(self, size_bytes: int) -> bool:
        return self.limit_bytes is not None and size_bytes > self.limit_bytes


def too_large(limit_bytes: int) -> HttpResponse:
    """Answered before anything of the request is looked at, so that it is the same for everybody, and the connection
    ends: what is still on its way would be taken for the next request."""
    words = _("This file is larger than %(limit)s, which is the limit.") % {"limit": filesizeformat(limit_bytes)}
    response = HttpResponse(f'<p class="error-text">{escape(words)}</p>', status=413)
    response["Connection"] = "close"
    response["Content-Security-Policy"] = "default-src 'none'"
    return response


def _next(chunks: Iterator[bytes]) -> bytes | None:
    """Between two pieces, which are read on any thread, no connection stays out of the pool."""
    try:
        return next(chunks, None)
    finally:
        close_old_connections()
