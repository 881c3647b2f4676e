"""Sorting conversations in Chromium: by pointer, by keyboard alone, by touch and without JavaScript."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.async_api import Locator, Page, expect

from accounts.models import User
from chat.models import Conversation, Folder, Tag
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.support.axe import assert_accessible
from tests.support.turns import DEADLINE_S

LONG = "Household matters and everything else that did not find a place in any of the other folders that there are"
MANY = 60


@pytest.fixture
def conversations(alice: User) -> list[Conversation]:
    """Sixty, the last of which are on a second page; one with tags, in a folder with a long name."""
    now = timezone.now()
    made = Conversation.objects.bulk_create(
        Conversation(owner=alice, title=f"Number {number:02}", active_at=now - timedelta(minutes=number))
        for number in range(MANY)
    )
    folder = Folder.objects.create(owner=alice, name=LONG[:100], key=LONG[:100].casefold())
    Conversation.objects.filter(id=made[2].id).update(folder=folder)
    made[2].tags.add(Tag.objects.create(owner=alice, name="urgent", key="urgent"))
    return made


async def top_of(shown: Locator) -> float:
    box = await shown.bounding_box()
    assert box is not None
    return box["y"]


async def menu_of(page: Page, title: str) -> None:
    row = page.locator("#sidebar-list .conversation", has_text=title)
    await row.hover()
    await row.get_by_role("button", name=f"More: {title}").click()


async def test_several_are_selected_archived_and_brought_back(
    open_page: OpenPage, engine: Engine, alice: User, conversations: list[Conversation]
) -> None:
    page = await open_page("/conversations/manage/", user=alice)
    rows, sidebar = page.locator(".shelf-row"), page.locator("#sidebar-list .conversation")
    await expect(page.get_by_role("button", name="Archive")).to_be_hidden()
    await assert_accessible(page)
    await sidebar.last.scroll_into_view_if_needed()
    await expect(sidebar).to_have_count(MANY)
    await page.get_by_label("Select “Number 01”").check()
    await page.get_by_label("Select “Number 04”").click(modifiers=["Shift"])
    await expect(page.locator(".selected")).to_have_text("Selected: 4")
    await assert_accessible(page)
    await page.get_by_role("button", name="Archive").press("Enter")
    toast = page.locator("timed-toast", has_text="4 conversations were archived.")
    # Fetched anew, the list beside goes as far as before.
    await expect(sidebar).to_have_count(MANY - 4)
    await expect(rows.first).to_contain_text("Number 00")
    await expect(rows.nth(1)).to_contain_text("Number 05")
    await expect(sidebar.nth(1)).to_have_text("Number 05")
    select_all = page.get_by_role("button", name="Select all shown")
    await expect(select_all).to_be_focused()
    await toast.get_by_role("button", name="Undo").press("Enter")
    await expect(rows.nth(1)).to_contain_text("Number 01")
    await expect(sidebar.nth(1)).to_have_text("Number 01")
    await expect(toast).to_have_count(0)
    await expect(select_all).to_be_focused()
    # The rest comes as one scrolls, and can be selected with what was there.
    await rows.last.scroll_into_view_if_needed()
    await expect(rows).to_have_count(MANY)
    await select_all.click()
    await expect(page.locator(".selected")).to_have_text(f"Selected: {MANY}")
    await page.get_by_role("button", name="Delete").click()
    await expect(page.locator(".nothing-here")).to_be_visible()
    await expect(sidebar).to_have_count(0)
    await page.goto(page.url.replace("/conversations/manage/", "/trash/"))
    await page.get_by_role("button", name="Empty the trash").click()
    dialog = page.get_by_role("dialog", name="Delete for good")
    await expect(dialog).to_contain_text(f"{MANY} conversations will be deleted")
    await assert_accessible(page)
    await dialog.get_by_role("button", name="Delete for good").click()
    await expect(dialog).to_be_hidden()
    await expect(rows).to_have_count(0)


async def test_a_folder_and_tags_by_keyboard_alone(
    open_page: OpenPage, engine: Engine, alice: User, conversations: list[Conversation]
) -> None:
    page = await open_page(f"/conversations/{conversations[0].id}/", user=alice)
    other = await open_page(f"/conversations/{conversations[0].id}/", user=alice)
    await page.get_by_role("link", name="New folder").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Name")).to_be_focused()
    await page.keyboard.type("Work")
    await page.keyboard.press("Enter")
    for shown in (page, other):
        await expect(shown.locator("#sidebar-folders .folder")).to_have_count(2)
    await expect(page.get_by_role("link", name="New folder")).to_be_focused()
    more = page.get_by_role("button", name="More: Number 00")
    await more.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#row-menu").get_by_role("link", name="Rename")).to_be_focused()
    await assert_accessible(page)
    await page.keyboard.press("Escape")
    await expect(more).to_be_focused()
    await page.keyboard.press("Enter")
    await page.locator("#row-menu").get_by_role("link", name="Move to folder…").press("Enter")
    dialog = page.get_by_role("dialog", name="Move to folder")
    await expect(dialog.get_by_label("None")).to_be_focused()
    await assert_accessible(page)
    await dialog.get_by_label("Work").check()
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await page.get_by_role("button", name="Conversation menu").press("Enter")
    await page.locator("#conversation-menu").get_by_role("link", name="Tags…").press("Enter")
    await page.get_by_label("New tags").fill("to read, urgent")
    await page.keyboard.press("Enter")
    # The menu of the other page names them as soon as that of this one does.
    for shown in (page, other):
        await expect(shown.locator("#conversation-menu .labels")).to_have_text("Workto readurgent")
    # Loaded anew, its list is at rest: what was done is on its way to the page no more.
    await page.reload()
    await menu_of(page, "Number 30")
    await page.locator("#row-menu").get_by_role("button", name="Pin").press("Enter")
    for shown in (page, other):
        await expect(shown.locator("#sidebar-pinned + .conversation")).to_have_text("Number 30")
        await expect(shown.locator("#sidebar-list [aria-current=page]")).to_have_text("Number 00")
    await expect(page.get_by_role("button", name="More: Number 30")).to_be_focused()
    await page.locator("#sidebar-folders").get_by_role("link", name="Work").press("Enter")
    # Before its scripts are there, a menu's button leads to a page of its own.
    await page.wait_for_url("**/folders/**")
    await expect(page.locator(".shelf-row")).to_have_count(1)
    await page.get_by_role("button", name="More: Work").press("Enter")
    await page.locator("#row-menu").get_by_role("link", name="Rename").press("Enter")
    await expect(page.locator("#sidebar-folders input[name=name]")).to_be_focused()
    await page.keyboard.type("Play")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Play")
    await page.get_by_role("button", name="More: Play").press("Enter")
    await page.locator("#row-menu").get_by_role("button", name="Delete the folder").press("Enter")
    await expect(page.get_by_role("heading", name="What are you working on?")).to_be_visible()
    await expect(page.locator("#sidebar-folders .folder")).to_have_count(1)
    await page.get_by_role("button", name="Undo").press("Enter")
    await expect(page.locator("#sidebar-folders").get_by_role("link", name="Play")).to_be_visible()


async def test_an_open_menu_stays_with_its_row_while_the_list_is_fetched_anew(
    open_page: OpenPage, engine: Engine, alice: User, conversations: list[Conversation]
) -> None:
    # High enough for the menu to open below its row, wherever that goes.
    page = await open_page(
        f"/conversations/{conversations[0].id}/", user=alice, viewport={"width": 1280, "height": 1100}
    )
    other = await open_page("/", user=alice)
    await menu_of(page, "Number 05")
    menu = page.locator("#row-menu")
    await expect(menu.get_by_role("link", name="Rename")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(menu.get_by_role("button", name="Pin")).to_be_focused()
    above = await top_of(menu)
    await menu_of(other, "Number 09")
    await other.locator("#row-menu").get_by_role("button", name="Pin").click()
    await expect(page.locator("#sidebar-pinned + .conversation")).to_have_text("Number 09")
    await expect(menu.get_by_role("button", name="Pin")).to_be_focused()
    assert await top_of(menu) > above
    await page.keyboard.press("Escape")
    await expect(menu).to_be_hidden()
    await expect(page.get_by_role("button", name="More: Number 05")).to_be_focused()
    # Of a row that is deleted the next one has it.
    await page.keyboard.press("Enter")
    await menu.get_by_role("button", name="Delete").press("Enter")
    await expect(page.get_by_role("button", name="More: Number 06")).to_be_focused()
    await page.get_by_role("button", name="Undo").press("Enter")
    await expect(page.get_by_role("button", name="More: Number 05")).to_be_attached()
    await expect(page.get_by_role("button", name="More: Number 06")).to_be_focused()


async def test_the_keyboard_stays_on_a_row_that_is_fetched_anew(
    open_page: OpenPage, engine: Engine, alice: User, conversations: list[Conversation]
) -> None:
    page = await open_page(f"/conversations/{conversations[0].id}/", user=alice)
    other = await open_page("/", user=alice)
    row = page.locator("#sidebar-list").get_by_role("link", name="Number 05")
    await row.focus()
    await menu_of(other, "Number 09")
    await other.locator("#row-menu").get_by_role("button", name="Pin").click()
    await expect(page.locator("#sidebar-pinned + .conversation")).to_have_text("Number 09")
    await expect(row).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Number 05")


async def test_a_conversation_is_fetched_while_the_pointer_rests_on_it(
    open_page: OpenPage, engine: Engine, alice: User, conversations: list[Conversation]
) -> None:
    page = await open_page("/", user=alice)
    session = await page.context.new_cdp_session(page)
    is_ready = asyncio.Event()
    session.on("Preload.prefetchStatusUpdated", lambda event: is_ready.set() if event["status"] == "Ready" else None)
    await session.send("Preload.enable")
    link = page.locator("#sidebar-list").get_by_role("link", name="Number 03")
    await link.hover()
    async with asyncio.timeout(DEADLINE_S):
        await is_ready.wait()
    # What happens from then on isn't on the page that was fetched.
    fresh = Conversation(owner=alice, title="Begun meanwhile", active_at=timezone.now())
    await engine.database.run(fresh.save)
    await link.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Number 03")
    assert await page.evaluate("performance.getEntriesByType('navigation')[0].deliveryType") == "navigational-prefetch"
    await expect(page.locator("#sidebar-list .conversation").first).to_have_text("Begun meanwhile")
    await expect(page.locator("#sidebar-list [aria-current=page]")).to_have_text("Number 03")


@pytest.mark.parametrize("width", [1280, 390])
async def test_the_trash_says_how_long_it_keeps_with_space_above(
    open_page: OpenPage, alice: User, conversations: list[Conversation], width: int
) -> None:
    await Conversation.objects.filter(id=conversations[0].id).aupdate(trashed_at=timezone.now())
    page = await open_page("/trash/", user=alice, viewport={"width": width, "height": 844})
    bar = await page.locator(".bar").bounding_box()
    assert bar is not None
    # As much as every page has.
    assert await top_of(page.get_by_text("stay here for 30 days").first) - bar["height"] == 32


async def test_on_a_phone(open_page: OpenPage, engine: Engine, alice: User, conversations: list[Conversation]) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = await open_page("/conversations/manage/", user=alice, **phone)
    await page.get_by_label("Select “Number 02”").tap()
    await assert_accessible(page)
    await page.get_by_role("button", name="Add a tag…").tap()
    await page.get_by_label("Tag", exact=True).fill("to read")
    await page.get_by_role("button", name="Add", exact=True).tap()
    await expect(page.locator(".shelf-row").nth(2)).to_contain_text("to read")
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await page.get_by_role("button", name="Conversations").tap()
    await page.get_by_role("button", name="More: Number 01").tap()
    await assert_accessible(page)
    await page.locator("#row-menu").get_by_role("button", name="Archive").tap()
    await expect(page.locator("timed-toast", has_text="The conversation was archived.")).to_be_visible()
    await expect(page.locator("#sidebar-list .conversation", has_text="Number 01")).to_have_count(0)


async def test_without_javascript(
    open_page: OpenPage, engine: Engine, alice: User, conversations: list[Conversation]
) -> None:
    page = await open_page("/conversations/manage/", user=alice, java_script_enabled=False)
    await page.get_by_label("Select “Number 01”").check()
    await page.get_by_role("button", name="Move…").click()
    await page.get_by_label("Or a new folder").fill("Work")
    await page.get_by_role("button", name="Move").click()
    await expect(page.get_by_text("1 conversation was moved.")).to_be_visible()
    await page.locator("#sidebar-folders").get_by_role("link", name="Work").click()
    await expect(page.locator(".shelf-row")).to_have_count(1)
    await page.locator("#sidebar-list .conversation", has_text="Number 05").hover()
    await page.get_by_role("button", name="More: Number 05").click()
    await page.get_by_role("button", name="Archive").click()
    await expect(page.get_by_text("This conversation is archived.")).to_be_visible()
