"""Inspect in a browser: the panel by mouse and keyboard, the sheet on a phone, the operator's three clicks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from accounts.models import User
from chat.models import Message, Run
from chat.runs.engine import Engine
from providers.contract import Finished
from tests.browser.conftest import OpenPage
from tests.support.answers import (
    QUESTION,
    TEXT,
    make_conversation,
    make_failed,
    make_plain,
    make_switched,
    make_title_request,
)
from tests.support.axe import assert_accessible
from tests.support.pages import page_holds, pasted
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import begin_turn, until

PHONE = {"width": 390, "height": 844}


def two_answers(owner: User) -> tuple[Run, Run]:
    conversation = make_conversation(owner)
    plain = make_plain(owner, conversation=conversation)
    return plain, make_switched(owner, conversation=conversation, parent=plain.message)


async def opened(page: Page) -> None:
    await expect(page.locator("#inspect")).to_be_visible()
    await page_holds(page, "document.querySelector('#inspect').getAnimations().length === 0")


async def test_the_trace_opens_the_panel_beside_the_conversation(
    open_page: OpenPage, engine: Engine, alice: User
) -> None:
    plain, switched = await engine.database.run(two_answers, alice)
    page = await open_page(f"/conversations/{plain.message.conversation_id}/", user=alice)
    panel = page.locator("#inspect")
    await page.get_by_role("link", name="switched to another model after 6.0 s").click()
    await opened(page)
    await expect(panel).to_contain_text("Another model took over after a failure")
    await expect(panel).to_contain_text(str(switched.id))
    box = await panel.bounding_box()
    assert box is not None
    assert box["width"] == 420
    column = await page.locator("#log").bounding_box()
    assert column is not None
    assert column["x"] + column["width"] <= box["x"]
    await page.get_by_role("link", name="812 tokens in 12.6 s").click()
    await expect(panel).to_contain_text(str(plain.id))
    await page.get_by_role("textbox", name="Message").fill("The conversation stays in use")
    await panel.get_by_role("button", name="Close").click()
    await expect(panel).to_be_hidden()


async def test_an_opinion_moves_nothing_beside_the_panel(open_page: OpenPage, engine: Engine, alice: User) -> None:
    run = await engine.database.run(make_plain, alice)
    page = await open_page(f"/conversations/{run.message.conversation_id}/", user=alice)
    readout, regenerate = page.locator(".readout"), page.get_by_role("button", name="Regenerate")
    for is_beside_panel in (False, True):
        if is_beside_panel:
            await page.locator(".to-inspect").click()
            await opened(page)
        before = await readout.bounding_box(), await regenerate.bounding_box()
        await page.get_by_role("button", name="Good answer").click()
        await expect(page.get_by_role("link", name="Add a comment")).to_be_visible()
        assert (await readout.bounding_box(), await regenerate.bounding_box()) == before
        await page.get_by_role("button", name="Good answer").click()
        await expect(page.get_by_role("button", name="Bad answer")).to_be_visible()
    # There it has a line of its own, with room for every figure.
    last = await readout.locator("span").last.bounding_box()
    assert last is not None
    assert before[0] is not None
    assert last["y"] < before[0]["y"] + before[0]["height"]


async def test_by_keyboard_the_focus_goes_in_and_comes_back(open_page: OpenPage, engine: Engine, alice: User) -> None:
    plain, _switched = await engine.database.run(two_answers, alice)
    page = await open_page(f"/conversations/{plain.message.conversation_id}/", user=alice)
    link = page.get_by_role("link", name="812 tokens in 12.6 s")
    await link.focus()
    await page.keyboard.press("Enter")
    await opened(page)
    await expect(page.locator("#inspect-title")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Copy as JSON")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#inspect")).to_be_hidden()
    await expect(link).to_be_focused()


async def test_what_one_reads_stays_where_it_is(open_page: OpenPage, engine: Engine, alice: User) -> None:
    def long_conversation() -> Run:
        conversation, parent = make_conversation(alice), None
        for _ in range(12):
            run = make_plain(alice, conversation=conversation, parent=parent)
            html = f"<p>{'Look at queueing inside the database before anything else. ' * 12}</p>"
            Message.objects.filter(id=run.message_id).update(html=html)
            parent = run.message
        return run

    run = await engine.database.run(long_conversation)
    page = await open_page(f"/conversations/{run.message.conversation_id}/", user=alice)
    link = page.locator(".to-inspect").nth(6)
    await link.scroll_into_view_if_needed()
    before = await link.bounding_box()
    await link.click()
    await opened(page)
    after = await link.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) < 3


async def test_escape_closes_the_panel_before_it_stops_the_answer(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    turn = await begin_turn(engine, alice)
    page = await open_page(f"/conversations/{turn.conversation.id}/", user=alice)
    script.say("Some text")
    await expect(page.locator("[data-body]")).to_have_text("Some text")
    await page.locator(".to-inspect").click()
    await opened(page)
    await expect(page.locator("#inspect")).to_contain_text("Still being written.")
    await page.keyboard.press("Escape")
    await expect(page.locator("#inspect")).to_be_hidden()
    script.say(" goes on")
    await expect(page.locator("[data-body]")).to_have_text("Some text goes on")
    await page.locator("body").press("Escape")
    await expect(page.locator("[aria-busy]")).to_have_count(0)
    script.events.put_nowait(Finished("complete"))
    await until(lambda: engine.is_idle)


async def test_the_request_is_fetched_when_it_is_asked_for(open_page: OpenPage, engine: Engine, alice: User) -> None:
    run = await engine.database.run(make_plain, alice)
    page = await open_page(f"/conversations/{run.message.conversation_id}/", user=alice)
    await page.get_by_role("link", name="Inspect this answer").click()
    await opened(page)
    await expect(page.locator("#inspect")).not_to_contain_text(QUESTION)
    await page.get_by_text("The request as it was sent").click()
    await expect(page.locator("#inspect .wire code")).to_contain_text(QUESTION)


async def test_the_whole_is_copied_as_json(open_page: OpenPage, engine: Engine, alice: User) -> None:
    run = await engine.database.run(make_plain, alice)
    page = await open_page(
        f"/messages/{run.message_id}/inspect/", user=alice, permissions=["clipboard-read", "clipboard-write"]
    )
    await page.get_by_role("button", name="Copy as JSON").click()
    await expect(page.locator("copy-button[data-copied]")).to_be_visible()
    copied = await pasted(page)
    assert str(run.id) in copied
    assert QUESTION not in copied


async def test_an_error_is_not_copied_but_shown(
    open_page: OpenPage, engine: Engine, alice: User, console: list[str]
) -> None:
    run = await engine.database.run(make_plain, alice)
    page = await open_page(
        f"/messages/{run.message_id}/inspect/", user=alice, permissions=["clipboard-read", "clipboard-write"]
    )
    await page.context.route("**/inspect/?as=json", lambda route: route.fulfill(status=503, body="Not now."))
    async with page.expect_popup() as shown:
        await page.get_by_role("button", name="Copy as JSON").click()
    await expect((await shown.value).get_by_text("Not now.")).to_be_visible()
    await expect(page.locator("copy-button[data-copied]")).to_have_count(0)
    assert [line for line in console if "503" in line]
    console.clear()


async def test_times_are_the_readers_and_the_servers_on_hover(open_page: OpenPage, engine: Engine, alice: User) -> None:
    run = await engine.database.run(make_plain, alice)
    asked_at = run.created_at
    page = await open_page(f"/runs/{run.id}/inspect/", user=alice, timezone_id="Asia/Ho_Chi_Minh")
    shown = page.locator(".inspect-when local-time")
    await expect(shown).to_have_attribute("title", f"{asked_at:%Y-%m-%d %H:%M:%S} UTC")
    there = asked_at + timedelta(hours=7)
    await expect(shown).to_contain_text(f"{there:%H:%M:%S}")
    plain = await open_page(f"/runs/{run.id}/inspect/", user=alice, java_script_enabled=False)
    await expect(plain.locator(".inspect-when local-time")).to_have_text(f"{asked_at:%Y-%m-%d %H:%M:%S} UTC")


async def test_on_a_phone_it_is_a_sheet(open_page: OpenPage, engine: Engine, alice: User) -> None:
    run = await engine.database.run(make_plain, alice)
    page = await open_page(f"/conversations/{run.message.conversation_id}/", user=alice, viewport=PHONE)
    link = page.get_by_role("link", name="812 tokens in 12.6 s")
    await link.click()
    await opened(page)
    box = await page.locator("#inspect").bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["height"]) == (0, 0, 844)
    assert await page.evaluate("document.querySelector('#inspect').matches(':modal')")
    assert await page.evaluate("document.querySelector('#inspect').scrollWidth <= innerWidth")
    await page.keyboard.press("Escape")
    await expect(page.locator("#inspect")).to_be_hidden()
    await expect(link).to_be_focused()


async def test_three_clicks_from_the_menu_to_the_providers_own_error(
    open_page: OpenPage, engine: Engine, alice: User, admin: User
) -> None:
    run = await engine.database.run(make_failed, alice)
    page = await open_page("/", user=admin)
    await page.get_by_role("button", name=admin.email).click()
    await page.get_by_role("link", name="Inspect").click()
    await page.get_by_role("link", name="Anthropic: The provider failed").click()
    await expect(page.get_by_text("401 authentication_error: invalid x-api-key")).to_be_visible()
    assert page.url.endswith(f"/runs/{run.id}/inspect/")
    assert TEXT not in await page.content()
    assert QUESTION not in await page.content()


async def test_a_pasted_reference_leads_there_as_well(
    open_page: OpenPage, engine: Engine, alice: User, admin: User
) -> None:
    run = await engine.database.run(make_failed, alice)
    page = await open_page("/inspect/", user=admin)
    await page.get_by_label("Look up a reference").fill(f"ref {run.id}")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("401 authentication_error: invalid x-api-key")).to_be_visible()


async def test_the_reference_under_an_error_opens_the_panel(open_page: OpenPage, engine: Engine, alice: User) -> None:
    run = await engine.database.run(make_failed, alice)
    page = await open_page(f"/conversations/{run.message.conversation_id}/", user=alice)
    await page.get_by_role("link", name=f"ref {run.id}").click()
    await opened(page)
    await expect(page.locator("#inspect")).to_contain_text("No provider could answer.")


async def test_without_script_the_trace_leads_to_the_page(open_page: OpenPage, engine: Engine, alice: User) -> None:
    run = await engine.database.run(make_plain, alice)
    page = await open_page(f"/conversations/{run.message.conversation_id}/", user=alice, java_script_enabled=False)
    await page.locator(".to-inspect").click()
    await expect(page.get_by_role("heading", name="Inspect", level=1)).to_be_visible()
    await page.get_by_text("The request as it was sent").click()
    await page.get_by_role("link", name="Show the request").click()
    await expect(page.locator(".wire code")).to_contain_text(QUESTION)


@pytest.mark.parametrize("width", [1280, 390])
async def test_axe_finds_nothing(open_page: OpenPage, engine: Engine, alice: User, admin: User, width: int) -> None:
    plain, switched = await engine.database.run(two_answers, alice)
    failed = await engine.database.run(make_failed, alice)
    await engine.database.run(make_title_request)
    options = {"viewport": {"width": width, "height": 844}}
    page = await open_page(f"/conversations/{plain.message.conversation_id}/", user=alice, **options)
    await assert_accessible(page)
    await page.locator(".to-inspect").nth(1).click()
    await opened(page)
    await page.locator("#inspect").get_by_text("The same as a table").click()
    await page.locator("#inspect").get_by_text("The request as it was sent").first.click()
    await expect(page.locator("#inspect .wire code")).to_be_visible()
    await assert_accessible(page)
    page = await open_page("/inspect/", user=admin, **options)
    await assert_accessible(page)
    for run in (failed, switched):
        await page.goto(f"{page.url.split('/inspect')[0].split('/runs')[0]}/runs/{run.id}/inspect/")
        await assert_accessible(page)
