"""The page of the providers in a browser: what is refused keeps what was typed, what works needs no reload."""

from __future__ import annotations

import pytest
from playwright.async_api import expect
from pytest_django import Settings

from accounts.models import User
from tests.browser.conftest import OpenPage, assert_refused_quietly
from tests.support.axe import assert_accessible
from tests.support.vendors import Answer, Refusal, VendorServer
from tests.support.vendors.calling import KEY


async def test_a_key_is_pasted_tested_and_removed(open_page: OpenPage, admin: User, console: list[str]) -> None:
    async with VendorServer() as vendors:
        vendors.will(Refusal("unauthorized"), Answer())
        page = await open_page("/providers/", user=admin)
        row = page.locator("#endpoint-anthropic")
        await expect(row.locator(".state")).to_have_text("Off")
        await row.get_by_text("Add a key").click()
        await row.get_by_text("Advanced").click()
        await row.get_by_label("Key").fill(KEY)
        await row.get_by_label("Address of the API").fill(f"{vendors.url}?a=b")
        await row.get_by_role("button", name="Save and test").click()
        await expect(row.get_by_text("Leave out what follows the ? or #")).to_be_visible()
        assert await row.get_by_label("Key").input_value() == KEY
        assert_refused_quietly(console)
        await row.get_by_label("Address of the API").fill(vendors.url)
        await row.get_by_role("button", name="Save and test").click()
        await expect(row.locator(".state")).to_contain_text("Saved, but not in use: Anthropic refused the key.")
        await row.get_by_role("button", name="Test again").click()
        await expect(row.locator(".state")).to_have_text("On, with the key that ends in …6789")
        await expect(page.get_by_role("status").first).to_contain_text("Anthropic works")
        await assert_accessible(page)
        await row.get_by_text("Remove", exact=True).click()
        await row.get_by_role("button", name="Remove it").click()
        await expect(row.locator(".state")).to_have_text("Off")
        assert KEY not in await page.content()
        assert len(vendors.requests) == 2


async def test_a_server_under_a_name_of_ones_own(open_page: OpenPage, admin: User, console: list[str]) -> None:
    async with VendorServer() as vendors:
        vendors.models = ["llama", "qwen"]
        vendors.will(Answer())
        page = await open_page("/providers/", user=admin)
        await page.get_by_role("link", name="Add a server").click()
        await page.get_by_label("Name", exact=True).fill("openai")
        await page.get_by_label("What people see").fill("The lab")
        await page.get_by_label("Address of the API").fill(f"{vendors.url}/v1")
        await page.get_by_role("button", name="Save and test").click()
        await expect(page.get_by_text("“openai” is reserved.")).to_be_visible()
        await page.get_by_label("Name", exact=True).fill("lab")
        await page.get_by_role("button", name="Save and test").click()
        await expect(page.get_by_text("It has llama, qwen.")).to_be_visible()
        await assert_accessible(page)
        await page.get_by_label("Model of new conversations").fill("llama")
        await page.get_by_role("button", name="Save and test").click()
        row = page.locator("#endpoint-lab")
        await expect(row.locator(".state")).to_have_text("On")
        await row.get_by_role("link", name="Models and access").click()
        await page.get_by_role("button", name="Ask it for its models").click()
        await expect(page.get_by_role("checkbox", name="qwen")).to_be_checked()
        await assert_accessible(page)
        await page.get_by_role("button", name="Add those that are ticked").click()
        await page.get_by_role("link", name="Change qwen").click()
        await page.get_by_label("What people see").fill("Qwen at the lab")
        await page.get_by_label("Input", exact=True).fill("0.5")
        await page.get_by_label("Output", exact=True).fill("1")
        await assert_accessible(page)
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.get_by_role("heading", name="Qwen at the lab")).to_be_visible()
        await expect(page.get_by_text("8K · $0.50 in · $1.00 out")).to_be_visible()
    assert_refused_quietly(console)


@pytest.mark.parametrize("width", [1280, 390])
async def test_keys_of_ones_own(open_page: OpenPage, admin: User, settings: Settings, width: int) -> None:
    settings.OWN_KEYS_ALLOWED = True
    page = await open_page("/preferences/", user=admin, viewport={"width": width, "height": 844})
    await page.get_by_role("link", name="Your own provider keys").click()
    await page.locator("#main summary").first.click()
    await expect(page.get_by_label("Key for OpenAI")).to_be_visible()
    await assert_accessible(page)


@pytest.mark.parametrize("width", [1280, 390])
async def test_axe_finds_nothing(open_page: OpenPage, admin: User, width: int) -> None:
    page = await open_page("/providers/", user=admin, viewport={"width": width, "height": 844})
    await page.locator("#endpoint-ollama summary").first.click()
    await assert_accessible(page)
    await page.goto(f"{page.url.removesuffix('/providers/')}/conversations/list/")
    await assert_accessible(page)
