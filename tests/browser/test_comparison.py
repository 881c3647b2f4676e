"""Two models answer one question in a browser: side by side, at once, until one is chosen."""

from __future__ import annotations

from playwright.async_api import expect

from accounts.models import User
from chat.models import PreferenceVote
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage, assert_refused_quietly
from tests.support.axe import assert_accessible
from tests.support.scripted import ScriptedAdapter


async def test_compare_and_choose_by_keyboard(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter, console: list[str]
) -> None:
    page = await open_page("/", user=alice)
    await page.keyboard.press("Control+Shift+M")
    await page.get_by_role("link", name="Compare several").press("Enter")
    dialog = page.get_by_role("dialog")
    await assert_accessible(page)
    boxes = dialog.get_by_role("checkbox")
    await boxes.first.press("Space")
    await dialog.get_by_role("button", name="Compare").press("Enter")
    await expect(dialog).to_contain_text("two to four different models")
    assert_refused_quietly(console)
    await expect(boxes.first).to_be_checked()
    await boxes.first.uncheck()
    for place in (1, 2):
        await boxes.nth(place).check()
    await dialog.get_by_role("button", name="Compare").press("Enter")
    await expect(page.locator("#compared")).to_contain_text("Side by side")
    await page.get_by_role("textbox", name="Message").fill("Which of you?")
    await page.keyboard.press("Enter")
    compared = page.locator(".comparison .answer")
    await expect(compared).to_have_count(2)
    for words in ("The first words", "The second words"):
        script.say(words)
        await expect(page.get_by_text(words)).to_be_visible()
    assert len(script.requests) == 2
    script.finish()
    script.finish()
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await expect(page.locator("[data-running]")).to_have_count(0)
    await assert_accessible(page)
    chosen = page.locator(".compared", has_text="The second words")
    await chosen.get_by_role("button", name="Use the answer of").press("Enter")
    await expect(page.locator("#log .answer [data-body]")).to_have_text(["The second words"])
    vote = await PreferenceVote.objects.aget()
    assert vote.winner != vote.loser


async def test_stop_ends_both(open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter) -> None:
    models = "openai/gpt-4.1&compare=openai/gpt-4.1-mini"
    page = await open_page(f"/?compare={models}", user=alice, viewport={"width": 390, "height": 800})
    await page.get_by_role("textbox", name="Message").fill("Go on and on")
    await page.keyboard.press("Enter")
    await expect(page.locator(".comparison article[aria-busy]")).to_have_count(2)
    await page.keyboard.press("Escape")
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await expect(page.locator(".seam", has_text="Stopped")).to_have_count(2)
