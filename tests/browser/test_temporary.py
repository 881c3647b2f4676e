"""Temporary chats in Chromium: by the keyboard, on a phone, and without JavaScript."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.async_api import expect

from accounts.models import User
from chat.models import Conversation
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.support.axe import assert_accessible
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import until

PHONE = {"width": 390, "height": 800}
LINE = "Temporary: not kept in history or memory"


async def test_one_is_begun_and_kept_by_keyboard_alone(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await open_page("/archive/", user=alice)
    await page.keyboard.press("Control+Shift+Quote")
    box = page.get_by_label("Temporary chat")
    await expect(box).to_be_checked()
    await expect(page.get_by_text("gone 24 hours after its last message")).to_be_visible()
    await expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    await page.keyboard.type("Am I ill?")
    await page.keyboard.press("Control+Shift+Quote")
    await expect(box).not_to_be_checked()
    await expect(page.locator(".starters")).to_be_visible()
    await page.keyboard.press("Control+Shift+Quote")
    await assert_accessible(page)
    await page.get_by_role("textbox", name="Message").press("Enter")
    script.say("No.")
    script.finish()
    await expect(page.locator(".answer-body")).to_have_text("No.")
    await expect(page.locator("#resolved")).to_have_text("Temporary")
    await expect(page.locator(".shelf-line")).to_contain_text(LINE)
    await expect(page.locator("#sidebar-list .conversation")).to_have_count(0)
    await assert_accessible(page)
    other = await open_page(urlsplit(page.url).path, user=alice)
    for shown in (page, other):
        await expect(shown.locator(".shelf-line")).to_contain_text(LINE)
    await page.get_by_role("button", name="Keep this chat").press("Enter")
    for shown in (page, other):
        await expect(shown.locator(".shelf-line")).to_be_hidden()
        await expect(shown.locator("#resolved")).to_be_empty()
        await expect(shown.locator("#sidebar-list .conversation")).to_have_count(1)
    await expect(page.get_by_role("textbox", name="Message")).to_be_focused()


async def test_on_a_phone(open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter) -> None:
    page = await open_page("/", user=alice, viewport=PHONE, has_touch=True)
    await page.get_by_label("Temporary chat").tap()
    await assert_accessible(page)
    await page.get_by_role("textbox", name="Message").fill("Am I ill?")
    await page.get_by_role("button", name="Send").tap()
    script.say("No.")
    script.finish()
    await expect(page.locator(".answer-body")).to_have_text("No.")
    await assert_accessible(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    await until(lambda: engine.is_idle)


async def test_without_javascript(open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter) -> None:
    page = await open_page("/", user=alice, java_script_enabled=False)
    await page.get_by_role("link", name="Temporary chat").click()
    await expect(page.get_by_label("Temporary chat")).to_be_checked()
    script.say("No.")
    script.finish()
    await page.get_by_role("textbox", name="Message").fill("Am I ill?")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".shelf-line")).to_contain_text(LINE)
    await until(lambda: engine.is_idle)
    await page.reload()
    await page.get_by_role("button", name="Keep this chat").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Am I ill?")
    assert not await engine.database.run(Conversation.objects.filter(is_temporary=True).exists)
