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

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers import base
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.db import close_old_connections
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix
from django.utils.translation import override

# More would only wait for each other: for the one write lock on SQLite, for the pool on PostgreSQL.
THREADS = 8


class Handler(ASGIHandler):
    def __init__(self) -> None:
        base.BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        loop = asyncio.get_running_loop()
        with body:
            request, response = self.create_request(scope, body)
            if request is not None:
                context = copy_context()
                response = await loop.run_in_executor(self._threads, context.run, self._respond, scope, request)
            assert response is not None  # `create_request` gives a request or the refusal of one
            if isinstance(response, StreamingHttpResponse) and not response.is_async:
                response.streaming_content = self._pull(iter(response), response.headers.get("Content-Language"))
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

    async def _pull(self, chunks: Iterator[bytes], language: str | None) -> AsyncGenerator[bytes, None]:
        """Read a synchronous body, such as a file, on a thread, in the response's language."""
        loop = asyncio.get_running_loop()
        while (chunk := await loop.run_in_executor(self._threads, _next, chunks, language)) is not None:
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


def _next(chunks: Iterator[bytes], language: str | None) -> bytes | None:
    """Between two pieces, which are read on any thread, no connection stays out of the pool."""
    try:
        with override(language):
            return next(chunks, None)
    finally:
        close_old_connections()
