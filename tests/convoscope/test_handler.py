"""Answers that are read piece by piece: on threads, without keeping connections, and only for who still reads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from pytest_django import Settings

from convoscope.handler import Handler

read: list[str] = []


def pieces() -> Iterator[bytes]:
    """Without an end."""
    while True:
        read.append(threading.current_thread().name)
        yield b"a piece"


def endless(request: HttpRequest) -> HttpResponseBase:
    return StreamingHttpResponse(pieces())


def file(request: HttpRequest) -> HttpResponseBase:
    return FileResponse(Path(__file__).open("rb"))


urlpatterns = [path("endless/", endless), path("file/", file)]


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
