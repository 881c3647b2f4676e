"""The message field in the hands of somebody in a hurry, on a phone, or without a network."""

from __future__ import annotations

import asyncio

from playwright.async_api import Page, Route, expect

from accounts.models import User
from chat.models import Conversation
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.support.pages import page_holds
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import begin_turn, make_turn, until

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


async def ready(open_page: OpenPage, path: str, user: User, **options: object) -> Page:
    page = await open_page(path, user=user, **options)
    await page_holds(page, "!!customElements.get('chat-composer')")
    return page


async def test_blank_text_is_not_sent(open_page: OpenPage, alice: User) -> None:
    page = await ready(open_page, "/", alice)
    text = page.get_by_role("textbox", name="Message")
    for blank in ("", "  \n "):
        await text.fill(blank)
        await page.get_by_role("button", name="Send").click()
        await expect(text).to_be_focused()
    # A refused request would be in the console, which fails the test.
    await expect(page.get_by_role("heading", name="What are you working on?")).to_be_visible()


async def test_stop_keeps_what_is_being_typed(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    turn = await begin_turn(engine, alice)
    page = await ready(open_page, f"/conversations/{turn.conversation.id}/", alice)
    script.say("One")
    await expect(page.locator("[data-body]")).to_contain_text("One")
    text = page.get_by_role("textbox", name="Message")
    await text.fill("My next question")
    await page.keyboard.press("Enter")
    await expect(page.locator("#composer-error")).to_contain_text("still being written")
    await page.get_by_role("button", name="Stop").click()
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await expect(page.locator("#composer-error")).to_be_empty()
    await expect(text).to_have_value("My next question")
    await page.reload()
    await expect(text).to_have_value("My next question")


async def test_a_double_click_on_send_stops_nothing(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await ready(open_page, "/", alice)
    await page.get_by_role("textbox", name="Message").fill("Twice?")
    await page.get_by_role("button", name="Send").dblclick()
    script.say("Here")
    await expect(page.locator("[data-body]")).to_contain_text("Here")
    await expect(page.locator("article[aria-busy]")).to_have_count(1)


async def test_a_double_enter_sends_once_and_complains_of_nothing(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    turn = await begin_turn(engine, alice)
    script.say("One")
    script.finish()
    page = await ready(open_page, f"/conversations/{turn.conversation.id}/", alice)
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await page.get_by_role("textbox", name="Message").fill("Two")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await expect(page.locator(".question")).to_have_count(2)
    script.say("Answer")
    await expect(page.locator("[data-body]").last).to_contain_text("Answer")
    await expect(page.locator("#composer-error")).not_to_contain_text("Please enter")
    assert await engine.database.run(lambda: turn.conversation.messages.filter(role="user").count()) == 2


async def test_what_is_typed_on_while_it_is_sent_is_the_next_message(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    turn = await begin_turn(engine, alice)
    script.say("One")
    script.finish()
    page = await ready(open_page, f"/conversations/{turn.conversation.id}/", alice)
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    under_way: asyncio.Queue[Route] = asyncio.Queue()
    await page.route("**/messages/", under_way.put)
    text = page.get_by_role("textbox", name="Message")
    await text.fill("Two")
    await page.keyboard.press("Enter")
    sending = await under_way.get()
    await page.keyboard.type(" and three")
    await sending.continue_()
    await expect(page.locator(".question")).to_have_count(2)
    await expect(text).to_have_value("and three")
    script.say("Answer")
    script.finish()
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await page.reload()
    await expect(text).to_have_value("and three")


async def test_a_lost_network_is_said_at_once(
    open_page: OpenPage, engine: Engine, alice: User, console: list[str], script: ScriptedAdapter
) -> None:
    turn = await begin_turn(engine, alice)
    page = await ready(open_page, f"/conversations/{turn.conversation.id}/", alice)
    script.say("One")
    await expect(page.locator("[data-body]")).to_contain_text("One")
    await page.context.set_offline(True)
    await expect(page.get_by_text("You are offline")).to_be_visible()
    await page.get_by_role("button", name="Stop").click()
    await expect(page.locator(".toast")).to_contain_text("Nothing was changed")
    await expect(page.locator("#composer-error")).to_be_empty()
    await page.context.set_offline(False)
    script.say(" two")
    script.finish()
    await expect(page.locator("[data-body]")).to_contain_text("One two")
    await expect(page.get_by_text("You are offline")).to_be_hidden()
    console.clear()


async def test_a_tap_anywhere_beside_its_menu_opens_a_row(open_page: OpenPage, engine: Engine, alice: User) -> None:
    turn = await begin_turn(engine, alice, "First")
    page = await ready(open_page, "/", alice, **PHONE)
    for from_end in (56, 90, 200):
        await page.goto(page.url.split("/conversations")[0])
        await page.get_by_role("button", name="Conversations").click()
        box = await page.locator("#sidebar-list .conversation").bounding_box()
        assert box is not None
        await page.touchscreen.tap(box["x"] + box["width"] - from_end, box["y"] + box["height"] / 2)
        await page.wait_for_url(f"**/conversations/{turn.conversation.id}/")
    assert await engine.database.run(lambda: Conversation.objects.filter(trashed_at=None).count()) == 1


async def test_older_messages_come_in_above_the_reader(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    turn = await begin_turn(engine, alice, "Question 0")
    for number in range(1, 60):
        script.finish()
        await until(lambda: engine.is_idle)
        await engine.database.run(make_turn, alice, f"Question {number}", turn.conversation)
    script.finish()
    await until(lambda: engine.is_idle)
    page = await ready(open_page, f"/conversations/{turn.conversation.id}/", alice)
    await expect(page.locator(".question")).to_have_count(25)
    await expect(page.locator(".question").last).to_be_in_viewport()
    await page.mouse.move(640, 300)
    while await page.locator(".question").count() == 25:
        await page.mouse.wheel(0, -900)
        await page.wait_for_timeout(50)
    # Below what came in, and not at its beginning.
    await page_holds(page, "document.documentElement.scrollTop > 1000")
    await expect(page.locator(".question")).to_have_count(50)
    # One form that keeps account of each button makes every further message slower to put on the page.
    await page_holds(page, "document.forms.actions.elements.length < 5")
