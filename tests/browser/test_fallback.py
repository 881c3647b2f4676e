"""A model that fails under a reader's eyes: what it wrote stays, another goes on, and the page says so quietly."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from itertools import permutations

import pytest
from playwright.async_api import Page, expect
from pytest_django import Settings

from accounts.models import User
from chat.models import Message
from chat.runs.engine import Engine
from providers.gateway import Gateway
from tests.browser.conftest import OpenPage, shared_loop_fixture
from tests.support.axe import assert_accessible
from tests.support.staged import DEFAULT_MODELS, newest_answer, serving_engine
from tests.support.vendors import Answer, Cut, Hang, Refusal, VendorServer
from tests.support.vendors.playing import vendor_endpoint

LABELS = {"openai": "OpenAI", "anthropic": "Anthropic", "gemini": "Google Gemini"}
SENTENCES = [f"Crate {number} held nets, rope, and about {number} lamps." for number in range(12)]
WORDS = [f"{word} " for sentence in SENTENCES for word in sentence.split()]
CUT_AFTER = 50
# Every ordered pair, and how many of the last words the one who goes on says once more.
PAIRS = [(first, second, 9 * (number % 2)) for number, (first, second) in enumerate(permutations(DEFAULT_MODELS, 2))]


@shared_loop_fixture
async def vendors() -> AsyncGenerator[VendorServer, None]:
    async with VendorServer() as server:
        yield server


@shared_loop_fixture
async def engine(transactional_db: None, vendors: VendorServer, settings: Settings) -> AsyncGenerator[Engine, None]:
    settings.LLM_MAX_RETRIES = 1
    gateway = Gateway([vendor_endpoint(name, vendors.url, label=LABELS[name]) for name in DEFAULT_MODELS])
    async with serving_engine(gateway, settings) as engine:
        yield engine


async def only(engine: Engine, *names: str) -> None:
    """Leave these endpoints, the first of which is asked."""
    await engine.gateway.configure([engine.gateway.endpoint(name) for name in names])


async def ask(page: Page) -> None:
    await page.get_by_role("textbox", name="Message").fill("What was in the crates?")
    await page.keyboard.press("Enter")
    await expect(page.locator("article.answer")).to_have_count(1)


async def remember_text(page: Page) -> None:
    """Keep what the page shows of answers whenever that changes."""
    await page.evaluate(
        """() => {
            window.shown = [];
            const look = () => {
                const body = document.querySelector("article.answer [data-body]");
                if (body) window.shown.push(body.textContent);
            };
            new MutationObserver(look).observe(document.body, {childList: true, subtree: true, characterData: true});
        }"""
    )


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(("first", "second", "repeated"), PAIRS)
async def test_one_uninterrupted_answer_from_two_vendors(
    open_page: OpenPage,
    engine: Engine,
    alice: User,
    vendors: VendorServer,
    settings: Settings,
    first: str,
    second: str,
    repeated: int,
) -> None:
    """Neither a gap nor a repetition, and nothing that was read is ever taken back."""
    settings.PROVIDER_PRIORITY = (first, second)
    await only(engine, first, second)
    vendors.will(Answer(tokens=tuple(WORDS), fault=Cut(CUT_AFTER)), Answer(tokens=tuple(WORDS[CUT_AFTER - repeated :])))
    page = await open_page("/", user=alice)
    await remember_text(page)
    await ask(page)
    await expect(page.locator("article.answer")).to_contain_text("about 11 lamps.")
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    answer = page.locator("article.answer")
    whole = one_line("".join(WORDS))
    await expect(answer.locator("[data-body]")).to_have_text(whole)
    for shown in await page.evaluate("() => window.shown"):
        assert whole.startswith(one_line(shown))
    await expect(answer.locator(".seam")).to_have_text(f"Switched to {LABELS[second]}: {LABELS[first]} broke off")
    await expect(answer.locator(".failure")).to_have_count(0)
    await expect(answer.locator(".tick")).to_have_count(1)
    await expect(answer.locator(".tick")).to_have_attribute("data-kind", "switch")
    await expect(answer.locator(".readout")).to_contain_text(DEFAULT_MODELS[second])
    message = await engine.database.run(newest_answer)
    assert (one_line(message.text), message.status) == (whole, Message.Status.COMPLETE)
    await page.reload()
    await expect(answer.locator("[data-body]")).to_have_text(whole)
    assert await answer.locator("[data-body]").inner_html() == message.html


LOOKS = [(1280, "light"), (390, "dark")]
each_look = pytest.mark.parametrize(("width", "scheme"), LOOKS)


@each_look
async def test_while_it_is_waited_the_line_says_for_whom(
    open_page: OpenPage, engine: Engine, alice: User, vendors: VendorServer, width: int, scheme: str
) -> None:
    await only(engine, "openai")
    vendors.will(Refusal("rate_limited", {"Retry-After": "47"}))
    page = await open_page("/", user=alice, color_scheme=scheme, viewport={"width": width, "height": 844})
    await ask(page)
    phase = page.locator("article.answer .phase")
    await expect(phase).to_have_text("OpenAI is rate-limited, retrying in 47 s")
    colour = "(element) => getComputedStyle(element, '::before').borderTopColor"
    amber = "() => { const p = document.createElement('p'); p.style.color = 'var(--amber)'; document.body.append(p); "
    amber += "const c = getComputedStyle(p).color; p.remove(); return c; }"
    assert await phase.evaluate(colour) == await page.evaluate(amber)
    await assert_accessible(page)
    await page.reload()
    await expect(phase).to_have_text("OpenAI is rate-limited, retrying in 47 s")
    await page.get_by_role("button", name="Stop").click()
    await expect(page.locator("article.answer")).to_contain_text("Stopped")


@each_look
async def test_while_another_begins_the_seam_is_there_already(
    open_page: OpenPage, engine: Engine, alice: User, vendors: VendorServer, width: int, scheme: str
) -> None:
    await only(engine, "openai", "anthropic")
    vendors.will(Answer(tokens=tuple(WORDS), fault=Cut(CUT_AFTER)), Answer(tokens=tuple(WORDS[50:]), fault=Hang(0)))
    page = await open_page("/", user=alice, color_scheme=scheme, viewport={"width": width, "height": 844})
    await ask(page)
    await expect(page.locator("article.answer .seam")).to_have_text("Switched to Anthropic: OpenAI broke off")
    await expect(page.locator("article.answer .phase")).to_have_text("Going on where it broke off")
    await expect(page.locator("article.answer .tick")).to_have_attribute("data-kind", "switch")
    await assert_accessible(page)
    vendors.go_on()
    await expect(page.locator("article.answer")).to_contain_text("about 11 lamps.")
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await assert_accessible(page)


@each_look
async def test_when_all_fail_it_says_what_happened_and_what_to_do(
    open_page: OpenPage, engine: Engine, alice: User, vendors: VendorServer, width: int, scheme: str
) -> None:
    await only(engine, "openai", "anthropic")
    vendors.will(Answer(tokens=tuple(WORDS), fault=Cut(CUT_AFTER)), Refusal("quota"), Answer())
    page = await open_page("/", user=alice, color_scheme=scheme, viewport={"width": width, "height": 844})
    await ask(page)
    failure = page.locator("article.answer .failure")
    await expect(failure).to_contain_text("The answer broke off.")
    await expect(failure).to_contain_text("OpenAI isn't available at the moment.")
    await expect(failure).to_contain_text("The account of this site at Anthropic is used up.")
    await expect(failure).to_contain_text("What was written is kept.")
    await assert_accessible(page)
    await failure.get_by_role("button", name="Retry").click()
    await expect(page.locator("article.answer")).to_contain_text("Hello, world.")


async def test_nothing_moves_when_the_answer_comes_after_a_wait(
    open_page: OpenPage, engine: Engine, alice: User, vendors: VendorServer
) -> None:
    """The question stays where it is, whatever the line below it says."""
    await only(engine, "openai", "anthropic")
    vendors.will(Refusal("unauthorized"), Answer(fault=Hang(0)))
    page = await open_page("/", user=alice)
    await ask(page)
    await expect(page.locator("article.answer .seam")).to_be_visible()
    question = page.locator("article.question")
    before = await question.bounding_box()
    vendors.go_on()
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    assert await question.bounding_box() == before
