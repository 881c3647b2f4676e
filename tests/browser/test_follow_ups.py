"""Suggested follow-ups and clarifying questions in the browser: by keyboard, on a phone, and beside what is being
written or read."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from accounts.models import User
from chat import events
from chat.actions.turns import Turn
from chat.models import Message
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.browser.test_story import tab_to
from tests.support.axe import assert_accessible
from tests.support.pages import page_holds
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import begin_turn, until

THREE = ["How cold may it get before the water has to be drained from all of the pipes?", "Which cover?", "Make a list"]


async def answered(engine: Engine, alice: User, script: ScriptedAdapter, text: str = "A pool is a queue.") -> Turn:
    turn = await begin_turn(engine, alice, "What is a pool?")
    script.say(text)
    script.finish()
    await until(lambda: engine.is_idle)
    return turn


async def suggest(engine: Engine, turn: Turn) -> None:
    """As the task does."""

    def store() -> None:
        answer = Message.objects.select_related("conversation").get(id=turn.answer.id)
        answer.metadata = {"follow_ups": THREE}
        answer.save()
        events.follow_ups_made(answer)

    await engine.database.run(store)


async def test_a_row_is_sent_by_keyboard_and_a_draft_stays(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    turn = await answered(engine, alice, script)
    page = await open_page(f"/conversations/{turn.conversation.id}/", user=alice)
    field = page.get_by_role("textbox", name="Message")
    await field.fill("Half a thought")
    await suggest(engine, turn)
    rows = page.locator("follow-ups [name=text]:visible")
    await expect(rows).to_have_text(THREE)
    await assert_accessible(page)
    await page.locator("h1").click()
    await tab_to(page, THREE[1])
    await page.keyboard.press("Enter")
    await expect(page.locator(".question-text")).to_have_text(["What is a pool?", THREE[1]])
    await expect(rows).to_have_count(0)
    script.say("The blue one.")
    script.finish()
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await expect(field).to_have_value("Half a thought")
    assert script.requests[-1].messages[-1].text == THREE[1]
    await page.reload()
    await expect(page.locator(".answer-body")).to_have_text(["A pool is a queue.", "The blue one."])
    await expect(rows).to_have_count(0)
    await expect(field).to_have_value("Half a thought")


async def test_those_made_while_a_page_was_away_come_when_it_is_back(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    turn = await answered(engine, alice, script)
    page = await open_page(f"/conversations/{turn.conversation.id}/", user=alice)
    await page_holds(page, "!!customElements.get('live-stream')")
    await page.context.set_offline(True)
    await expect(page.get_by_text("You are offline")).to_be_visible()
    await suggest(engine, turn)
    rows = page.locator("follow-ups [name=text]:visible")
    await expect(rows).to_have_count(0)
    await page.context.set_offline(False)
    await expect(rows).to_have_text(THREE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_on_a_phone_a_row_can_be_edited_first(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter, scheme: str
) -> None:
    turn = await answered(engine, alice, script)
    await suggest(engine, turn)
    options = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "color_scheme": scheme}
    page = await open_page(f"/conversations/{turn.conversation.id}/", user=alice, **options)
    rows = page.locator("follow-ups [name=text]:visible")
    await expect(rows).to_have_count(3)
    await assert_accessible(page)
    for target in await page.locator("follow-ups button").all():
        box = await target.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    field = page.get_by_role("textbox", name="Message")
    await field.fill("First:")
    await page.get_by_role("button", name=f"Edit first: {THREE[2]}").tap()
    await expect(field).to_have_value(f"First:\n\n{THREE[2]}")
    await expect(field).to_be_focused()
    await expect(page.locator(".question")).to_have_count(1)
    await field.press("End")
    await page.keyboard.type(" of it")
    await page.get_by_role("button", name="Send").tap()
    await expect(page.locator(".question-text").nth(1)).to_have_text(f"First:\n\n{THREE[2]} of it")


async def test_who_reads_further_up_stays_there(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    turn = await answered(engine, alice, script, "A line.\n\n" * 80)
    page = await open_page(f"/conversations/{turn.conversation.id}/", user=alice)
    await expect(page.locator("follow-ups")).to_have_count(1)
    await page.mouse.move(700, 400)
    await page.mouse.wheel(0, -600)
    await expect(page.get_by_role("button", name="Jump to latest")).to_be_visible()
    before = await page.evaluate("document.documentElement.scrollTop")
    await suggest(engine, turn)
    await expect(page.locator("follow-ups [name=text]")).to_have_count(3)
    assert await page.evaluate("document.documentElement.scrollTop") == before


async def test_a_row_that_cannot_be_sent_leaves_all_as_it_was(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter, console: list[str]
) -> None:
    turn = await answered(engine, alice, script)
    await suggest(engine, turn)
    page = await open_page(f"/conversations/{turn.conversation.id}/", user=alice)
    field = page.get_by_role("textbox", name="Message")
    await field.fill("Half a thought")
    await page.route("**/messages/", lambda route: route.abort())
    await page.locator("follow-ups [name=text]").first.click()
    await expect(page.locator("#composer-error")).to_contain_text("could not be sent")
    await expect(field).to_have_value("Half a thought")
    await expect(page.locator("follow-ups [name=text]:visible")).to_have_count(3)
    console.clear()


async def test_an_ambiguous_question_is_asked_back_and_answered_anyway(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await open_page("/", user=alice)
    await page.get_by_role("textbox", name="Message").fill("Translate this")
    await page.keyboard.press("Enter")
    script.say("Which text should I translate?")
    script.finish()
    await expect(page.locator(".answer-body")).to_have_text("Which text should I translate?")
    await expect(page.locator(".seam")).to_contain_text("Asked back instead of answering")
    await assert_accessible(page)
    await page.get_by_role("button", name="Answer anyway").click()
    script.say("There is nothing to translate.")
    script.finish()
    await expect(page.locator(".answer-body")).to_have_text("There is nothing to translate.")
    await expect(page.locator(".seam")).to_have_count(0)
