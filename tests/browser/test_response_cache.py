"""The page of the response cache in a browser."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from accounts.models import User
from tests.browser.conftest import OpenPage
from tests.support.axe import assert_accessible


async def test_switches_are_kept_and_the_cache_is_emptied(open_page: OpenPage, admin: User) -> None:
    page = await open_page("/providers/cache/", user=admin)
    like = page.get_by_label("Answer a first question that says the same, too")
    await expect(like).not_to_be_checked()
    await like.check()
    await page.get_by_label("Everybody on this site").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved. It holds from the next question on.")).to_be_visible()
    await expect(like).to_be_checked()
    await expect(page.get_by_label("Everybody on this site")).to_be_checked()
    await page.get_by_text("Empty the cache").click()
    await page.get_by_role("button", name="Empty it").click()
    await expect(page.get_by_text("The cache is empty: 0 answers removed.")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
async def test_axe_finds_nothing(open_page: OpenPage, admin: User, width: int) -> None:
    page = await open_page("/providers/cache/", user=admin, viewport={"width": width, "height": 844})
    await page.locator("summary").last.click()
    await assert_accessible(page)
