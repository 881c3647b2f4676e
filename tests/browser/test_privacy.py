"""Terms, the page of privacy, health data and erasure in Chromium, on a phone and on a wide screen, in both themes."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from accounts.actions.consents import publish_terms
from accounts.models import ErasureRequest, Terms, User
from chat.models import Conversation
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.support.answers import make_plain
from tests.support.axe import assert_accessible

TERMS = "Be kind to each other.\n\n" + "Nobody reads this to its end, which is why it is long.\n\n" * 40


@pytest.mark.parametrize("width", [1280, 390])
async def test_from_the_terms_to_the_erasure(
    open_page: OpenPage, engine: Engine, alice: User, admin: User, console: list[str], width: int
) -> None:
    await engine.database.run(lambda: publish_terms(terms=Terms(text=TERMS), by=admin))
    page = await open_page("/preferences/", user=alice, viewport={"width": width, "height": 844})
    await expect(page.get_by_role("heading", name="Terms")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_label("I agree to these terms").check()
    await page.get_by_role("button", name="Go on").click()
    await page.get_by_role("link", name="Privacy: your data").click()
    await expect(page.get_by_role("heading", name="Your data")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_label("Analytics").check()
    await page.get_by_role("button", name="Save").click()
    await page.get_by_text("What you decided when").click()
    await expect(page.get_by_text("not agreed").first).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("button", name="Make the file").click()
    await expect(page.get_by_text("A file is being made.")).to_be_visible()
    await page.get_by_role("link", name="Erase your account…").click()
    await page.get_by_label("Password").fill("a long enough password")
    await page.get_by_role("button", name="Go on").click()
    await assert_accessible(page)
    await page.get_by_role("button", name="Erase my account").click()
    await expect(page.get_by_text("Your account will be erased on")).to_be_visible()
    await assert_accessible(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.get_by_role("button", name="Keep my account").first.click()
    await expect(page.get_by_text("Your account stays.")).to_be_visible()
    assert await engine.database.run(lambda: ErasureRequest.objects.get().status) == "cancelled"
    assert console == []


async def test_health_data_is_marked_from_the_menu(
    open_page: OpenPage, engine: Engine, alice: User, console: list[str]
) -> None:
    conversation = await engine.database.run(lambda: make_plain(alice).message.conversation)
    page = await open_page(f"/conversations/{conversation.id}/", user=alice)
    await page.get_by_role("button", name="Conversation menu").click()
    await page.get_by_role("link", name="Health data…").click()
    await expect(page.get_by_role("dialog")).to_contain_text("30 days after its last message")
    await assert_accessible(page)
    await page.get_by_role("dialog").get_by_role("button", name="Mark it").click()
    await expect(page.get_by_text("Health data is kept with your consent only.")).to_be_visible()
    assert "status of 422" in console.pop()
    await page.get_by_label("I agree that this site keeps").check()
    await page.get_by_role("dialog").get_by_role("button", name="Mark it").click()
    await expect(page.get_by_text("Marked as health data")).to_be_visible()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert await engine.database.run(lambda: Conversation.objects.get().is_health)
