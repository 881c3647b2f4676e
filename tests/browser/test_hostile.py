"""Chromium itself, before pages whose every text tries to run, and beside a site that means harm."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.async_api import Browser, Page, expect

from accounts.models import User
from chat.actions.attachments import create_attachment
from chat.models import Conversation, Message
from tests.browser.conftest import OpenPage
from tests.support.belongings import make_belongings, make_cast
from tests.support.hostile import MARK, evil_html, make_hostile
from tests.support.pages import page_holds
from tests.support.server import Server
from tests.support.threads import in_thread

pytestmark = pytest.mark.security

# It is what every hostile text calls.
TRAP = "window.evil = () => { window.ran = true; }"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>window.top.ran = true; alert(1)</script></svg>'


@pytest.fixture
def evil_site() -> Iterator[tuple[str, dict[str, str]]]:
    """Another site, under another name of this machine, and its pages by their paths."""
    pages: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_said: object) -> None:
            """Nothing is said of it."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}", pages
    server.shutdown()
    thread.join()
    server.server_close()


def make_site() -> tuple[dict[str, User], dict[str, Any]]:
    cast = make_cast()
    things = make_belongings(cast["owner"])
    make_hostile()
    Message.objects.update(html=evil_html(), render_version=2)
    return cast, things


async def assert_runs_nothing(page: Page, path: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
    await page.goto(path)
    assert MARK in await page.content(), path
    # Nothing but a click would follow a link; what takes the focus or the pointer gets both.
    for place in await page.locator("main a, main button, main summary, main input").all():
        if await place.is_visible():
            await place.focus()
    assert await page.locator("x-evil").count() == 0
    assert await page.evaluate("window.ran === undefined"), path
    assert [url for url in asked if "evil.example" in url.split("?")[0] or url.startswith("dialog")] == []


async def test_no_hostile_text_runs(open_page: OpenPage, console: list[str], server: Server) -> None:
    cast, things = await in_thread(make_site)
    page = await open_page("/", user=cast["owner"])
    await page.add_init_script(TRAP)
    root = f"http://{server.address}"
    for path in (
        "/",
        f"/conversations/{things['conversation_id']}/",
        f"/messages/{things['message_id']}/inspect/",
        f"/conversations/{things['conversation_id']}/memory/",
        "/search/?q=evil",
        "/prompts/",
        "/memory/",
        "/shares/",
        "/imports/",
        f"/share/{things['token']}/",
    ):
        await assert_runs_nothing(page, root + path)
    administrator = await open_page("/", user=cast["administrator"])
    await administrator.add_init_script(TRAP)
    for path in (
        f"/admin/moderation/conversations/{things['flagged']}/",
        "/admin/moderation/appeals/",
        "/admin/accounts/team/",
        "/providers/lab/models/",
        "/reports/experiments/",
    ):
        await assert_runs_nothing(administrator, root + path)
    # It complains of what was blocked: there was nothing to block.
    assert [line for line in console if "Content Security Policy" in line] == []
    console.clear()


async def test_no_page_is_shown_in_another_sites_frame(
    open_page: OpenPage, alice: User, server: Server, evil_site: tuple[str, dict[str, str]], console: list[str]
) -> None:
    site, pages = evil_site
    paths = ("/", "/accounts/login/", "/admin/", "/static/js/main.js")
    pages["/"] = "".join(f'<iframe src="http://{server.address}{path}"></iframe>' for path in paths)
    page = await open_page("/", user=alice)
    await page.goto(f"{site}/")
    await page.wait_for_load_state("networkidle")
    shown = [await frame.locator("body").inner_text() for frame in page.frames[1:] if "error" not in frame.url]
    assert len(page.frames) == len(paths) + 1
    assert [text for text in shown if text.strip()] == []
    assert len([line for line in console if "frame" in line.lower()]) >= len(paths)
    console.clear()


async def test_another_sites_form_changes_nothing(
    open_page: OpenPage, alice: User, server: Server, evil_site: tuple[str, dict[str, str]], console: list[str]
) -> None:
    site, pages = evil_site
    pages["/"] = (
        f'<form method="post" action="http://{server.address}/conversations/">'
        f'<input name="text" value="Sent by another"><input name="turn_key" value="{uuid4()}">'
        "<button>Win</button></form>"
    )
    page = await open_page("/", user=alice)
    await page.goto(f"{site}/")
    await page.get_by_role("button", name="Win").click()
    await expect(page.get_by_role("heading", name="The form is out of date")).to_be_visible()
    assert not await in_thread(Conversation.objects.exists)
    # Nor does its script read a page, or open a socket.
    pages["/read"] = (
        f"<script>fetch('http://{server.address}/preferences/', {{credentials: 'include'}})"
        ".then(answer => answer.text()).then(text => { window.said = text }, () => { window.said = 'refused' });"
        f"const socket = new WebSocket('ws://{server.address}/ws/conversations/{uuid4()}/');"
        "socket.onopen = () => { window.socket = 'open' };"
        "socket.onerror = () => { window.socket = 'refused' }</script>"
    )
    await page.goto(f"{site}/read")
    await page_holds(page, "window.said && window.socket")
    assert await page.evaluate("[window.said, window.socket]") == ["refused", "refused"]
    console.clear()


def attached(owner: User) -> str:
    kept = create_attachment(owner=owner, upload=SimpleUploadedFile("a.svg", SVG, content_type="image/svg+xml"))
    return f"/attachments/{kept.id}/"


async def test_a_file_is_saved_and_not_opened(
    open_page: OpenPage, alice: User, server: Server, console: list[str]
) -> None:
    path = await in_thread(attached, alice)
    page = await open_page("/", user=alice)
    async with page.expect_download() as started:
        await page.evaluate("path => { location.href = path }", path)
    download = await started.value
    assert download.suggested_filename.startswith("a")
    assert await page.evaluate("window.ran === undefined")
    # Nor where a page of ours were made to show it.
    await page.evaluate("path => document.body.append(Object.assign(new Image(), {src: path, id: 'shown'}))", path)
    await page_holds(page, "document.querySelector('#shown').complete")
    assert await page.evaluate("document.querySelector('#shown').naturalWidth") == 0
    console.clear()


async def test_a_key_that_was_planted_signs_nobody_in(browser: Browser, server: Server, alice: User) -> None:
    """As somebody who reached the browser before its owner would have it."""
    context = await browser.new_context()
    try:
        planted = "evil" * 8
        url = f"http://{server.address}"
        await context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": planted, "url": url}])
        page = await context.new_page()
        await page.goto(f"{url}/accounts/login/")
        await page.get_by_label("E-mail").fill(alice.email)
        await page.get_by_label("Password", exact=True).fill("a long enough password")
        async with asyncio.TaskGroup() as group:
            group.create_task(page.wait_for_url(f"{url}/"))
            group.create_task(page.get_by_role("button", name="Sign in", exact=True).click())
        found = {one["name"]: one for one in await context.cookies(url)}
        session = found[settings.SESSION_COOKIE_NAME]
        assert session["value"] != planted
        assert (session["httpOnly"], session["sameSite"]) == (True, "Lax")
        assert session["value"] not in await page.evaluate("document.cookie")
    finally:
        await context.close()
