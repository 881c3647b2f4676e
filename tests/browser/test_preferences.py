"""Preferences in Chromium: chosen by keyboard, followed by the pages, and what a page in the background does."""

from __future__ import annotations

import json

from playwright.async_api import Page, expect

from accounts.actions.preferences import set_preferences
from accounts.models import User
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.support.axe import assert_accessible
from tests.support.pages import page_holds
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import until

# Stands for the browser's own, which shows nothing here: writes down what it was asked for.
NOTIFICATIONS = """
window.shown = []; window.asked = 0;
window.Notification = class {
  constructor(title, options) { shown.push([title, options.body]); }
  close() { shown.push(["closed"]); }
  static permission = "%s";
  static async requestPermission() { asked += 1; return this.permission; }
};
"""
HIDE = """
Object.defineProperty(document, "hidden", { value: %s, configurable: true });
document.dispatchEvent(new Event("visibilitychange"));
"""


async def shown(page: Page) -> list[list[str]]:
    return list(json.loads(await page.evaluate("JSON.stringify(window.shown)")))


async def test_all_of_it_is_chosen_by_keyboard_on_a_phone(
    open_page: OpenPage, engine: Engine, alice: User, console: list[str]
) -> None:
    page = await open_page("/preferences/", user=alice, viewport={"width": 390, "height": 800})
    await assert_accessible(page)
    await page.get_by_label("Temperature").fill("9")
    await page.get_by_label("Temperature").press("Enter")
    await expect(page.get_by_role("alert").first).to_contain_text("Nothing was saved yet.")
    await expect(page.get_by_text("Enter a number from 0 to 2.")).to_be_visible()
    await assert_accessible(page)
    assert "status of 422" in console.pop()
    await page.get_by_label("Temperature").fill("0.5")
    await page.get_by_label("Theme").select_option("dark")
    await page.get_by_label("Typeface of answers").select_option("serif")
    await page.get_by_label("Time zone").select_option("Asia/Ho_Chi_Minh")
    await page.get_by_role("button", name="Save").press("Enter")
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(page.get_by_label("Temperature")).to_have_value("0.5")
    await assert_accessible(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_control_and_enter_send_where_that_is_preferred(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    await engine.database.run(lambda: set_preferences(user=alice, send_key="control_enter"))
    page = await open_page("/", user=alice)
    field = page.get_by_role("textbox", name="Message")
    await field.press_sequentially("One")
    await field.press("Enter")
    await field.press_sequentially("two")
    await expect(field).to_have_value("One\ntwo")
    await expect(page.get_by_role("button", name="Send")).to_have_attribute("aria-keyshortcuts", "Control+Enter")
    await field.press("Control+Enter")
    await expect(page.locator(".question-text")).to_have_text("One two")
    script.finish()
    await until(lambda: engine.is_idle)


async def test_a_page_in_the_background_notifies_and_marks_its_tab(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    await engine.database.run(lambda: set_preferences(user=alice, notifications="title"))
    page = await open_page("/", user=alice)
    await page.add_init_script(NOTIFICATIONS % "granted")
    await page.reload()
    await page.get_by_role("textbox", name="Message").fill("Go")
    await page.get_by_role("textbox", name="Message").press("Enter")
    await expect(page.locator("spoken-status")).to_have_text("Answering")
    await page.evaluate(HIDE % "true")
    script.say("A secret")
    script.finish()
    await page_holds(page, "document.title.startsWith('✓ ')")
    icon = page.locator("link[rel=icon]")
    assert "icon-marked" in str(await icon.get_attribute("href"))
    assert await shown(page) == [["The answer is complete", "Go"]]
    assert await page.evaluate("window.asked") == 0
    await page.evaluate(HIDE % "false")
    await page_holds(page, "!document.title.startsWith('✓ ')")
    assert "icon-marked" not in str(await icon.get_attribute("href"))
    assert (await shown(page))[-1] == ["closed"]


async def test_a_browser_that_refuses_notifications_is_said_when_they_are_chosen(
    open_page: OpenPage, engine: Engine, alice: User
) -> None:
    page = await open_page("/preferences/", user=alice)
    await page.add_init_script(NOTIFICATIONS % "denied")
    await page.reload()
    assert await page.evaluate("window.asked") == 0
    await page.get_by_label("Notification when an answer is there").select_option("title")
    await expect(page.get_by_text("This browser lets this site show no notifications.")).to_be_visible()
    assert await page.evaluate("window.asked") == 1
    await assert_accessible(page)
    await page.get_by_label("Notification when an answer is there").select_option("")
    await expect(page.get_by_text("This browser lets this site show no notifications.")).to_be_hidden()
