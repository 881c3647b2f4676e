"""Answers that are read piece by piece: on threads, without keeping connections, and only for who still reads; files
that are brought, which stand in nobody's way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from pytest_django import Settings

from chat.runs import database
from convoscope import embedded
from convoscope import handler as pages
from convoscope.handler import Handler

read: list[str] = []
is_read = threading.Event()


def pieces() -> Iterator[bytes]:
    """Without an end."""
    while True:
        read.append(threading.current_thread().name)
        yield b"a piece"


def endless(request: HttpRequest) -> HttpResponseBase:
    return StreamingHttpResponse(pieces())


def file(request: HttpRequest) -> HttpResponseBase:
    return FileResponse(Path(__file__).open("rb"))


def taken(request: HttpRequest) -> HttpResponse:
    if request.content_type == "multipart/form-data":
        is_read.wait(20)
    return HttpResponse(threading.current_thread().name.rsplit("_", 1)[0])


urlpatterns = [path("endless/", endless), path("file/", file), path("taken/", taken), path("page/", taken)]


@pytest.fixture
def handler(settings: Settings) -> Handler:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = []
    return Handler()


def scope(path: str) -> dict[str, Any]:
    server = {"server": ("localhost", 80), "client": ("127.0.0.1", 1), "scheme": "http"}
    return {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []} | server


async def test_nothing_is_made_for_who_has_gone(handler: Handler) -> None:
    sent: list[dict[str, Any]] = []
    has_left = asyncio.Event()
    messages = iter([{"type": "http.request", "body": b""}])

    async def receive() -> dict[str, Any]:
        for message in messages:
            return message
        await has_left.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if len(sent) == 4:
            has_left.set()

    async with asyncio.timeout(20):
        await handler(scope("/endless/"), receive, send)
    assert [message["type"] for message in sent[:2]] == ["http.response.start", "http.response.body"]
    assert {name.rsplit("_", 1)[0] for name in read} == {"request"}
    count = len(read)
    await asyncio.sleep(0)
    assert len(read) == count


async def test_a_file_comes_whole_and_in_large_pieces(handler: Handler) -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not sent:
            return {"type": "http.request", "body": b""}
        return await asyncio.Future()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await handler(scope("/file/"), receive, send)
    bodies = [message.get("body", b"") for message in sent if message["type"] == "http.response.body"]
    assert b"".join(bodies) == Path(__file__).read_bytes()
    assert max(map(len, bodies)) == Path(__file__).stat().st_size


async def answer(handler: Handler, method: str, path: str, content_type: str = "") -> str:
    said = b""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, Any]) -> None:
        nonlocal said
        said += message.get("body", b"")

    headers = [(b"content-type", content_type.encode()), (b"content-length", b"0")]
    await handler(scope(path) | {"method": method, "headers": headers}, receive, send)
    return said.decode()


async def test_while_files_are_read_pages_are_answered(handler: Handler, settings: Settings) -> None:
    settings.UPLOADS = {"/taken/": 1_000}
    files = "multipart/form-data; boundary=b"
    is_read.clear()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        uploads = [group.create_task(answer(handler, "POST", "/taken/", files)) for _ in range(12)]
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(5):
                assert await answer(handler, "GET", "/page/") == "request"
                # A message without files
                assert await answer(handler, "POST", "/taken/", "application/x-www-form-urlencoded") == "request"
        finally:
            is_read.set()
    assert {upload.result() for upload in uploads} == {"upload"}


async def test_elsewhere_files_are_no_upload(handler: Handler, settings: Settings) -> None:
    settings.UPLOADS = {"/taken/": 1_000}
    is_read.set()
    assert await answer(handler, "POST", "/page/", "multipart/form-data; boundary=b") == "request"


def test_each_thread_of_a_process_has_a_connection(settings: Settings) -> None:
    """Where the pool is smaller, pages wait for each other."""
    threads = pages.THREADS + pages.UPLOAD_THREADS + database.THREADS
    assert threads + embedded.WORKER_THREADS <= settings.DATABASE_POOL_SIZE
    words = (settings.BASE_DIR / "docs" / "configuration.md").read_text("utf-8")
    assert f"A process has {threads} threads that use the database" in words
