"""The keyboard's place and the spoken word: what is replaced takes neither away, and what is said is so."""

from __future__ import annotations

from playwright.async_api import Page, expect

from accounts.models import User
from chat.fragments import WINDOW_MESSAGES
from chat.runs.engine import Engine
from providers.contract import Finished
from providers.errors import InvalidRequest
from tests.browser.conftest import OpenPage
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import begin_turn, make_turn, until


async def ask(page: Page, text: str) -> None:
    await page.get_by_role("textbox", name="Message").fill(text)
    await page.keyboard.press("Enter")
    await expect(page.locator("article[aria-busy]")).to_have_count(1)


async def answered(engine: Engine, alice: User, script: ScriptedAdapter, text: str) -> str:
    """The address of a conversation whose first question has this answer."""
    turn = await begin_turn(engine, alice)
    script.say(text)
    script.finish()
    await until(lambda: engine.hub.run(turn.run.id))
    await until(lambda: engine.is_idle)
    return f"/conversations/{turn.conversation.id}/"


async def test_screen_readers_hear_the_state_and_no_tokens(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await open_page("/", user=alice)
    await ask(page, "Go")
    script.say("Token by token")
    spoken = page.locator("spoken-status")
    await expect(spoken).to_have_text("Answering")
    script.finish()
    await expect(spoken).to_have_text("The answer is complete")


async def test_an_answer_that_was_stopped_or_failed_is_not_said_to_be_complete(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await open_page("/", user=alice)
    spoken = page.locator("spoken-status")
    await ask(page, "Go")
    script.say("Some text")
    await expect(page.locator("article.answer")).to_contain_text("Some text")
    await page.keyboard.press("Escape")
    await expect(spoken).to_have_text("Stopped")
    await ask(page, "Once more")
    await expect(spoken).to_have_text("Answering")
    await page.evaluate("Object.defineProperty(document, 'hidden', { value: true })")
    script.fail(InvalidRequest("No luck."))
    await expect(page.locator(".failure")).to_contain_text("No luck.")
    await expect(spoken).to_have_text("")
    assert (await page.title()).startswith("✗ ")


async def test_copying_is_said_and_shown(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await open_page(await answered(engine, alice, script, "```py\nx = 1\n```\n"), user=alice)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.get_by_role("button", name="Copy the answer").click()
    await expect(page.locator("#said")).to_have_text("Copied")
    await page.evaluate("document.getElementById('said').textContent = ''")
    button = page.locator("figure copy-button button")
    await expect(button).to_have_text("Copy")
    await button.click()
    await expect(button).to_have_text("Copied")
    await expect(page.locator("#said")).to_have_text("Copied")
    await expect(button).to_have_text("Copy")


async def test_the_keyboard_stays_on_the_arrows_and_in_the_message(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await open_page(await answered(engine, alice, script, "One"), user=alice)
    await page.get_by_role("button", name="Regenerate").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("article.answer")).to_be_focused()
    script.say("Two")
    script.finish()
    await expect(page.get_by_role("button", name="Regenerate")).to_be_visible()
    await expect(page.locator("article.answer")).to_be_focused()
    await page.get_by_role("button", name="Regenerate").focus()
    await page.keyboard.press("Enter")
    script.say("Three")
    script.finish()
    await expect(page.locator(".siblings")).to_contain_text("3 / 3")
    await page.get_by_role("button", name="Earlier answer").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".siblings")).to_contain_text("2 / 3")
    await expect(page.get_by_role("button", name="Earlier answer")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".siblings")).to_contain_text("1 / 3")
    await expect(page.locator("article.answer")).to_be_focused()
    # What was said of another answer isn't left beside this one.
    await expect(page.locator("spoken-status")).to_be_empty()


async def test_a_tab_in_the_background_marks_an_answer_that_met_its_limit(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await open_page("/", user=alice)
    await ask(page, "Go")
    await page.evaluate("Object.defineProperty(document, 'hidden', { value: true })")
    script.say("Cut")
    script.events.put_nowait(Finished("length"))
    await expect(page.locator("spoken-status")).to_contain_text("Cut off at the longest answer")
    assert (await page.title()).startswith("✓ ")


async def test_older_messages_leave_the_keyboard_where_it_reads(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    conversation = None
    for number in range(WINDOW_MESSAGES // 2 + 5):
        turn = await engine.database.run(make_turn, alice, f"Question {number}", conversation)
        conversation = turn.conversation
        script.say("An answer")
        script.finish()
        await until(lambda: engine.is_idle)
    page = await open_page(f"/conversations/{turn.conversation.id}/", user=alice)
    await page.locator(".older :is(a, button)").focus()
    await expect(page.locator("article.question").first).to_contain_text("Question 0")
    assert await page.evaluate("document.activeElement !== document.querySelector('#log').lastElementChild")


async def test_the_keyboard_stays_on_the_trace_when_the_answer_ends(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await open_page("/", user=alice)
    await ask(page, "Go")
    script.say("Some ", "text")
    trace = page.locator("article.answer .to-inspect")
    await trace.focus()
    script.finish()
    await expect(page.get_by_role("button", name="Regenerate")).to_be_visible()
    await expect(trace).to_be_focused()
