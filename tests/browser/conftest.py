"""Chromium on the whole application. Console errors and blocked content fail the test that caused them."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial

import pytest
import pytest_asyncio
from django.conf import settings
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright, expect
from pytest_django import Settings

from accounts.models import User
from chat.runs.engine import Engine
from tests.support.axe import is_axes_own
from tests.support.scripted import ScriptedAdapter
from tests.support.server import Server, _session_key, running_server
from tests.support.staged import scripted_engine
from tests.support.threads import in_thread

CHROMIUM = shutil.which("chromium")
# With each context the address bar's own pages would be loaded, which takes as long as ours.
SWITCHED_OFF = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"]
# Chromium heeds the last such list alone: these are Playwright's.
SWITCHED_OFF += ["AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"]
SWITCHED_OFF += ["HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding", "AimEnabled"]
SWITCHED_OFF += ["ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints"]
SWITCHED_OFF += ["NetworkTimeServiceQuerying", "PreconnectToSearch"]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(SWITCHED_OFF)}",
]

# A machine that does much else at the same time is slow, not wrong.
expect.set_options(timeout=60_000)

OpenPage = Callable[..., Awaitable[Page]]


# They share a loop, in which Chromium and Playwright's driver live from the first of them to the last.
shared_loop_fixture = partial(pytest_asyncio.fixture, loop_scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name != "browser":
            continue
        item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
        if CHROMIUM is None:
            item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


@shared_loop_fixture(scope="session")
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


@shared_loop_fixture
async def engine(transactional_db: None, script: ScriptedAdapter, settings: Settings) -> AsyncGenerator[Engine, None]:
    async with scripted_engine(script, settings) as engine:
        yield engine


@shared_loop_fixture
async def server(engine: Engine) -> AsyncGenerator[Server, None]:
    async with running_server() as server:
        yield server


@shared_loop_fixture
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


def assert_refused_quietly(console: list[str]) -> None:
    """A form was refused: Chromium alone says that, of each answer with such a status; it is no fault of the page."""
    assert console
    assert [line for line in console if "the server responded with a status of 422" not in line] == []
    console.clear()


# What a page still asked for when it was left; each other fault of a request has a line of its own as well.
LEFT = ("htmx:sendAbort", "htmx:afterRequest")


def _note(console: list[str], message: ConsoleMessage) -> None:
    if message.type in ("error", "warning") and not is_axes_own(message) and not message.text.startswith(LEFT):
        console.append(f"{message.text} ({message.location.get('url')}:{message.location.get('lineNumber')})")
