"""The pages of accounts and conversations are accessible, empty, filled and in error, in both themes."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from accounts.models import User
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.browser.test_story import MARKDOWN
from tests.support.axe import assert_accessible
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import begin_turn


@pytest.mark.parametrize("width", [1280, 390])
async def test_axe_finds_nothing(
    open_page: OpenPage,
    engine: Engine,
    alice: User,
    script: ScriptedAdapter,
    console: list[str],
    width: int,
) -> None:
    conversation = (await begin_turn(engine, alice, "What is a pool?\n" * 20)).conversation
    viewport = {"width": width, "height": 844}
    page = await open_page(f"/conversations/{conversation.id}/", user=alice, viewport=viewport)
    script.say(MARKDOWN[:60])
    await expect(page.locator("[data-tail]")).to_be_visible()
    await assert_accessible(page)
    script.say(MARKDOWN[60:])
    script.finish()
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await assert_accessible(page)
    if width < 900:
        await page.get_by_role("button", name="Conversations").click()
        await assert_accessible(page)
        await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Conversation menu").click()
    await assert_accessible(page)
    await page.get_by_role("link", name="Model and settings").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await assert_accessible(page)
    await page.keyboard.press("Escape")
    for path in ("/", "/shortcuts/", "/preferences/", f"/conversations/{conversation.id}/rename/", "/nothing/here/"):
        await page.goto(f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}{path}")
        await assert_accessible(page)
    assert [line for line in console if "404" not in line] == []
    console.clear()
