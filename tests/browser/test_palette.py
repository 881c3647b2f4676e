"""The command palette in Chromium: a story by keyboard alone, one by touch, and without JavaScript."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from accounts.models import User
from chat.models import Conversation, Message
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.support.axe import assert_accessible
from tests.support.pages import page_holds
from tests.support.turns import begin_turn

COUNT = 120
LONG = "A name so long that no row of any list has room for it, and of which nobody ever reads the end, however wide"


async def long_conversation(engine: Engine, owner: User) -> list[Message]:
    """One with many more messages than a page shows, a branch, and a long name."""
    conversation = (await begin_turn(engine, owner, "the beginning")).conversation
    messages: list[Message] = []
    for number in range(COUNT):
        said = f"number{number} of the pool" + (" is marzipan" if number == 30 else "")
        parent = messages[-1] if messages else None
        messages.append(Message(conversation=conversation, role="user", text=said, parent=parent))
    branch = Message(conversation=conversation, role="user", text="a branch of pistachios", parent=messages[10])
    await Message.objects.abulk_create([*messages, branch])
    await Conversation.objects.aupdate(active_leaf=messages[-1], title=LONG)
    return [*messages, branch]


async def opened(page: Page) -> tuple[Locator, Locator]:
    await page.keyboard.press("Control+KeyK")
    dialog = page.get_by_role("dialog", name="Search and commands")
    field = dialog.get_by_role("combobox")
    await expect(field).to_be_focused()
    return dialog, field


def marked(dialog: Locator) -> Locator:
    return dialog.locator("[role=option][aria-selected=true]")


async def walk_in_a_circle(page: Page) -> None:
    dialog, field = await opened(page)
    await expect(marked(dialog)).to_contain_text(LONG)
    await assert_accessible(page)
    await page.keyboard.press("ArrowDown")
    await expect(marked(dialog)).to_contain_text("New conversation")
    await page.keyboard.press("Home")
    await page.keyboard.press("ArrowUp")
    await expect(marked(dialog)).to_have_text("Status")
    active = await marked(dialog).get_attribute("id")
    await expect(field).to_have_attribute("aria-activedescendant", active or "")
    await page.keyboard.type("sta")
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("textbox", name="Message")).to_be_focused()


async def do_something(page: Page) -> None:
    """Enter is pressed sooner than the rows of what was typed come."""
    dialog, _field = await opened(page)
    await page.keyboard.type("theme dark")
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await page_holds(page, "document.documentElement.dataset.theme === 'dark'")
    await opened(page)
    await page.keyboard.type("choose")
    await expect(marked(dialog)).to_contain_text("Choose the model")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name="Choose the model")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("textbox", name="Message")).to_have_value("Half a sentence")


async def find_nothing_then_what_is_far_back(page: Page) -> None:
    dialog, field = await opened(page)
    await page.keyboard.type("qqqq")
    await expect(dialog.get_by_text("Nothing has “qqqq” in it.").first).to_be_visible()
    await expect(field).to_have_attribute("aria-expanded", "false")
    await assert_accessible(page)
    await field.fill("marzipan")
    await expect(marked(dialog)).to_contain_text("number30 of the pool is marzipan")
    await expect(marked(dialog).locator("mark")).to_have_text("marzipan")
    await assert_accessible(page)
    await page.keyboard.press("Enter")
    hit = page.locator("article:target")
    await expect(hit).to_contain_text("marzipan")
    await expect(hit).to_be_in_viewport()
    await page_holds(page, "document.documentElement.dataset.theme === 'dark'")
    await assert_accessible(page)
    await page.get_by_role("link", name="Newer messages").press("Enter")
    await expect(page.locator("article:target")).to_contain_text("number60")
    await page.get_by_role("link", name="Go to the latest").press("Enter")
    await expect(page.get_by_text(f"number{COUNT - 1} of")).to_be_in_viewport()


async def find_what_the_page_shows_anyway(page: Page) -> None:
    """It stays there, though the conversation goes on below it."""
    dialog, _field = await opened(page)
    await page.keyboard.type(f'"number{COUNT - 40}"')
    await expect(marked(dialog)).to_contain_text(f"number{COUNT - 40}")
    await page.keyboard.press("Enter")
    await expect(page.locator("article:target")).to_be_in_viewport()
    await expect(page.get_by_role("button", name="Jump to latest")).to_be_visible()


async def find_and_show_a_branch(page: Page) -> None:
    dialog, _field = await opened(page)
    await page.keyboard.type("pistachio")
    await expect(marked(dialog)).to_contain_text("a branch of pistachios")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Show this branch").press("Enter")
    await expect(page.locator("article:target")).to_contain_text("pistachios")
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()


async def test_everything_is_reached_by_keyboard(open_page: OpenPage, engine: Engine, alice: User) -> None:
    messages = await long_conversation(engine, alice)
    page = await open_page("/", user=alice)
    await page.get_by_role("textbox", name="Message").fill("Half a sentence")
    await walk_in_a_circle(page)
    await do_something(page)
    await find_nothing_then_what_is_far_back(page)
    await find_what_the_page_shows_anyway(page)
    await find_and_show_a_branch(page)
    assert (await Conversation.objects.aget()).active_leaf_id == messages[-1].id


async def test_by_touch_on_a_phone_and_on_the_page_of_results(
    open_page: OpenPage, engine: Engine, alice: User, console: list[str]
) -> None:
    await long_conversation(engine, alice)
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = await open_page("/", user=alice, **phone)
    await page.get_by_role("button", name="Conversations").tap()
    await page.get_by_role("link", name="Search").tap()
    dialog = page.get_by_role("dialog", name="Search and commands")
    await expect(dialog).to_be_visible()
    await dialog.get_by_role("combobox").fill("marzipan")
    row = dialog.get_by_role("option", name="marzipan")
    await expect(row).to_be_visible()
    low = "[...document.querySelectorAll('.palette-row, .palette-foot a')].filter((one) => one.offsetHeight < 44)"
    assert await page.evaluate(f"{low}.length") == 0
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await assert_accessible(page)
    await dialog.get_by_role("link", name="All results, with filters").tap()
    await expect(page.locator(".results mark")).to_have_text(["marzipan"])
    await page.get_by_text("Filters", exact=True).tap()
    await assert_accessible(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_label("To").fill("2020-01-31")
    await page.get_by_role("button", name="Search").tap()
    await expect(page.get_by_text("Nothing has “marzipan” in it.")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("link", name="Search without filters").tap()
    await page.locator(".results .hit").tap()
    await expect(page.locator("article:target")).to_be_in_viewport()
    await assert_accessible(page)


async def test_without_javascript_it_is_a_page(open_page: OpenPage, engine: Engine, alice: User) -> None:
    await long_conversation(engine, alice)
    page = await open_page("/", user=alice, java_script_enabled=False)
    await page.get_by_role("link", name="Search").click()
    await page.get_by_role("searchbox").fill("pool")
    await page.get_by_role("button", name="Search").click()
    await page.get_by_role("link", name="All in this conversation").click()
    await page.get_by_role("link", name="More results").click()
    await expect(page.locator(".results .hit")).to_have_count(20)
    await page.locator(".results .hit").last.click()
    await expect(page.locator("article:target")).to_contain_text(f"number{COUNT - 40}")
