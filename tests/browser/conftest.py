"""Chromium on the whole application. Console errors and blocked content fail the test that caused them."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest
from django.conf import settings
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright, expect

from accounts.models import User
from tests.support.axe import is_axes_own
from tests.support.server import Server, _session_key
from tests.support.threads import in_thread

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A machine that does much else at the same time is slow, not wrong.
expect.set_options(timeout=20_000)

OpenPage = Callable[..., Awaitable[Page]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is None:
        for item in items:
            if item.path.parent.name == "browser":
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


@pytest.fixture
async def browser() -> AsyncGenerator[Browser, None]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
def admin(transactional_db: None) -> User:
    return User.objects.create_superuser(email="admin@example.org", password="a long enough password")


@pytest.fixture
def console() -> list[str]:
    """What the console complained about; a test that expects a complaint takes it out."""
    return []


@pytest.fixture
async def open_page(browser: Browser, server: Server, console: list[str]) -> AsyncGenerator[OpenPage, None]:
    """Opens a page of the application, signed in as the person given. Keyword arguments go to the browser context."""
    contexts: list[BrowserContext] = []

    async def open_page(path: str = "/", *, user: User | None = None, **options: object) -> Page:
        context = await browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))  # type: ignore[arg-type]  # playwright's many options
        contexts.append(context)
        if user is not None:
            key = await in_thread(_session_key, user)
            await context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": f"http://{server.address}"}]
            )
        page = await context.new_page()
        page.on("console", lambda message: _note(console, message))
        page.on("pageerror", lambda error: console.append(str(error)))
        await page.goto(f"http://{server.address}{path}")
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert console == []


def _note(console: list[str], message: ConsoleMessage) -> None:
    if message.type in ("error", "warning") and not is_axes_own(message):
        console.append(f"{message.text} ({message.location.get('url')}:{message.location.get('lineNumber')})")
