"""The page itself: what a reader sees is what is stored, whatever happens to the connection."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import urlsplit

import pytest
from channels.layers import get_channel_layer
from django.conf import settings
from playwright.async_api import Page, WebSocketRoute, expect

from accounts.models import User
from chat.events import owner_group
from chat.models import Message
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.support.pages import DEADLINE_S, page_holds
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import until

AT_END = "() => document.documentElement.scrollHeight - scrollY - innerHeight < 48"

NEXT_FRAMES = """() => new Promise((done) => {
    let frames = 6;
    const next = () => (frames-- ? requestAnimationFrame(next) : done());
    next();
})"""

PIECES = [
    "# Head",
    "\n\nOne **two",
    "** three",
    ".\n\n- a\n",
    "- b\n\n```py\nx",
    " = 1\n",
    "```\n\n| a | b |\n",
    "|---|---|\n| 1",
    " | 2 |\n\nend",
]


async def stored(engine: Engine) -> Message:
    return await engine.database.run(lambda: Message.objects.filter(role="assistant").latest("created_at"))


async def equal_to_stored(page: Page, engine: Engine) -> None:
    """The answer's element holds what the stored HTML gives in an element of its own."""
    message = await stored(engine)
    shown, expected = await page.evaluate(
        """(html) => {
            const bodies = document.querySelectorAll("article.answer [data-body]");
            const fresh = document.createElement("div");
            document.body.append(fresh);
            fresh.innerHTML = html;
            const result = [bodies[bodies.length - 1].innerHTML, fresh.innerHTML];
            fresh.remove();
            return result;
        }""",
        message.html,
    )
    assert shown == expected


async def ask(page: Page, text: str) -> None:
    answers = await page.locator("article.answer").count()
    await page.get_by_role("textbox", name="Message").fill(text)
    await page.keyboard.press("Enter")
    await expect(page.locator("article.answer")).to_have_count(answers + 1)


async def test_ask_watch_reload_and_see_it_complete(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await open_page("/", user=alice)
    await ask(page, "What is *this*?")
    await expect(page.locator(".question-text")).to_have_text("What is *this*?")
    script.say("Hello **wor")
    await expect(page.locator("article.answer")).to_contain_text("wor")
    await page.reload()
    await expect(page.locator("article.answer")).to_contain_text("Hello")
    script.say("ld**.")
    script.finish()
    await expect(page.locator("article.answer strong")).to_have_text("world")
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await equal_to_stored(page, engine)
    second = await open_page(urlsplit(page.url).path, user=alice)
    await equal_to_stored(second, engine)


@pytest.mark.parametrize("cut_after", range(14))
async def test_socket_cut_after_any_object(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter, cut_after: int
) -> None:
    page = await open_page("/", user=alice)
    sent = 0
    cuts: list[asyncio.Future[None]] = []

    def through(route: WebSocketRoute) -> None:
        nonlocal sent
        upstream = route.connect_to_server()

        def forward(data: str | bytes) -> None:
            nonlocal sent
            if sent == cut_after:
                sent += 1
                cuts.append(asyncio.ensure_future(route.close(code=1011)))
            else:
                sent += 1
                route.send(data)

        upstream.on_message(forward)

    await page.route_web_socket("**/ws/**", through)
    await ask(page, "Go")
    await until(lambda: script.requests)
    for piece in PIECES:
        script.say(piece)
        await until(script.events.empty)
        await asyncio.sleep(0)
    script.finish()
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await equal_to_stored(page, engine)


async def test_two_tabs_show_the_same(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    first = await open_page("/", user=alice)
    await ask(first, "One")
    await first.wait_for_url("**/conversations/**")
    second = await open_page(urlsplit(first.url).path, user=alice)
    script.say("First answer")
    script.finish()
    for page in (first, second):
        await expect(page.locator("article.answer")).to_contain_text("First answer")
        await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await ask(first, "Two")
    await expect(second.locator("article.question")).to_have_count(2)
    script.say("Second answer")
    script.finish()
    for page in (first, second):
        await expect(page.locator("article.answer").last).to_contain_text("Second answer")
        await expect(page.locator("article[aria-busy]")).to_have_count(0)
        await expect(page.locator("article")).to_have_count(4)


async def test_where_sockets_are_blocked_the_answer_comes_as_events(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await open_page("/", user=alice)
    await page.evaluate(
        "() => { WebSocket = class { close() {} constructor() { setTimeout(() => this.onclose({code: 1006})); } } }"
    )
    await ask(page, "Go")
    script.say("Through ", "another ")
    await expect(page.locator("article.answer")).to_contain_text("another")
    script.say("door")
    script.finish()
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await equal_to_stored(page, engine)


async def test_a_page_that_was_given_events_goes_back_to_a_socket(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await open_page("/", user=alice)
    await page.evaluate(
        """() => {
            const Real = WebSocket;
            let opened = 0;
            WebSocket = function (address) {
                if (opened++ > 1) return new Real(address);
                setTimeout(() => this.onclose({code: 1006}));
                this.close = () => {};
            };
            Object.assign(WebSocket, { OPEN: 1, CONNECTING: 0 });
            Object.defineProperty(WebSocket, Symbol.hasInstance, { value: (it) => it instanceof Real });
        }"""
    )
    await ask(page, "Go")
    script.say("Through another ")
    await expect(page.locator("article.answer")).to_contain_text("another")
    link = "() => document.querySelector('live-stream').connection.link"
    await page_holds(page, f"{link} instanceof EventSource")
    await get_channel_layer().group_send(owner_group(alice.id), {"type": "layer.restored"})
    await page_holds(page, f"{link} instanceof WebSocket")
    script.say("door")
    script.finish()
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await equal_to_stored(page, engine)


async def test_events_of_a_session_that_ended_end_too(open_page: OpenPage, alice: User) -> None:
    page = await open_page("/", user=alice)
    await page.evaluate(
        "() => { WebSocket = class { close() {} constructor() { setTimeout(() => this.onclose({code: 1006})); } } }"
    )
    await ask(page, "Go")
    await page_holds(page, "() => document.querySelector('live-stream').connection.link instanceof EventSource")
    await page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    await page.evaluate("() => document.querySelector('live-stream').connection.reconnectNow()")
    await expect(page).to_have_url(re.compile("/accounts/login/"))


async def test_stop_button_and_escape(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await open_page("/", user=alice)
    button = page.get_by_role("button", name="Stop")
    ways: list[Callable[[], Awaitable[None]]] = [button.click, partial(page.keyboard.press, "Escape")]
    for stop in ways:
        await ask(page, "Go")
        script.say("Some text")
        await expect(page.locator("article.answer").last).to_contain_text("Some text")
        await stop()
        await expect(page.locator("article.answer").last).to_contain_text("Stopped")
        await expect(page.get_by_role("button", name="Send")).to_be_visible()


async def test_without_script_asking_and_reading_work(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await open_page("/", user=alice, java_script_enabled=False)
    await page.get_by_role("textbox", name="Message").fill("Hello?")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("button", name="Stop")).to_be_visible()
    await expect(page.get_by_role("textbox", name="Message")).to_be_hidden()
    script.say("An **answer**")
    script.finish()
    await expect(page.locator("article.answer strong")).to_have_text("answer")
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()


async def test_the_page_follows_the_answer_until_the_reader_scrolls_up(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await open_page("/", user=alice, viewport={"width": 390, "height": 600})
    await ask(page, "Go")
    to_latest = page.get_by_role("button", name="Jump to latest")
    script.say(*[f"Paragraph {number}.\n\n" for number in range(40)])
    await expect(page.locator("article.answer")).to_contain_text("Paragraph 39")
    await page_holds(page, AT_END)
    await expect(to_latest).to_be_hidden()
    async with asyncio.timeout(DEADLINE_S):
        # As a reader does: a turn of the wheel that comes while the page still moves may be lost.
        while not await to_latest.is_visible():
            await page.mouse.wheel(0, -600)
            await asyncio.sleep(0.1)
    script.say("Unseen.\n\n" * 20)
    await expect(page.locator("article.answer")).to_contain_text("Unseen.")
    assert not await page.evaluate(AT_END)
    await to_latest.click()
    await page_holds(page, AT_END)
    await expect(to_latest).to_be_hidden()
    script.finish()
    await expect(page.locator("article[aria-busy]")).to_have_count(0)


async def test_a_new_connection_never_takes_the_answer_off_the_page(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await open_page("/", user=alice, viewport={"width": 390, "height": 600})
    sockets: list[WebSocketRoute] = []

    def connect(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    await page.route_web_socket("**/ws/**", connect)
    await ask(page, "Go")
    script.say(*[f"Paragraph {number}.\n\n" for number in range(40)])
    await expect(page.locator("article.answer")).to_contain_text("Paragraph 39")
    await page.evaluate(
        """() => {
            const log = document.querySelector("#log");
            globalThis.heights = [];
            new MutationObserver(() => heights.push(log.offsetHeight)).observe(log, { childList: true, subtree: true });
            globalThis.before = log.offsetHeight;
        }"""
    )
    await sockets[-1].close()
    script.say("After the cut.\n\n")
    await expect(page.locator("article.answer")).to_contain_text("After the cut.")
    assert await page.evaluate("Math.min(...heights) >= before")
    await page_holds(page, AT_END)
    await expect(page.get_by_role("button", name="Jump to latest")).to_be_hidden()


async def test_the_end_of_an_answer_a_little_longer_than_the_screen_stays_in_view(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await open_page("/", user=alice)
    await ask(page, "Go")
    script.say(*[f"Paragraph {number}.\n\n" for number in range(14)])
    await expect(page.locator("article.answer")).to_contain_text("Paragraph 13")
    await page_holds(page, "document.documentElement.scrollHeight > innerHeight + 20")
    await page_holds(page, AT_END)
    script.finish()
    await expect(page.get_by_role("button", name="Regenerate")).to_be_visible()
    await page.evaluate(NEXT_FRAMES)
    assert await page.evaluate(AT_END)
    await expect(page.get_by_role("button", name="Jump to latest")).to_be_hidden()


async def test_what_was_typed_survives_an_ended_session_and_a_lost_network(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter, console: list[str]
) -> None:
    page = await open_page("/", user=alice)
    text = page.get_by_role("textbox", name="Message")
    await page.context.set_offline(True)
    await text.fill("Precious")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Your text is kept")).to_be_visible()
    await expect(text).to_have_value("Precious")
    await page.context.set_offline(False)
    await page.context.clear_cookies(name="sessionid")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/accounts/login/?next=/")
    assert await page.evaluate("(key) => localStorage.getItem(key)", f"draft:{alice.id}:new") == "Precious"
    console.clear()
