"""Answers that a policy ended, or took links out of, as a person sees them."""

from __future__ import annotations

from playwright.async_api import expect

from accounts.models import User
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.chat.attachments.support import attach, send
from tests.support.policies import set_policy
from tests.support.scripted import ScriptedAdapter
from tests.support.threads import in_thread

KEY = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"


async def test_an_answer_that_a_policy_ended(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    await in_thread(lambda: set_policy(api_key="block"))
    page = await open_page(user=alice)
    await page.get_by_role("textbox").first.fill("What is the key?")
    await page.keyboard.press("Enter")
    script.say("It is the following: ", f"{KEY}, and so on.")
    await expect(
        page.get_by_text("A policy of this site lets no answer contain this: API key or password")
    ).to_be_visible()
    await expect(page.get_by_text("It is the following:")).to_be_visible()
    await expect(page.get_by_text(KEY)).to_have_count(0)


async def test_links_that_were_left_out(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    script.say("See [the report](https://evil.example/?q=secret) and https://evil.example/x for more.")
    script.finish()
    turn = await in_thread(lambda: send(alice, attach(alice), text="What does it say?"))
    page = await open_page(f"/conversations/{turn.conversation.id}/", user=alice)
    await expect(page.get_by_text("See the report and [REDACTED:LINK] for more.")).to_be_visible()
    await expect(page.get_by_text("Links were left out")).to_be_visible()
    await page.goto(page.url.split("/conversations/")[0] + f"/messages/{turn.answer.id}/inspect/")
    await expect(page.get_by_text("2 links left out of the answer")).to_be_visible()
