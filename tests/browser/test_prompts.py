"""Saved prompts, from the keyboard of a phone: called in the message field, filled in, deleted and brought back."""

from __future__ import annotations

from urllib.parse import urljoin

from playwright.async_api import Page, expect

from accounts.models import User
from chat.actions.prompts import create_prompt
from chat.models import Message
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.support.axe import assert_accessible
from tests.support.pages import page_holds
from tests.support.scripted import ScriptedAdapter

ASKING = {"name": "translate", "title": "Translate a text", "text": "Into {{language:French}}:\n\n{{words}}"}
SCROLLS = "(({ scrollHeight, clientHeight }) => scrollHeight > clientHeight)(document.getElementById('prompt-options'))"
PLAIN = {"name": "standup", "title": "Daily stand-up", "text": "/standup notes"}


async def test_prompts_by_keyboard(open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter) -> None:
    def make() -> None:
        for fields in (ASKING, PLAIN):
            create_prompt(owner=alice, description="For letters", is_starter=True, is_shared=False, team=None, **fields)

    await engine.database.run(make)
    page = await open_page("/", user=alice, viewport={"width": 390, "height": 480})
    await page_holds(page, "!!customElements.get('prompt-list')")
    await call_by_name(page)
    text, dialog = page.get_by_role("textbox", name="Message"), page.get_by_role("dialog")

    # Typed faster than the list comes; its text calls no prompt itself
    await text.fill("/stand")
    await text.press("Enter")
    await expect(text).to_have_value("/standup notes")
    await expect(page.get_by_role("listbox")).to_be_hidden()

    # A starter keeps what is there
    await page.get_by_role("link", name="Translate a text").press("Enter")
    await expect(dialog.get_by_label("language")).to_be_focused()
    await page.keyboard.press("Control+Enter")
    await expect(text).to_have_value("/standup notes\n\nInto French:\n\n")
    assert not [one async for one in Message.objects.all()]

    # What calls no prompt is a message
    await text.fill("/nothing like it")
    await text.press("Enter")
    await expect(page.locator("#log .question-text")).to_have_text(["/nothing like it"])
    script.say("An answer")
    script.finish()
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await page.get_by_role("link", name="More").first.press("Enter")
    await page.get_by_role("link", name="Save as prompt").press("Enter")
    await expect(page.get_by_label("Text")).to_have_value("/nothing like it")
    await assert_accessible(page)

    # The library
    await page.goto(urljoin(page.url, "/prompts/"))
    await assert_accessible(page)
    await page.get_by_role("button", name="Delete Translate a text").press("Enter")
    await expect(page.get_by_role("heading", name="Translate a text")).to_have_count(0)
    await page.get_by_role("button", name="Undo").press("Enter")
    await expect(page.get_by_role("heading", name="Translate a text")).to_be_visible()


async def call_by_name(page: Page) -> None:
    text, options = page.get_by_role("textbox", name="Message"), page.get_by_role("option")
    dialog = page.get_by_role("dialog")

    # A list over the field, which follows what is typed
    await text.press_sequentially("/")
    await expect(options).to_have_count(2)
    await expect(options.first).to_be_in_viewport(ratio=1)
    await expect(text).to_have_attribute("aria-activedescendant", "prompt-option-1")
    # So low a page leaves no room for all of it.
    assert await page.evaluate(SCROLLS)
    await assert_accessible(page)
    await text.press("ArrowDown")
    await expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    await text.press_sequentially("tr")
    await expect(options).to_have_text(["/translate Translate a text For letters"])
    await text.press("Escape")
    await expect(page.get_by_role("listbox")).to_be_hidden()
    await expect(text).to_have_value("/tr")
    await text.press_sequentially("anslate")
    await expect(page.get_by_role("listbox")).to_be_hidden()

    await text.fill("")
    await text.press_sequentially("/")
    await expect(options).to_have_count(2)
    await text.press("Shift+Tab")
    await expect(page.get_by_role("listbox")).to_be_hidden()
    await expect(page.get_by_role("checkbox", name="Temporary chat")).to_be_focused()

    # What it asks for
    await text.fill("")
    await text.press_sequentially("/translate Vietnamese")
    await expect(options).to_have_count(1)
    await text.press("Enter")
    await expect(dialog.get_by_label("language")).to_have_value("Vietnamese")
    await expect(dialog.get_by_label("language")).to_be_focused()
    await assert_accessible(page)
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_label("words")).to_be_focused()
    await page.keyboard.type("Good")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("morning")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await expect(text).to_have_value("Into Vietnamese:\n\nGood\nmorning")
    await expect(text).to_be_focused()
