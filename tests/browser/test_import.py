"""A file brought from another product: on a phone, from the upload to the conversation in the list."""

from __future__ import annotations

from playwright.async_api import expect

from accounts.models import User
from chat.actions.imports import work_on_import
from chat.models import ConversationImport
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.chat.imports.support import FILES
from tests.support.axe import assert_accessible


async def test_importing(open_page: OpenPage, engine: Engine, alice: User) -> None:
    page = await open_page("/imports/", user=alice, viewport={"width": 390, "height": 800})
    await page.get_by_label("File").set_input_files(FILES / "chatgpt.json")
    await assert_accessible(page)
    await page.get_by_role("button", name="Look through the file").click()
    await expect(page.locator("progress")).to_be_visible()
    await assert_accessible(page)
    brought = await ConversationImport.objects.aget()
    await engine.database.run(work_on_import, brought.id)
    await expect(page.get_by_text("One conversation is new.")).to_be_visible()
    await page.get_by_text("What was repaired").click()
    await assert_accessible(page)
    await page.get_by_role("button", name="Import", exact=True).click()
    await engine.database.run(work_on_import, brought.id)
    await expect(page.get_by_text("One conversation was imported.")).to_be_visible()
    await page.get_by_role("button", name="Remove from this list").click()
    await expect(page.locator("#imports .row")).to_have_count(0)
