"""The sidebar, the dialogs and the keyboard, in Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, expect

from accounts.models import User
from chat.actions.conversations import restore_conversation, trash_conversation
from chat.models import Conversation
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage, assert_refused_quietly
from tests.support.pages import page_holds, pasted
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import begin_turn, until

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


async def begin(engine: Engine, owner: User, text: str) -> Conversation:
    return (await begin_turn(engine, owner, text)).conversation


async def answered(engine: Engine, owner: User, script: ScriptedAdapter, *pieces: str) -> Conversation:
    conversation = await begin(engine, owner, "First question")
    script.say(*pieces)
    script.finish()
    return conversation


async def test_rename_in_place_by_keyboard(open_page: OpenPage, engine: Engine, alice: User) -> None:
    conversation = await begin(engine, alice, "How do pools work?")
    page = await open_page(f"/conversations/{conversation.id}/", user=alice)
    row = page.locator("#sidebar-list .conversation", has_text="How do pools work?")
    await rename(page, row)
    field = page.locator("#sidebar-list input[name=title]")
    await expect(field).to_be_focused()
    await field.press("Escape")
    await expect(row.locator("a")).to_have_text("How do pools work?")
    await rename(page, row)
    await expect(field).to_be_focused()
    await page.keyboard.type("Pools")
    await page.keyboard.press("Enter")
    await expect(page.locator("#sidebar-list .conversation a")).to_have_text("Pools")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Pools")
    await expect(page).to_have_title("Pools · Convoscope")


async def test_what_is_wrong_with_a_name_is_gone_once_the_field_is_left(
    open_page: OpenPage, engine: Engine, alice: User, console: list[str]
) -> None:
    conversation = await begin(engine, alice, "How do pools work?")
    page = await open_page(f"/conversations/{conversation.id}/", user=alice)
    row = page.locator("#sidebar-list .conversation", has_text="How do pools work?")
    await rename(page, row)
    field, toast = page.locator("#sidebar-list input[name=title]"), page.get_by_text("Please enter a title")
    await field.fill(" ")
    for _ in range(2):
        await field.press("Enter")
        await expect(toast).to_have_count(1)
    await field.press("Escape")
    await expect(row.locator("a")).to_have_text("How do pools work?")
    await expect(toast).to_have_count(0)
    assert_refused_quietly(console)


async def rename(page: Page, row: Locator) -> None:
    await row.hover()
    await row.get_by_role("button", name="More: How do pools work?").click()
    await page.locator("#row-menu").get_by_role("link", name="Rename").click()


async def test_delete_of_the_open_conversation_and_undo(open_page: OpenPage, engine: Engine, alice: User) -> None:
    conversation = await begin(engine, alice, "How do pools work?")
    page = await open_page(f"/conversations/{conversation.id}/", user=alice)
    await page.get_by_role("button", name="Conversation menu").click()
    await page.locator("#conversation-menu").get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("heading", name="What are you working on?")).to_be_visible()
    await expect(page.locator("#sidebar-list .conversation")).to_have_count(0)
    assert page.url.endswith("/")
    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator("#sidebar-list .conversation")).to_have_text("How do pools work?")
    await expect(page.locator("timed-toast")).to_have_count(0)


async def open_settings(page: Page) -> None:
    await page.get_by_role("button", name="Conversation menu").click()
    await page.locator("#conversation-menu").get_by_role("link", name="Model and settings").click()


async def test_settings_of_a_conversation(open_page: OpenPage, engine: Engine, alice: User) -> None:
    conversation = await begin(engine, alice, "How do pools work?")
    page = await open_page(f"/conversations/{conversation.id}/", user=alice)
    second = await open_page(f"/conversations/{conversation.id}/", user=alice)
    await open_settings(page)
    dialog = page.get_by_role("dialog", name="Model and settings")
    await dialog.get_by_label("Temperature").fill("1.2")
    await dialog.get_by_label("System prompt").fill("Answer in verse.")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()
    await open_settings(page)
    await expect(dialog.get_by_label("Temperature")).to_have_value("1.2")
    await dialog.get_by_label("Model", exact=True).select_option("offline/convoscope-offline")
    await dialog.get_by_role("button", name="Save").click()
    for place in (".bar .chip", ".composer .chip"):
        await expect(page.locator(place)).to_have_text("convoscope-offline")
        await expect(second.locator(place)).to_have_text("convoscope-offline")


async def test_refused_settings_stay_typed(
    open_page: OpenPage, engine: Engine, alice: User, console: list[str]
) -> None:
    conversation = await begin(engine, alice, "How do pools work?")
    page = await open_page(f"/conversations/{conversation.id}/", user=alice)
    await open_settings(page)
    dialog = page.get_by_role("dialog", name="Model and settings")
    await dialog.get_by_label("System prompt").fill("Answer in verse.")
    await dialog.get_by_label("Temperature").fill("7")
    await page.evaluate("document.querySelector('dialog form.form').noValidate = true")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.locator(".field-error")).to_contain_text("Enter a number from 0 to 2.")
    await expect(dialog.get_by_label("Temperature")).to_be_focused()
    await expect(dialog.get_by_label("System prompt")).to_have_value("Answer in verse.")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Conversation menu").click()
    await page.get_by_role("link", name="Rename").click()
    await expect(page.get_by_label("Title")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Conversation menu")).to_be_focused()
    assert_refused_quietly(console)


async def test_drawer_on_a_phone(open_page: OpenPage, engine: Engine, alice: User) -> None:
    await begin(engine, alice, "How do pools work?")
    page = await open_page("/", user=alice, **PHONE)
    await expect(page.locator("#sidebar")).to_be_hidden()
    await page.get_by_role("button", name="Conversations").click()
    await expect(page.locator("#sidebar")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#sidebar")).to_be_hidden()
    await page.get_by_role("button", name="Conversations").click()
    await page.locator("#sidebar").get_by_role("link", name="How do pools work?").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("How do pools work?")
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_sidebar_put_away_stays_away(open_page: OpenPage, alice: User) -> None:
    page = await open_page("/", user=alice)
    await page.keyboard.press("Control+Shift+S")
    await expect(page.locator("#sidebar")).to_be_hidden()
    await page.reload()
    await expect(page.locator("#sidebar")).to_be_hidden()
    await page.get_by_role("button", name="Conversations").click()
    await expect(page.locator("#sidebar")).to_be_visible()


async def test_shortcuts(open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter) -> None:
    conversation = await answered(engine, alice, script, "Look:\n\n```py\nx = 1\n```\n\nThat is **all**.")
    page = await open_page(f"/conversations/{conversation.id}/", user=alice)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await page.keyboard.press("Control+Shift+C")
    await expect(page.locator(".actions copy-button[data-copied]")).to_be_visible()
    assert await pasted(page) == "Look:\n\n```py\nx = 1\n```\n\nThat is **all**."
    await page.keyboard.press("Control+Shift+Semicolon")
    await expect(page.locator("figure copy-button[data-copied]")).to_be_visible()
    assert await pasted(page) == "x = 1\n"
    await page.locator(".bar .chip").focus()
    await page.keyboard.press("Shift+Escape")
    await expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    await page.keyboard.press("Control+/")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+Shift+O")
    await expect(page.get_by_role("heading", name="What are you working on?")).to_be_visible()


async def test_another_tab_hears_that_its_conversation_is_in_the_trash(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    conversation = await answered(engine, alice, script, *["line\n\n"] * 40, "An answer")
    address = f"/conversations/{conversation.id}/"
    page, other = await open_page(address, user=alice), await open_page(address, user=alice)
    line = other.locator(".shelf-line")
    await expect(line).to_be_hidden()
    await delete(page)
    await expect(line).to_contain_text("in the trash")
    # Who is at the end of it still sees the end.
    await page_holds(
        other,
        "document.querySelector('.foot').getBoundingClientRect().bottom <="
        " document.querySelector('.dock').getBoundingClientRect().top",
    )
    await other.reload()
    await expect(line).to_contain_text("in the trash")
    await line.get_by_role("button", name="Restore").focus()
    await other.keyboard.press("Enter")
    await expect(line).to_be_hidden()
    await expect(other.get_by_role("textbox", name="Message")).to_be_focused()
    await expect(other.locator("#sidebar-list .conversation [aria-current=page]")).to_have_count(1)
    await page.goto(page.url + address.lstrip("/"))
    await delete(page)
    await expect(line).to_contain_text("in the trash")
    await other.get_by_role("textbox", name="Message").fill("Go on")
    await other.keyboard.press("Enter")
    await expect(line).to_be_hidden()
    script.finish()
    await until(lambda: engine.is_idle)


async def test_undo_leads_back_into_the_conversation_that_was_open(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter, console: list[str]
) -> None:
    conversation = await answered(engine, alice, script, "An answer")
    page = await open_page(f"/conversations/{conversation.id}/", user=alice)
    await delete(page)
    await expect(page.get_by_role("heading", name="What are you working on?")).to_be_visible()
    undo = page.get_by_role("button", name="Undo")
    # It stays until it has reached the server.
    await page.route("**/restore/", lambda route: route.abort())
    await undo.click()
    await expect(page.locator("#toasts")).to_contain_text("there is no connection")
    await page.unroute("**/restore/")
    await undo.click()
    await expect(page.locator("article.answer")).to_contain_text("An answer")
    await expect(page).to_have_url(re.compile(f"/conversations/{conversation.id}/$"))
    await expect(page.locator("#sidebar-list .conversation")).to_have_count(1)
    await expect(page.locator("#sidebar-list [aria-current=page]")).to_have_text("First question")
    console.clear()


async def test_a_tab_that_was_away_hears_of_the_trash_when_it_is_back(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    conversation = await answered(engine, alice, script, "An answer")
    page = await open_page(f"/conversations/{conversation.id}/", user=alice)
    connection = "document.querySelector('live-stream').connection"
    line = page.locator(".shelf-line")
    for change, is_there in ((trash_conversation, True), (restore_conversation, False)):
        await page.evaluate(f"{connection}.drop()")
        await engine.database.run(change, conversation=await Conversation.objects.aget())
        await page.evaluate(f"{connection}.reconnectNow()")
        await expect(line).to_be_visible(visible=is_there)


async def delete(page: Page) -> None:
    await page.get_by_role("button", name="Conversation menu").click()
    await page.locator("#conversation-menu").get_by_role("button", name="Delete").click()


async def test_a_starter_fills_the_field_and_waits(open_page: OpenPage, alice: User) -> None:
    page = await open_page("/", user=alice)
    starter = page.locator(".starters a").first
    text = await starter.inner_text()
    await starter.click()
    await expect(page.get_by_role("textbox", name="Message")).to_have_value(text)
    await expect(page.get_by_role("textbox", name="Message")).to_be_focused()


async def test_running_mark_comes_and_goes(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    other = await begin(engine, alice, "Other question")
    script.say("Done.")
    script.finish()
    page = await open_page(f"/conversations/{other.id}/", user=alice)
    await expect(page.locator(".running")).to_have_count(0)
    await begin(engine, alice, "A long one")
    await expect(page.locator(".conversation", has_text="A long one").locator(".running")).to_be_visible()
    script.finish()
    await expect(page.locator(".running")).to_have_count(0)


async def test_the_line_grows_while_the_answer_is_written(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    conversation = await begin(engine, alice, "How do pools work?")
    page = await open_page(f"/conversations/{conversation.id}/", user=alice)
    script.say("One ")
    line = page.locator(".trace path[data-line]")
    await expect(line).to_have_attribute("d", re.compile("^M0 15"))
    live = engine.hub.runs()[0]
    # As if it had been asked two seconds earlier.
    live.started_s -= 2
    script.say("two ")
    await expect(line).to_have_attribute("d", re.compile(r"^M0 15(L\d+ [\d.]+){20,}$"))
    script.finish()
    await expect(page.locator(".to-inspect .trace:not(:has([data-line]))")).to_have_count(1)


@pytest.mark.parametrize("is_long", [True, False])
async def test_a_long_question_is_folded(open_page: OpenPage, engine: Engine, alice: User, is_long: bool) -> None:
    text = "\n".join(f"Line {number}" for number in range(30 if is_long else 5))
    conversation = await begin(engine, alice, text)
    page = await open_page(f"/conversations/{conversation.id}/", user=alice)
    button = page.get_by_role("button", name="Show all")
    await expect(button).to_have_count(1 if is_long else 0)
    if is_long:
        await button.click()
        await expect(page.get_by_role("button", name="Show less")).to_have_attribute("aria-expanded", "true")
