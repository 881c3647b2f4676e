"""Saved prompts, from the keyboard of a phone: called in the message field, filled in, deleted and brought back."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.support.axe import assert_accessible

ASKING = {"name": "translate", "title": "Translate a text", "text": "Into {{language:French}}:\n\n{{words}}"}
SCROLLS = "(({ scrollHeight, clientHeight }) => scrollHeight > clientHeight)(document.getElementById('prompt-options'))"
PLAIN = {"name": "standup", "title": "Daily stand-up", "text": "/standup notes"}


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
    await expect(page.get_by_role("button", name="Conversations")).to_be_focused()

    # What it asks for
    await text.fill("")
    await text.press_sequentially("/translate Vietnamese")
    await expect(options).to_have_count(1)
    await text.press("Enter")
    await expect(dialog.get_by_label("language")).to_have_value("Vietnamese")
    await expect(dialog.get_by_label("language")).to_be_focused()
    await assert_accessible(page)
    await page.keyboard.press("Tab")
    await page.keyboard.type("Good morning")
    await dialog.get_by_role("button", name="Insert").press("Enter")
    await expect(dialog).to_be_hidden()
    await expect(text).to_have_value("Into Vietnamese:\n\nGood morning")
    await expect(text).to_be_focused()
