"""What a page shows when its path changes: by its own arrows, by another tab, and while it was away."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from playwright.async_api import Page, Request, Route, expect

from accounts.models import User
from chat.actions.conversations import select_message
from chat.actions.runs import retry_message
from chat.actions.turns import Turn
from chat.models import Conversation, Message
from chat.runs.engine import Engine
from chat.runs.finish import finish_run
from chat.runs.leases import claim_run
from chat.runs.result import RunResult
from tests.browser.conftest import OpenPage
from tests.support.axe import assert_accessible
from tests.support.pages import page_holds
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import begin_turn, make_turn, until

# What a page says is answered in its order, so after this pong the page's first words are dealt with.
ANSWERED_HELLO = """() => new Promise((heard) => {
  const link = document.querySelector("live-stream").connection.link;
  link.addEventListener("message", (event) => event.data.includes("pong") && heard());
  link.send('{"type":"ping"}');
})"""


async def answered(
    engine: Engine, owner: User, script: ScriptedAdapter, text: str, conversation: Conversation | None = None
) -> Turn:
    turn = await engine.database.run(make_turn, owner, text, conversation)
    script.say(f"Answer to {text}")
    script.finish()
    await until(lambda: engine.is_idle)
    return turn


async def shows(page: Page, *texts: str) -> None:
    await expect(page.locator("#log .question-text, #log [data-body]")).to_have_text(list(texts))


async def test_arrows_and_another_tab(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter, console: list[str]
) -> None:
    first = await answered(engine, alice, script, "One")
    second = await answered(engine, alice, script, "Two", first.conversation)
    await engine.database.run(lambda: retry_message(message=Message.objects.get(id=second.answer.id), by=alice))
    script.say("Another answer")
    script.finish()
    await until(lambda: engine.is_idle)
    address = f"/conversations/{first.conversation.id}/"
    page, other = await open_page(address, user=alice), await open_page(address, user=alice)
    await shows(page, "One", "Answer to One", "Two", "Another answer")
    await page.get_by_role("button", name="Earlier answer").click()
    await shows(page, "One", "Answer to One", "Two", "Answer to Two")
    await shows(other, "One", "Answer to One", "Two", "Answer to Two")
    await other.get_by_role("button", name="Later answer").click()
    await shows(other, "One", "Answer to One", "Two", "Another answer")
    await shows(page, "One", "Answer to One", "Two", "Another answer")
    shown = await Conversation.objects.select_related("active_leaf").aget()
    assert shown.active_leaf is not None
    assert (shown.active_leaf.text, shown.active_leaf.parent_id) == ("Another answer", second.question.id)
    await _while_an_arrow_waits_the_log_is_fetched(page, other)
    assert console == []
    await _an_arrow_is_lost(page, other)
    console.clear()


async def _while_an_arrow_waits_the_log_is_fetched(page: Page, other: Page) -> None:
    """As the other tab has it done."""
    is_pressed, is_fetched = asyncio.Event(), asyncio.Event()

    async def hold_log(route: Route) -> None:
        await is_pressed.wait()
        await route.continue_()

    async def hold_arrow(route: Route) -> None:
        is_pressed.set()
        await is_fetched.wait()
        await route.continue_()

    def note(request: Request) -> None:
        if request.url.endswith("/log/"):
            is_fetched.set()

    page.on("requestfinished", note)
    await page.route("**/log/", hold_log)
    await page.route("**/select/", hold_arrow)
    async with page.expect_request("**/log/"):
        await other.get_by_role("button", name="Earlier answer").click()
    async with page.expect_response("**/select/") as answer:
        await page.get_by_role("button", name="Earlier answer").click()
    await (await answer.value).finished()
    await shows(page, "One", "Answer to One", "Two", "Answer to Two")
    await page.unroute("**/log/")
    await page.unroute("**/select/")


async def _an_arrow_is_lost(page: Page, other: Page) -> None:
    """What was left out while it waited is asked for."""
    await shows(other, "One", "Answer to One", "Two", "Answer to Two")
    is_changed = asyncio.Event()

    async def lose(route: Route) -> None:
        await is_changed.wait()
        await route.abort()

    await page.route("**/select/", lose)
    async with page.expect_event("requestfailed"):
        await page.get_by_role("button", name="Later answer").click()
        await other.get_by_role("button", name="Later answer").click()
        await shows(other, "One", "Answer to One", "Two", "Another answer")
        is_changed.set()
    await shows(page, "One", "Answer to One", "Two", "Another answer")


async def test_edit_delete_and_undo_by_keyboard(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    first = await answered(engine, alice, script, "One")
    await answered(engine, alice, script, "Two", first.conversation)
    address = f"/conversations/{first.conversation.id}/"
    page = await open_page(address, user=alice, viewport={"width": 390, "height": 800})
    other = await open_page(address, user=alice)
    await page.get_by_role("textbox", name="Message").focus()
    await page.keyboard.press("ArrowUp")
    field = page.get_by_role("textbox", name="Edit your question")
    await expect(field).to_be_focused()
    await assert_accessible(page)
    await page.keyboard.press("Escape")
    await shows(page, "One", "Answer to One", "Two", "Answer to Two")
    await expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(field).to_have_value("Two")
    await expect(field).to_be_focused()
    await page.keyboard.type(", really")
    await page.keyboard.press("Enter")
    script.say("Answer anew")
    script.finish()
    for each in (page, other):
        await shows(each, "One", "Answer to One", "Two, really", "Answer anew")
        await expect(each.locator("article[aria-busy]")).to_have_count(0)
    await page.get_by_role("button", name="Earlier version").focus()
    await page.keyboard.press("Enter")
    for each in (page, other):
        await shows(each, "One", "Answer to One", "Two", "Answer to Two")
    await page.locator(".question").nth(1).get_by_role("link", name="More").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#message-menu").get_by_role("link", name="Edit")).to_be_focused()
    await assert_accessible(page)
    await page.locator("#message-menu").get_by_role("link", name="Delete from here").press("Enter")
    await expect(page.get_by_role("dialog").get_by_role("button", name="Delete")).to_be_focused()
    await page.keyboard.press("Enter")
    for each in (page, other):
        await shows(each, "One", "Answer to One", "Two, really", "Answer anew")
    await page.get_by_role("button", name="Undo").press("Enter")
    for each in (page, other):
        await shows(each, "One", "Answer to One", "Two", "Answer to Two")
    await expect(page.locator(".question").nth(1)).to_be_focused()


async def test_a_path_that_changed_while_the_page_was_away(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    first = await answered(engine, alice, script, "One")
    second = await answered(engine, alice, script, "Two", first.conversation)
    page = await open_page(f"/conversations/{first.conversation.id}/", user=alice)
    await shows(page, "One", "Answer to One", "Two", "Answer to Two")
    await page.evaluate("document.querySelector('live-stream').connection.drop()")

    def meanwhile() -> None:
        answer = retry_message(message=Message.objects.get(id=second.answer.id), by=alice)
        claim = claim_run(answer.runs.get().id, owner=uuid4())
        assert claim is not None
        finish_run(claim, answer.runs.get(), RunResult(Message.Status.COMPLETE, "Newer", "<p>Newer</p>"))
        select_message(message=answer)

    engine.is_claiming = False
    await engine.database.run(meanwhile)
    await page.evaluate("document.querySelector('live-stream').connection.reconnectNow()")
    await shows(page, "One", "Answer to One", "Two", "Newer")


async def test_escape_closes_what_is_open_and_stops_nothing(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    turn = await begin_turn(engine, alice, "One")
    page = await open_page(f"/conversations/{turn.conversation.id}/", user=alice)
    await page.get_by_role("button", name="Conversation menu").click()
    await page.keyboard.press("Escape")
    await page.locator(".bar .chip").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    script.say("Still here")
    await expect(page.locator("[data-body]")).to_contain_text("Still here")
    await page.keyboard.press("Escape")
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await expect(page.locator(".seam")).to_contain_text("Stopped")


async def test_a_form_of_an_earlier_session_still_works(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await open_page("/", user=alice)
    token = "a" * 32
    await page.evaluate(f"document.cookie = 'csrftoken={token}; path=/'")
    await page.get_by_role("textbox", name="Message").fill("After signing in elsewhere")
    await page.keyboard.press("Enter")
    await shows(page, "After signing in elsewhere", "")
    [question] = [message async for message in Message.objects.filter(role="user").select_related("conversation")]
    assert (question.text, question.conversation.owner_id) == ("After signing in elsewhere", alice.id)


async def test_what_is_gone_is_said_in_place(
    open_page: OpenPage, engine: Engine, alice: User, console: list[str], script: ScriptedAdapter
) -> None:
    turn = await answered(engine, alice, script, "One")
    page = await open_page(f"/conversations/{turn.conversation.id}/", user=alice)
    await page_holds(page, "document.querySelector('live-stream').connection.link.readyState === 1")
    await page.evaluate(ANSWERED_HELLO)
    await engine.database.run(lambda: Conversation.objects.all().delete())
    await page.get_by_role("button", name="Conversation menu").click()
    await page.locator("#conversation-menu .danger").click()
    await expect(page.locator(".toast")).to_contain_text("This is no longer here")
    await shows(page, "One", "Answer to One")
    await page.locator(".toast").get_by_role("button", name="Close").click()
    await expect(page.locator(".toast")).to_have_count(0)
    assert any("404" in line for line in console)
    console.clear()
