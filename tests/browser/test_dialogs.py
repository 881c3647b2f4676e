"""Dialogs in a browser: the way out of each, and what lies behind them."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.async_api import Locator, Page, expect

from accounts.models import User
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.support.answers import make_plain
from tests.support.axe import assert_accessible

# As the conversation's menu names them
DIALOGS = ("Rename", "Model and settings", "Move to folder", "Tags", "Share")


async def opened(page: Page, entry: str) -> None:
    await page.get_by_role("button", name="Conversation menu").click()
    await page.locator("#conversation-menu").get_by_text(entry).first.click()
    await expect(page.locator("#dialog")).to_be_visible()


async def test_each_is_left_by_a_button_before_what_it_does(open_page: OpenPage, engine: Engine, alice: User) -> None:
    run = await engine.database.run(make_plain, alice)
    page = await open_page(f"/conversations/{run.message.conversation_id}/", user=alice)
    buttons = page.locator("#dialog .do .button")
    for entry in (*DIALOGS, None):
        if entry is None:
            await page.locator("#composer .chip").click()
        else:
            await opened(page, entry)
        await expect(buttons).to_have_count(2)
        await expect(buttons.first).to_have_text("Cancel")
        await buttons.first.click()
        await expect(page.locator("#dialog")).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (844, 390), (390, 340)])
async def test_each_menu_is_within_the_screen_to_its_last_entry(
    open_page: OpenPage, engine: Engine, alice: User, width: int, height: int
) -> None:
    run = await engine.database.run(make_plain, alice)
    viewport = {"width": width, "height": height}
    page = await open_page(f"/conversations/{run.message.conversation_id}/", user=alice, viewport=viewport)
    await page.get_by_role("button", name="Conversation menu").click()
    await assert_within_the_screen(page.locator("#conversation-menu"))
    await page.keyboard.press("Escape")
    await page.locator("article").last.get_by_role("link", name="More").click()
    await assert_within_the_screen(page.locator(".menu.anchored:popover-open"))


async def assert_within_the_screen(menu: Locator) -> None:
    """Its last entry as well, once one has scrolled in it."""
    await expect(menu).to_be_visible()
    await expect(menu).to_be_in_viewport(ratio=1)
    last = menu.locator("a, button").last
    await last.scroll_into_view_if_needed()
    await expect(last).to_be_in_viewport(ratio=1)


async def test_the_way_out_is_in_sight_below_however_many_pages(
    open_page: OpenPage, engine: Engine, admin: User
) -> None:
    page = await open_page("/", user=admin, viewport={"width": 1280, "height": 600})
    await page.locator(".account-button").click()
    menu = page.locator("#account-menu")
    await expect(menu.get_by_role("link", name="Administration")).not_to_be_in_viewport()
    await expect(menu.get_by_role("button", name="Sign out")).to_be_in_viewport(ratio=1)
    await menu.get_by_role("link", name="Administration").focus()
    last = await menu.get_by_role("link", name="Administration").bounding_box()
    way_out = await menu.get_by_role("button", name="Sign out").bounding_box()
    assert last is not None
    assert way_out is not None
    assert last["y"] + last["height"] <= way_out["y"]
    await assert_accessible(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_place_of_the_scroll_bar_is_as_dark_as_what_is_behind(
    open_page: OpenPage, engine: Engine, alice: User, theme: str
) -> None:
    run = await engine.database.run(make_plain, alice)
    page = await open_page(f"/conversations/{run.message.conversation_id}/", user=alice, color_scheme=theme)
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    await opened(page, "Share")
    picture = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
    behind, beside = picture.getpixel((picture.width - 40, 400)), picture.getpixel((picture.width - 5, 400))
    assert isinstance(behind, tuple)
    assert isinstance(beside, tuple)
    assert max(abs(one - other) for one, other in zip(behind, beside, strict=True)) <= 1
