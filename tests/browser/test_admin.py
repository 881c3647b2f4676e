"""The admin in a browser, by keyboard alone: nothing is blocked by its content policy, and axe finds no more than what
the theme itself brings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from playwright.async_api import expect

from accounts.actions.audit import record
from accounts.models import User
from providers.models import Attempt
from tests.browser.conftest import OpenPage
from tests.support.axe import assert_accessible
from tests.support.ledger import line, write
from tests.support.rows import make_row
from tests.support.threads import in_thread

# Two regions that scroll have one name; the arrows beside a sorted column are 18 px wide; the column of boxes has no
# heading. All three are of the theme's own templates.
OF_THE_THEME = ("landmark-unique", "target-size", "empty-table-header")


@pytest.fixture
def _rows(admin: User) -> None:
    today = datetime.now(UTC).date()
    write(*(line(today - timedelta(days=number % 20), user=admin, first_token_ms=300 + number) for number in range(60)))
    for _ in range(60):
        make_row(Attempt)


@pytest.mark.usefixtures("_rows")
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
async def test_axe_finds_nothing_of_ours(open_page: OpenPage, admin: User, theme: str, width: int) -> None:
    admin.theme = theme
    await admin.asave()
    page = await open_page("/admin/", user=admin, viewport={"width": width, "height": 844})
    for summary in await page.locator(".dashboard summary").all():
        await summary.click()
    await assert_accessible(page, without=OF_THE_THEME)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "charts and tables fit"
    for path in ("/admin/providers/attempt/", f"/admin/accounts/user/{admin.id}/change/", "/admin/accounts/team/add/"):
        await page.goto(page.url.split("/admin/")[0] + path)
        await assert_accessible(page, without=OF_THE_THEME)
    assert await page.evaluate("document.documentElement.classList.contains('dark')") == (theme == "dark")


@pytest.mark.usefixtures("_rows")
async def test_a_list_is_gone_through_by_keyboard(open_page: OpenPage, admin: User) -> None:
    page = await open_page("/admin/", user=admin)
    await expect(page.get_by_role("heading", name="Figures")).to_be_visible()
    await page.get_by_role("link", name="7 days").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "true")
    await page.get_by_role("link", name="Calls to providers").first.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("60 calls to providers")).to_be_visible()
    await page.get_by_role("link", name="Older").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#result_list .data-row")).to_have_count(10)
    await page.get_by_role("link", name="Newest").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#result_list .data-row")).to_have_count(50)
    await page.get_by_role("button", name="Filters").focus()
    await page.keyboard.press("Enter")
    since = page.get_by_label("From", exact=True)
    await expect(since).to_be_focused()
    await since.fill("2020-01-01T00:00")
    await page.get_by_label("To", exact=True).fill("2020-01-02T00:00")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("0 calls to providers")).to_be_visible()


async def test_a_persons_page_and_the_menu_by_keyboard(open_page: OpenPage, admin: User, alice: User) -> None:
    page = await open_page("/admin/accounts/user/", user=admin)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.get_by_role("link", name=alice.email).focus()
    await page.keyboard.press("Enter")
    await page.get_by_label("First name").fill("Alice")
    await page.get_by_role("checkbox", name="analyst").focus()
    await page.keyboard.press("Space")
    await page.get_by_role("button", name="Save", exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("was changed successfully")).to_be_visible()
    await alice.arefresh_from_db()
    assert alice.first_name == "Alice"
    assert await alice.groups.filter(name="analyst").aexists()
    await page.get_by_role("button", name="admin@example.org").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="Preferences")).to_be_visible()
    await expect(page.get_by_role("button", name="Log out")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
async def test_forms_fit_and_every_field_is_seen(open_page: OpenPage, admin: User, width: int) -> None:
    page = await open_page("/admin/", user=admin, viewport={"width": width, "height": 844})
    for name in ("invitation", "identityprovider", "claimrule", "breach", "terms", "legalhold"):
        await page.goto(page.url.split("/admin/")[0] + f"/admin/accounts/{name}/add/")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        bare = "all => all.filter(one => getComputedStyle(one).borderTopWidth === '0px').map(one => one.name)"
        fields = page.locator("main :is(input, textarea, select):not([type=hidden], [type=checkbox], [class*=select2])")
        assert await fields.evaluate_all(bare) == [], name


async def test_a_time_in_a_list_is_one_line(open_page: OpenPage, admin: User) -> None:
    thing = await in_thread(make_row, Attempt)
    await in_thread(partial(record, "conversation.looked_at", by=admin, concerns=admin, on=thing))
    page = await open_page("/admin/accounts/auditentry/", user=admin)
    time = page.locator("#result_list .field-at").first
    assert await time.evaluate("one => one.clientHeight < 2 * parseFloat(getComputedStyle(one).lineHeight) + 12")
