"""A limit that is reached, as people meet it: nothing typed is lost, and the page says when to go on."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from types import SimpleNamespace

import pytest
from playwright.async_api import Page, expect
from pytest_django import Settings

from accounts.models import User
from chat.models import Message
from chat.runs.engine import Engine
from tests.accounts.test_visitor_limits import MINUTE_BEGINS
from tests.browser.conftest import OpenPage, shared_loop_fixture
from tests.browser.test_accounts import WIDTHS, looks
from tests.support.axe import assert_accessible
from tests.support.pages import page_holds
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import begin_turn

LetPass = Callable[[float], None]
COUNTING = "retry-countdown [data-seen]"


@shared_loop_fixture(autouse=True)
async def _refusals_are_expected(open_page: OpenPage, console: list[str]) -> AsyncGenerator[None, None]:
    yield
    assert [line for line in console if "429" not in line] == []
    console.clear()


@pytest.fixture(autouse=True)
def _small_limit(settings: Settings) -> None:
    settings.RATE_LIMIT_REQUESTS = 1


async def refused_page(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter, **options: object
) -> Page:
    """A conversation whose second message is one too many, with the page's clock in the test's hands."""
    turn = await begin_turn(engine, alice)
    script.say("One")
    script.finish()
    page = await open_page(f"/conversations/{turn.conversation.id}/", user=alice, **options)
    await page_holds(page, "!!customElements.get('chat-composer')")
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await page.clock.install()
    await page.get_by_role("textbox", name="Message").fill("My second question")
    await page.keyboard.press("Enter")
    await expect(page.locator("#composer-error")).to_contain_text("limit of 1 message a minute")
    return page


async def test_a_refused_message_waits_in_its_field_and_is_sent_when_the_time_has_come(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter, let_pass: LetPass
) -> None:
    page = await refused_page(open_page, engine, alice, script)
    text, send = page.get_by_role("textbox", name="Message"), page.get_by_role("button", name="Send")
    await expect(text).to_have_value("My second question")
    await expect(send).to_have_attribute("aria-disabled", "true")
    first = await page.locator(COUNTING).inner_text()
    assert first.startswith("Try again in ")
    await page.clock.run_for(10_000)
    await expect(page.locator(COUNTING)).not_to_have_text(first)
    # What is typed meanwhile stays, and so does the countdown.
    await text.press_sequentially(", longer")
    await expect(page.locator(COUNTING)).to_be_visible()
    let_pass(61)
    await page.clock.run_for(61_000)
    await expect(page.locator("#composer-error")).to_contain_text("You can try again now.")
    await expect(send).not_to_have_attribute("aria-disabled", "true")
    await send.click()
    await expect(page.locator(".question")).to_have_count(2)
    await expect(page.locator(".question").last).to_contain_text("My second question, longer")
    await expect(text).to_have_value("")
    await expect(page.locator("#composer-error")).to_be_empty()


async def test_sending_too_early_sends_nothing_and_says_how_long(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await refused_page(open_page, engine, alice, script)
    requests: list[str] = []
    # What the draft would cost is asked all the same.
    page.on("request", lambda request: requests.append(request.url) if request.url.endswith("/messages/") else None)
    spoken = page.locator("retry-countdown [data-spoken]")
    said = await spoken.inner_text()
    assert re.fullmatch(r"Try again in \d+ seconds\.", said)
    await page.clock.run_for(10_000)
    # Read when it came; not again with each second.
    await expect(spoken).to_have_text(said)
    await page.get_by_role("textbox", name="Message").press("Enter")
    await page.clock.run_for(1_000)
    await expect(spoken).to_contain_text("Try again in 0:")
    # Playwright waits for what is disabled; people don't.
    await page.get_by_role("button", name="Send").click(force=True)
    await expect(page.get_by_role("button", name="Send")).to_be_focused()
    await expect(page.get_by_role("textbox", name="Message")).to_have_value("My second question")
    assert requests == []
    assert await engine.database.run(lambda: Message.objects.filter(role="user").count()) == 1


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_refusal_can_be_perceived_by_everybody(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter, width: int
) -> None:
    page = await refused_page(open_page, engine, alice, script, **looks(width))
    await assert_accessible(page)
    await expect(page.locator("#composer-error")).to_have_attribute("role", "alert")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_without_script_the_text_comes_back(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    await begin_turn(engine, alice)
    page = await open_page("/", user=alice, java_script_enabled=False)
    await page.get_by_role("textbox", name="Message").fill("My second question")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text(re.compile(r"Try again in \d+ seconds\."))).to_be_visible()
    await expect(page.get_by_role("textbox", name="Message")).to_have_value("My second question")


@pytest.mark.parametrize("width", WIDTHS)
async def test_too_many_sign_ins_from_one_network(
    open_page: OpenPage, alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    settings.RATE_LIMIT_IP_REQUESTS = 1
    monkeypatch.setattr("django_ratelimit.core.time", SimpleNamespace(time=lambda: MINUTE_BEGINS))
    page = await open_page("/accounts/login/", **looks(width))
    await page.clock.install()
    address, password = page.get_by_label("E-mail address"), page.get_by_label("Password")
    button = page.get_by_role("button", name="Sign in", exact=True)
    for said in ("don't belong together", "Too many tries came from your network"):
        await address.fill("alice@example.org")
        await password.fill("wrong")
        await button.click()
        await expect(page.locator("[role=alert]:not(:empty)")).to_contain_text(said)
    await expect(page.locator(COUNTING)).to_contain_text("Try again in ")
    await expect(address).to_have_value("alice@example.org")
    await expect(password).to_have_value("")
    await password.fill("a long enough password")
    await button.click(force=True)
    await expect(password).to_have_value("a long enough password")
    await assert_accessible(page)
    await page.clock.run_for(60_000)
    await expect(page.locator("[role=alert]:not(:empty)")).to_contain_text("You can try again now.")
    monkeypatch.setattr("django_ratelimit.core.time", SimpleNamespace(time=lambda: MINUTE_BEGINS + 60))
    await button.click()
    await expect(page.get_by_role("heading", name="What are you working on?")).to_be_visible()
