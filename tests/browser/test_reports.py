"""The page of reports in a browser, in both themes and on a phone; rating an answer, and resolving a conversation."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from accounts.models import Team, User
from chat.experiments.assignment import forget_running
from chat.models import Message
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.support.axe import assert_accessible
from tests.support.ledger import line, write
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import begin_turn, until

MODELS = ["gpt-5.6", "gpt-5.6-mini", "a-model-with-a-name-that-someone-made-very-long-for-their-own-server-2026-11-25"]


@pytest.fixture
def _ledger(admin: User) -> None:
    """Forty days of eight models, with names that are too long and prices that nobody knows."""
    chance = random.Random(3)
    today = datetime.now(UTC).date()
    team = Team.objects.create(name="The team for everything that nobody else does " * 2)
    models = [*MODELS, *(f"model-{number}" for number in range(5))]
    write(
        *(
            line(
                today - timedelta(days=number % 40),
                user=admin if number % 3 else None,
                team=team if number % 2 else None,
                model=models[min(int(chance.expovariate(0.5)), 7)],
                source="cache" if number % 11 == 0 else "provider",
                feature="title" if number % 5 == 0 else "chat",
                input_tokens=chance.randrange(8000),
                output_tokens=chance.randrange(2000),
                cost_nanousd=None if number % 97 == 0 else chance.randrange(10**9),
                saved_nanousd=10**8 if number % 11 == 0 else 0,
            )
            for number in range(800)
        )
    )


@pytest.mark.usefixtures("_ledger")
@pytest.mark.parametrize("width", [1280, 390])
async def test_axe_finds_nothing(open_page: OpenPage, admin: User, width: int) -> None:
    page = await open_page("/reports/?range=30", user=admin, viewport={"width": width, "height": 844})
    for summary in await page.locator(".page summary").all():
        await summary.click()
    await assert_accessible(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "tables scroll in themselves"
    await page.get_by_role("link", name="By person").click()
    await expect(page.get_by_role("group", name="By person").get_by_text("admin@example.org")).to_be_visible()


async def test_an_empty_page_is_accessible_too(open_page: OpenPage, admin: User) -> None:
    page = await open_page("/reports/", user=admin)
    await expect(page.get_by_text("Nothing was asked of a model")).to_be_visible()
    await assert_accessible(page)


@pytest.mark.usefixtures("_ledger")
async def test_days_are_chosen_and_a_table_is_downloaded(open_page: OpenPage, admin: User) -> None:
    page = await open_page("/", user=admin)
    await page.locator(".account-button").click()
    await page.get_by_role("link", name="Reports").click()
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    await page.get_by_label("From", exact=True).fill(yesterday.isoformat())
    await page.get_by_label("To", exact=True).fill(yesterday.isoformat())
    await page.get_by_role("button", name="Show").click()
    await expect(page.locator(".readings").first).to_contain_text("20 calls")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download as CSV: By model").click()
    path = await (await download.value).path()
    assert (await asyncio.to_thread(path.read_text, "utf-8-sig")).startswith("model,answered,calls,")


async def test_an_answer_is_rated_and_a_conversation_resolved(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    script.say("Hello.")
    script.finish()
    turn = await begin_turn(engine, alice)
    await until(lambda: engine.is_idle)
    page = await open_page(f"/conversations/{turn.conversation.id}/", user=alice)
    bad = page.get_by_role("button", name="Bad answer")
    await bad.focus()
    await page.keyboard.press("Enter")
    await expect(bad).to_have_attribute("aria-pressed", "true")
    await expect(bad).to_be_focused()
    await page.get_by_role("link", name="Add a comment").click()
    await page.get_by_role("textbox", name="Comment").fill("It made that up.")
    await assert_accessible(page)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("link", name="Edit comment")).to_be_visible()
    await expect(page.locator("#dialog")).not_to_be_visible()
    await page.get_by_role("button", name="Conversation menu").click()
    await page.get_by_role("button", name="Mark as resolved").click()
    await expect(page.locator(".resolved")).to_have_text("Resolved")
    await assert_accessible(page)
    await page.get_by_role("button", name="Conversation menu").click()
    await page.get_by_role("button", name="Reopen").click()
    await expect(page.locator(".resolved")).to_have_text("")
    stored = await Message.objects.aget(id=turn.answer.id)
    assert (stored.feedback, stored.feedback_comment) == ("bad", "It made that up.")


@pytest.mark.parametrize("width", [1280, 390])
async def test_experiments_are_accessible(open_page: OpenPage, admin: User, width: int) -> None:
    forget_running()
    page = await open_page("/reports/experiments/", user=admin, viewport={"width": width, "height": 844})
    await page.get_by_label("Name").fill("Tone")
    await page.get_by_label("What differs").select_option("System prompt")
    await page.get_by_label("Variant A").fill("Be brief.")
    await page.get_by_label("Variant B").fill("Explain every step, as to somebody who is new to it. " * 6)
    await page.get_by_role("button", name="Start").click()
    await expect(page.get_by_text("Running since")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("link", name="Tone").click()
    await expect(page.get_by_text("Too few answers yet")).to_have_count(3)
    await assert_accessible(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("link", name="Back to the experiments").click()
    await page.get_by_role("button", name="Stop").click()
    await expect(page.get_by_text("Its results stay.")).to_be_visible()
    forget_running()
