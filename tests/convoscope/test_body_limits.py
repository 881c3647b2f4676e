"""How much of a body is read: no more than its address takes, and of a visitor no file."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as site
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from convoscope import sessions
from convoscope.handler import FORM_BYTES, Handler

ClientOf = Callable[[User], Client]
PIECE = b"x" * 100_000
LIMIT = 1_000_000
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.security]


@pytest.fixture(autouse=True)
def limits(settings: Settings) -> None:
    settings.UPLOADS = {"/imports/": LIMIT}
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = LIMIT // 2


class Sender:
    """Sends pieces for as long as somebody reads them; what comes back."""

    def __init__(self, path: str, *, cookie: str = "", length: int | None = None, pieces: int = 10_000) -> None:
        self.read = 0
        self.pieces = pieces
        self.status, self.text = 0, ""
        headers = [(b"host", b"localhost"), (b"cookie", cookie.encode())]
        headers.append((b"content-type", b"multipart/form-data; boundary=b"))
        headers += [] if length is None else [(b"content-length", str(length).encode())]
        self.scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
        self.scope |= {"server": ("localhost", 80), "client": ("127.0.0.1", 1), "scheme": "http"}

    async def receive(self) -> dict[str, Any]:
        self.read += 1
        return {"type": "http.request", "body": PIECE, "more_body": self.read < self.pieces}

    async def send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)
        self.text += message.get("body", b"").decode()

    async def go(self) -> Sender:
        async with asyncio.timeout(60):
            await Handler()(self.scope, self.receive, self.send)
        return self


@pytest.fixture
def cookie(alice: User, client_of: ClientOf) -> str:
    return f"{site.SESSION_COOKIE_NAME}={client_of(alice).cookies[site.SESSION_COOKIE_NAME].value}"


async def test_one_whose_length_is_said_isnt_read_at_all(cookie: str) -> None:
    sender = await Sender("/imports/", cookie=cookie, length=LIMIT + FORM_BYTES + 1).go()
    assert (sender.status, sender.read) == (413, 0)
    assert "larger than 976.6" in sender.text


async def test_one_whose_length_isnt_said_is_read_up_to_the_limit(cookie: str) -> None:
    sender = await Sender("/imports/", cookie=cookie).go()
    assert (sender.status, sender.read) == (413, 1 + (LIMIT + FORM_BYTES) // len(PIECE))


async def test_one_within_it_comes_to_the_view(cookie: str) -> None:
    sender = await Sender("/imports/", cookie=cookie, length=LIMIT, pieces=LIMIT // len(PIECE)).go()
    # Without a token; that is the view's to say.
    assert (sender.status, sender.read) == (403, LIMIT // len(PIECE))


async def test_a_visitor_brings_no_file() -> None:
    for cookie in ("", f"{site.SESSION_COOKIE_NAME}=nobodysnobodysnobodys"):
        sender = await Sender("/imports/", cookie=cookie, length=LIMIT).go()
        assert (sender.status, sender.read) == (413, 0)


class SessionStore(sessions.SessionStore):
    """Counts how often one is looked for."""

    looked_for = 0

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        type(self).looked_for += 1


async def test_who_sends_one_of_fields_isnt_asked_before_it_is_read(
    cookie: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SESSION_ENGINE = __name__
    for length, times in ((LIMIT // 2, 1), (LIMIT, 2)):
        monkeypatch.setattr(SessionStore, "looked_for", 0)
        sender = await Sender("/imports/", cookie=cookie, length=length, pieces=length // len(PIECE)).go()
        assert (sender.status, SessionStore.looked_for) == (403, times)


async def test_elsewhere_a_body_is_one_of_fields(cookie: str) -> None:
    sender = await Sender("/conversations/", cookie=cookie, length=LIMIT).go()
    assert (sender.status, sender.read) == (413, 0)
    sender = await Sender("/conversations/", cookie=cookie).go()
    assert (sender.status, sender.read) == (413, 1 + (LIMIT // 2 + FORM_BYTES) // len(PIECE))


async def test_of_what_anybody_may_send_nobody_asks_who_does(cookie: str) -> None:
    """A message waits for no look into the database but that of its own request."""
    asked: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest)

    def watch(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
        connection.execute_wrappers.append(note)

    connection_created.connect(watch)
    try:
        sender = await Sender("/imports/", cookie=cookie, length=len(PIECE), pieces=1).go()
    finally:
        connection_created.disconnect(watch)
    assert (sender.status, sender.read) == (403, 1)
    assert sum('"accounts_preferences"' in sql for sql in asked) == 1


def test_files_are_taken_where_forms_bring_them() -> None:
    """A file alone, and those of a page without scripts with their message."""
    site_limits = import_module("convoscope.settings.base").UPLOADS
    paths = [
        reverse("conversation_create"),
        reverse("message_create", args=[uuid4()]),
        reverse("message_edit", args=[uuid4()]),
    ]
    found = [
        next((limit for one, limit in site_limits.items() if re.fullmatch(one, path)), None)
        for path in (reverse("attachment_create"), *paths)
    ]
    assert found == [site.MAX_UPLOAD_BYTES, *[10 * site.MAX_UPLOAD_BYTES] * len(paths)]
    assert not any(re.fullmatch(one, reverse("preferences")) for one in site_limits)
