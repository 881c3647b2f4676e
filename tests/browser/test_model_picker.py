"""The model picker in Chromium: by keyboard alone, by touch, and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from accounts.models import Preferences, User
from chat.models import Conversation
from chat.runs.engine import Engine
from providers.models import AccessLimit, Endpoint, ModelRow
from tests.browser.conftest import OpenPage
from tests.support.axe import assert_accessible
from tests.support.pages import page_holds
from tests.support.turns import begin_turn

LONG = "mistralai/some-extremely-long-model-name-{}-instruct-2411-preview-fp8-dynamic"


@pytest.fixture
def models(alice: User) -> None:
    """A hundred at hand, some with long names, one that isn't for Alice, two that she likes."""
    for name in ("anthropic", "mistral"):
        row = Endpoint(name=name, is_enabled=True)
        row.keep_key("a key that nobody uses")
        row.save()
    Endpoint.objects.create(
        name="lab", label="The lab", is_custom=True, adapter="openai", base_url="http://lab/v1", is_enabled=True
    )
    ModelRow.objects.bulk_create(ModelRow(endpoint="lab", model_id=LONG.format(number)) for number in range(70))
    AccessLimit.objects.create(name="anthropic/claude-opus-5", tiers=["enterprise"])
    Preferences.objects.create(user=alice, favourite_models=["anthropic/claude-sonnet-5-5", "openai/gpt-4o"])


async def opened(page: Page) -> Locator:
    await page.keyboard.press("Control+Shift+M")
    dialog = page.get_by_role("dialog", name="Choose the model")
    await expect(dialog.get_by_role("searchbox", name="Search models")).to_be_focused()
    return dialog


async def test_a_model_is_found_and_picked_by_keyboard(
    open_page: OpenPage, engine: Engine, alice: User, models: None
) -> None:
    conversation = (await begin_turn(engine, alice)).conversation
    page = await open_page(f"/conversations/{conversation.id}/", user=alice)
    await page.get_by_role("textbox", name="Message").fill("Half a sentence")
    dialog = await opened(page)
    assert await dialog.get_by_role("radio").count() > 100
    await page.keyboard.type("claude")
    await expect(dialog.locator("[data-count]")).to_contain_text("Models found:")
    await expect(dialog.get_by_role("group", name="OpenAI")).to_be_hidden()
    await page.keyboard.press("ArrowDown")
    await expect(dialog.get_by_role("radio", name="claude-sonnet-5-5")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    refused = dialog.get_by_role("radio", name="claude-opus-5", exact=True)
    await expect(refused).to_be_focused()
    await expect(refused).to_have_accessible_description(
        "1M $5.00 in · $25.00 out vision tools reasoning JSON Not for your tier"
    )
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_visible()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    for place in (".bar", ".composer"):
        await expect(page.locator(f"{place} .chip")).to_have_text("claude-opus-5-5")
    message = page.get_by_role("textbox", name="Message")
    await expect(message).to_be_focused()
    await page.keyboard.type(", and the rest")
    await expect(message).to_have_value("Half a sentence, and the rest")
    assert (await Conversation.objects.aget()).settings["model"] == "anthropic/claude-opus-5-5"


async def test_enter_takes_the_first_that_was_found_and_escape_takes_none(
    open_page: OpenPage, alice: User, models: None
) -> None:
    page = await open_page("/", user=alice)
    before = await page.locator(".composer .chip").inner_text()
    dialog = await opened(page)
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(page.locator(".composer .chip")).to_have_text(before)
    await opened(page)
    await page.keyboard.type("fp8 name-17-")
    await page.keyboard.press("Enter")
    await expect(page.locator(".composer .chip")).to_have_text(LONG.format(17))
    await expect(page.locator("#composer [name=model]")).to_have_value(f"lab/{LONG.format(17)}")
    await expect(page.get_by_role("textbox", name="Message")).to_be_focused()


async def test_a_model_that_is_not_seen_is_not_used(open_page: OpenPage, alice: User, models: None) -> None:
    page = await open_page("/", user=alice)
    dialog = await opened(page)
    use = dialog.get_by_role("button", name="Use this model")
    await expect(use).to_be_enabled()
    await page.keyboard.type("no such model")
    await expect(dialog.get_by_text("No model is named like that.")).to_be_visible()
    await expect(use).to_be_disabled()
    await dialog.get_by_role("searchbox").fill("claude")
    await expect(use).to_be_disabled()
    await page.keyboard.press("ArrowDown")
    await expect(use).to_be_enabled()


async def test_a_row_keeps_to_its_columns(open_page: OpenPage, alice: User, models: None) -> None:
    page = await open_page("/", user=alice)
    await opened(page)
    heights = await page.locator(".pick-price").evaluate_all("all => all.map((one) => one.offsetHeight)")
    assert heights
    assert max(heights) < 30, "a price stands on one line"


async def test_arrows_walk_what_is_seen_and_lead_back_to_the_search(
    open_page: OpenPage, alice: User, models: None
) -> None:
    page = await open_page("/", user=alice)
    dialog = await opened(page)
    await page.keyboard.press("ArrowDown")
    await expect(dialog.get_by_role("radio", name="Auto")).to_be_focused()
    await page.keyboard.press("End")
    await page_holds(page, "document.activeElement.closest('fieldset') !== null")
    await page.keyboard.press("Home")
    await page.keyboard.press("ArrowUp")
    await expect(dialog.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.type("no such model")
    await expect(dialog.get_by_text("No model is named like that.")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_visible()
    await dialog.get_by_role("searchbox").fill("grok")
    await expect(dialog.get_by_text("xAI isn't switched on here").first).to_be_visible()


async def test_a_star_keeps_the_focus_and_puts_the_model_first_next_time(
    open_page: OpenPage, alice: User, models: None
) -> None:
    page = await open_page("/", user=alice)
    dialog = await opened(page)
    star = dialog.get_by_role("button", name="Favourite: mistral-large-4")
    await star.focus()
    await page.keyboard.press("Enter")
    await expect(star).to_have_attribute("aria-pressed", "true")
    await expect(star).to_be_focused()
    await page.keyboard.press("Escape")
    dialog = await opened(page)
    favourites = dialog.get_by_role("group", name="Favourites")
    await expect(favourites.get_by_role("radio")).to_have_count(3)


async def test_only_this_model_is_switched_by_itself(
    open_page: OpenPage, engine: Engine, alice: User, models: None
) -> None:
    conversation = (await begin_turn(engine, alice)).conversation
    page = await open_page(f"/conversations/{conversation.id}/", user=alice)
    dialog = await opened(page)
    await dialog.get_by_role("checkbox", name="Never answer with another model").check()
    await dialog.get_by_role("button", name="Use this model").click()
    await expect(dialog).to_be_hidden()
    assert (await Conversation.objects.aget()).settings["only_this_model"] is True


async def test_a_tap_picks(open_page: OpenPage, alice: User, models: None) -> None:
    page = await open_page("/", user=alice, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    await page.locator(".composer .chip").tap()
    dialog = page.get_by_role("dialog", name="Choose the model")
    await dialog.get_by_text("claude-opus-5", exact=True).tap(force=True)
    await expect(dialog).to_be_visible()
    await dialog.get_by_text("claude-haiku-5-5", exact=True).tap()
    await expect(page.locator(".composer .chip")).to_have_text("claude-haiku-5-5")
    await expect(page.locator(".composer .chip")).to_be_focused()


async def test_without_javascript_it_is_a_page(open_page: OpenPage, engine: Engine, alice: User, models: None) -> None:
    page = await open_page("/", user=alice, java_script_enabled=False)
    await page.locator(".composer .chip").click()
    await page.get_by_text("claude-haiku-5-5", exact=True).click()
    await page.get_by_role("button", name="Use this model").click()
    await expect(page.locator(".composer .chip")).to_have_text("claude-haiku-5-5")
    await expect(page.locator("#composer [name=model]")).to_have_value("anthropic/claude-haiku-5-5")


@pytest.mark.parametrize("width", [1280, 390])
async def test_axe_finds_nothing(open_page: OpenPage, alice: User, models: None, width: int) -> None:
    page = await open_page("/", user=alice, viewport={"width": width, "height": 844})
    dialog = await opened(page)
    await dialog.get_by_text("More, with other providers").click()
    await assert_accessible(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.goto(f"{page.url}models/")
    await assert_accessible(page)
