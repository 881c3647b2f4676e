"""A person's way through the product, from sign-up over a live answer to sign-out: by mouse, and by keyboard alone."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.async_api import Page, expect

from accounts.models import User
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.support.pages import page_holds
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import begin_turn

MARKDOWN = """# Pools

A **pool** is a queue.

- one
- two

```py
x = 1
```

| a | b |
|---|---|
| 1 | 2 |

> Said [so](https://example.org).
"""
ADDRESS, PASSWORD = "dana@example.org", "violet-harbour-93"


async def tab_to(page: Page, name: str | re.Pattern[str], *, limit: int = 60) -> None:
    """Press Tab until the control of that name has the focus."""
    for _ in range(limit):
        await page.keyboard.press("Tab")
        said = await page.evaluate(
            """() => {
                const one = document.activeElement;
                const label = one.labels?.[0]?.innerText;
                return (one.getAttribute("aria-label") ?? label ?? one.innerText ?? "").trim();
            }"""
        )
        if re.search(name, said) if isinstance(name, re.Pattern) else said == name:
            return
    raise AssertionError(f"{limit} steps of the Tab key never reached {name}")


async def test_a_persons_way(open_page: OpenPage, engine: Engine, db: None, script: ScriptedAdapter) -> None:
    page = await open_page("/")
    await expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    await page.get_by_label("E-mail address").fill(ADDRESS)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await page.get_by_role("textbox", name="Message").fill("What is a pool?")
    await page.get_by_role("button", name="Send").click()
    script.say("# Pools\n\nA **po")
    await expect(page.locator(".answer-body h3")).to_have_text("Pools")
    await expect(page.locator("[data-tail]")).to_contain_text("po")
    await page.reload()
    await expect(page.locator(".answer-body")).to_contain_text("po")
    script.say("ol** is a queue.\n")
    script.finish()
    await expect(page.locator(".answer strong")).to_have_text("pool")
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    second = await page.context.new_page()
    await second.goto(page.url)
    body = page.locator("[data-body]")
    assert await second.locator("[data-body]").inner_html() == await body.inner_html()
    await page.get_by_role("button", name="Conversation menu").click()
    await page.get_by_role("link", name="Rename").click()
    await page.get_by_label("Title").fill("All about pools")
    await page.get_by_role("dialog").get_by_role("button", name="Save").click()
    await expect(second.get_by_role("heading", level=1)).to_have_text("All about pools")
    await page.get_by_role("button", name="Conversation menu").click()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await page.get_by_role("button", name="Undo").click()
    await page.locator("#sidebar-list").get_by_role("link", name="All about pools").click()
    await expect(page.locator(".answer strong")).to_have_text("pool")
    await page.locator(".account-button").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    # Its socket was closed with the session.
    await expect(second.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_the_same_by_keyboard_alone(
    open_page: OpenPage, engine: Engine, db: None, script: ScriptedAdapter
) -> None:
    page = await open_page("/")
    await tab_to(page, re.compile("^E-mail"))
    await page.keyboard.type(ADDRESS)
    await tab_to(page, re.compile("^Password"))
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    # The message field has the focus where a conversation begins.
    await expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    await page_holds(page, "!!customElements.get('chat-composer')")
    await page.keyboard.type("What is a pool?")
    await page.keyboard.press("Enter")
    script.say("A **pool** is")
    await expect(page.locator(".answer")).to_contain_text("pool")
    script.say(" a queue.\n")
    script.finish()
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    address = urlsplit(page.url).path
    await page.reload()
    await expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    await tab_to(page, re.compile("^More: "))
    await page.keyboard.press("Enter")
    await expect(page.locator("#row-menu").get_by_role("link", name="Rename")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#sidebar-list input[name=title]")).to_be_focused()
    await page.keyboard.type("All about pools")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("All about pools")
    await tab_to(page, re.compile("^More: "))
    await page.keyboard.press("Enter")
    await expect(page.locator("#row-menu").get_by_role("link", name="Rename")).to_be_focused()
    await tab_to(page, "Delete")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    await tab_to(page, "Undo")
    await page.keyboard.press("Enter")
    await expect(page.locator("#sidebar-list .conversation")).to_have_text("All about pools")
    await tab_to(page, re.compile("All about pools"))
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{address}")
    await tab_to(page, re.compile(f"^{re.escape(ADDRESS)}"))
    await page.keyboard.press("Enter")
    await tab_to(page, "Sign out")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_what_was_typed_when_the_session_ended_is_sent_after_signing_in(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter, console: list[str]
) -> None:
    conversation = (await begin_turn(engine, alice, "First")).conversation
    script.say("Yes.")
    script.finish()
    page = await open_page(f"/conversations/{conversation.id}/", user=alice)
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await page.context.clear_cookies(name="sessionid")
    await page.get_by_role("textbox", name="Message").fill("Second")
    await page.keyboard.press("Enter")
    await page.get_by_label("E-mail address").fill(alice.email)
    await page.get_by_label("Password").fill("a long enough password")
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.locator(".question-text")).to_have_text(["First", "Second"])
    await expect(page.get_by_role("textbox", name="Message")).to_have_value("")
    assert any("401" in line for line in console)
    console.clear()


async def test_a_tab_in_the_background_says_that_its_answer_is_complete(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    conversation = (await begin_turn(engine, alice, "First")).conversation
    page = await open_page(f"/conversations/{conversation.id}/", user=alice)
    await page.evaluate(
        "Object.defineProperty(document, 'hidden', { get: () => window.isAway ?? true, configurable: true })"
    )
    script.say("Yes.")
    script.finish()
    await expect(page).to_have_title(re.compile("^✓ "))
    await page.evaluate("window.isAway = false; document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page).not_to_have_title(re.compile("^✓ "))
