"""Budgets and estimates in a browser: what is refused keeps the text, what is typed is estimated, without a reload."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.async_api import expect
from pytest_django import Settings

from accounts.models import User
from convoscope.settings import env
from providers.actions.ledger import write_lines
from providers.contract import Payer
from tests.browser.conftest import OpenPage, assert_refused_quietly
from tests.support.axe import assert_accessible
from tests.support.spending import PRICED, line, make_api_key, make_budget, make_team
from tests.support.threads import in_thread


@pytest.fixture
def priced(settings: Settings) -> None:
    settings.PROVIDERS = {"anthropic": env.Provider(api_key="k", base_url="", model=PRICED, timeout_s=30)}


def spend(user: User, count: int) -> None:
    write_lines([line(Payer(user.id), (count, 0))])


async def test_what_is_typed_is_estimated_and_what_is_refused_is_kept(
    open_page: OpenPage, alice: User, priced: None, console: list[str], settings: Settings
) -> None:
    settings.COST_ESTIMATE_MIN_USD = 0.002
    page = await open_page(user=alice)
    text, estimate = page.locator("#text"), page.locator("cost-estimate")
    await text.press_sequentially("What is a budget?")
    await expect(estimate).to_have_text("about $0.004")
    await page.locator(".composer .chip").click()
    await page.get_by_text("Auto", exact=True).click()
    await expect(estimate).to_have_text("up to about $0.0401")
    await text.fill("")
    await expect(estimate).to_be_empty()
    await in_thread(make_budget, limit="100")
    await in_thread(spend, alice, 100)
    await page.reload()
    line_above = page.locator("#budget-line")
    await expect(line_above).to_contain_text("Your monthly budget of 100 tokens is used up.")
    await text.fill("What is a budget?")
    await text.press("Enter")
    await expect(page.locator("#composer-error")).to_contain_text("Your monthly budget of 100 tokens is used up.")
    # Once is enough.
    await expect(line_above).to_be_hidden()
    assert await text.input_value() == "What is a budget?"
    assert [complaint for complaint in console if "402" in complaint]
    console.clear()
    await assert_accessible(page)
    await text.press_sequentially(" And why?")
    await expect(line_above).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_table_too_wide_for_a_phone_has_a_shade_where_there_is_more(
    open_page: OpenPage, alice: User, theme: str
) -> None:
    await in_thread(spend, alice, 100)
    page = await open_page("/usage/", user=alice, viewport={"width": 390, "height": 844}, color_scheme=theme)
    frame = page.locator(".table-frame")

    async def shaded() -> tuple[bool, bool]:
        """Whether its ends, above the words, are of another grey than what is between them."""
        picture = Image.open(io.BytesIO(await frame.screenshot())).convert("L")
        start, paper, end = (
            picture.crop((x, 2, x + 1, 3)).tobytes()[0] for x in (1, picture.width // 2, picture.width - 2)
        )
        return abs(start - paper) > 8, abs(end - paper) > 8

    assert await shaded() == (False, True)
    await frame.evaluate("frame => (frame.scrollLeft = frame.scrollWidth)")
    assert await shaded() == (True, False)


async def test_an_administrator_adds_changes_and_removes_a_budget(
    open_page: OpenPage, alice: User, admin: User, console: list[str]
) -> None:
    page = await open_page(user=admin)
    await page.get_by_role("button", name="admin@example.org").click()
    await page.get_by_role("link", name="Budgets").click()
    await page.get_by_label("For", exact=True).select_option("A person")
    await page.get_by_label("Whose").fill("alicia@example.org")
    await page.get_by_label("Limit", exact=True).fill("12.50")
    await page.get_by_role("button", name="Add").click()
    await expect(page.get_by_text("Nobody has an account with this e-mail address.")).to_be_visible()
    assert await page.get_by_label("Limit", exact=True).input_value() == "12.50"
    assert_refused_quietly(console)
    await page.get_by_label("Whose").fill("alice@example.org")
    await page.get_by_role("button", name="Add").click()
    row = page.locator(".row", has_text="alice@example.org, per month")
    await expect(row).to_contain_text("$0.00 of $12.50 used")
    await row.get_by_text("Change the limit").click()
    await row.get_by_label("Limit in US dollars").fill("20")
    await row.get_by_role("button", name="Save").click()
    await expect(row).to_contain_text("$0.00 of $20.00 used")
    await row.get_by_role("button", name="Put out of use").click()
    await expect(row.locator(".state")).to_have_text("Out of use")
    await row.get_by_text("Remove", exact=True).click()
    await row.get_by_role("button", name="Remove it").click()
    await expect(page.get_by_role("status").first).to_contain_text("is removed.")
    await expect(row).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 390])
async def test_axe_finds_nothing(open_page: OpenPage, alice: User, admin: User, width: int) -> None:
    await in_thread(fill, alice, admin)
    options = {"viewport": {"width": width, "height": 844}}
    for path in ("/budgets/", "/usage/", "/"):
        page = await open_page(path, user=admin, **options)
        await page.evaluate("document.querySelectorAll('.page details').forEach((one) => (one.open = true))")
        await assert_accessible(page)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def fill(alice: User, admin: User) -> None:
    """Budgets that are well, near their end and used up."""
    key = make_api_key(admin)
    payer = Payer(admin.id, make_team("Research and development of everything", alice, admin).id, key.id)
    write_lines([line(payer, (850_000, 0)), line(payer, (9_000, 10), endpoint="ollama", model="llama-4:70b")])
    make_budget("site", unit="money", limit="500")
    make_budget("team", "Research and development of everything", unit="money", limit="1")
    make_budget(target=admin.email, limit="100000")
    make_budget("api_key", key.prefix, "day", limit="900000")
