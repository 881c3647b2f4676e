"""Django's request handler with one thread hop for a request.

Django's own ASGI handler hops between loop and threads for every synchronous middleware, and gives each request a new
thread, which means a new database connection. Here the whole synchronous stack runs in one call on a kept thread. What
brings files has threads of its own: reading one takes long, and pages don't wait for that.

Django also writes a body of any size to the disk before anybody looks at it. Here one that is larger than its address
takes is left unread, and answered.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from importlib import import_module
from io import BytesIO
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers import base
from django.core.handlers.asgi import ASGIHandler, ASGIRequest, get_script_prefix
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix
from django.utils.translation import override

from convoscope.errors import BODY_LIMIT

# More would only wait for each other: for the one write lock on SQLite, for the pool on PostgreSQL.
THREADS = 8
# As many as files are read at once, and one that takes the next turn; the others wait without a thread.
UPLOAD_THREADS = 4
# What a form's other fields and the lines between them take beside a file
FORM_BYTES = 2**16


class _TooLarge(Exception):
    """Seen by nobody: the request is answered without its body."""


class Handler(ASGIHandler):
    def __init__(self) -> None:
        base.BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        self._upload_threads = ThreadPoolExecutor(UPLOAD_THREADS, thread_name_prefix="upload")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        loop = asyncio.get_running_loop()
        limit, refused_at = await self._body_limit(scope), None
        try:
            body = await self._read_body(scope, receive, limit)
        except RequestAborted:
            return
        except _TooLarge:
            body, refused_at = BytesIO(), limit
        with body:
            request, response = self.create_request(scope, body)
            if request is not None:
                request.META[BODY_LIMIT] = refused_at
                context = copy_context()
                threads = self._upload_threads if refused_at is None and _brings_files(scope) else self._threads
                response = await loop.run_in_executor(threads, context.run, self._respond, scope, request)
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

    async def _body_limit(self, scope: Any) -> int:
        """Visitors bring no files, so that they fill no disk. Who sends it isn't asked for a body of fields, such as
        most messages are: their answer would wait for that."""
        fields_bytes: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        upload_bytes, said_bytes = _upload_bytes(scope), _said_bytes(scope)
        if upload_bytes is not None and (said_bytes is None or said_bytes > fields_bytes + FORM_BYTES):
            loop = asyncio.get_running_loop()
            if await loop.run_in_executor(self._threads, _is_signed_in, scope):
                return upload_bytes
        return fields_bytes

    async def _read_body(self, scope: Any, receive: Any, limit: int) -> Any:
        """Raises: _TooLarge, at once where its length is said, else when it has come to more; RequestAborted."""
        left = limit + FORM_BYTES
        if (_said_bytes(scope) or 0) > left:
            raise _TooLarge

        async def take() -> Any:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            # Who leaves has what was read so far closed.
            return message if left >= 0 else {"type": "http.disconnect"}

        try:
            return await self.read_body(take)
        except RequestAborted as exc:
            if left < 0:
                raise _TooLarge from exc
            raise

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


def _upload_bytes(scope: Any) -> int | None:
    """How much its address takes of files; None where it takes none."""
    limits = (limit for pattern, limit in settings.UPLOADS.items() if re.fullmatch(pattern, scope["path"]))
    return next(limits, None) if scope["method"] == "POST" else None


def _brings_files(scope: Any) -> bool:
    """Where a page has scripts, its messages come as fields alone."""
    said = dict(scope["headers"]).get(b"content-type", b"")
    return said.lower().startswith(b"multipart/") and _upload_bytes(scope) is not None


def _said_bytes(scope: Any) -> int | None:
    said = dict(scope["headers"]).get(b"content-length", b"")
    return int(said) if said.isdigit() else None


def _is_signed_in(scope: Any) -> bool:
    request = ASGIRequest(scope, BytesIO())
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    try:
        return get_user(request).is_authenticated
    except (DatabaseError, InterfaceError):
        # That it doesn't answer is what the person is told, by who reads from it next.
        return True
    finally:
        close_old_connections()


def _next(chunks: Iterator[bytes], language: str | None) -> bytes | None:
    """Between two pieces, which are read on any thread, no connection stays out of the pool."""
    try:
        with override(language):
            return next(chunks, None)
    finally:
        close_old_connections()
