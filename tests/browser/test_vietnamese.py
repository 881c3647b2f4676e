"""The application in Vietnamese: accessible on its main pages, and used with the keyboard and on a phone."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from accounts.models import User
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.support.answers import make_answer
from tests.support.axe import assert_accessible
from tests.support.pages import page_holds
from tests.support.scripted import ScriptedAdapter
from tests.support.threads import in_thread

PAGES = (
    "/",
    "/preferences/",
    "/memory/",
    "/prompts/new/",
    "/providers/",
    "/providers/openai/models/",
    "/budgets/",
    "/usage/",
    "/reports/",
    "/status/",
    "/tasks/",
    "/imports/",
    "/exports/",
    "/search/?q=b%C3%A1o",
    "/conversations/manage/",
    "/shortcuts/",
    "/nothing/here/",
)
PHONE = {"width": 390, "height": 844}


def speak_vietnamese(person: User) -> None:
    person.language = "vi"
    person.save(update_fields=["language"])


async def test_the_main_pages_are_accessible_and_hold_their_words(
    open_page: OpenPage, engine: Engine, admin: User, console: list[str]
) -> None:
    await in_thread(speak_vietnamese, admin)
    run = await engine.database.run(make_answer, admin)
    page = await open_page("/accounts/logout/", user=admin, viewport=PHONE)
    root = f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}"
    for path in (*PAGES, f"/runs/{run.id}/inspect/"):
        await page.goto(f"{root}{path}")
        await expect(page.locator("html")).to_have_attribute("lang", "vi")
        await assert_accessible(page)
        await page_holds(page, "document.documentElement.scrollWidth <= innerWidth")
    assert [line for line in console if "404" not in line] == []
    console.clear()


@pytest.mark.parametrize("width", [1280, 390])
async def test_a_visitor_signs_up_in_vietnamese(open_page: OpenPage, width: int) -> None:
    page = await open_page("/accounts/login/", viewport={"width": width, "height": 844}, locale="en-GB")
    await page.get_by_role("button", name="Tiếng Việt").click()
    await expect(page.get_by_role("heading", name="Chào mừng")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_label("Địa chỉ email").fill("an@example.org")
    await page.get_by_label("Mật khẩu").fill("bốn từ không liên quan")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Bạn đang làm gì?")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "vi")


async def test_a_question_is_asked_and_answered_by_keyboard(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    await in_thread(speak_vietnamese, alice)
    page = await open_page("/", user=alice, viewport=PHONE)
    field = page.get_by_role("textbox", name="Tin nhắn")
    await expect(field).to_be_focused()
    await page.keyboard.type("Hồ bơi là gì?")
    await page.keyboard.press("Enter")
    answer = page.get_by_role("article", name="Trợ lý nói")
    await expect(answer).to_be_visible()
    await expect(page.get_by_role("button", name="Dừng")).to_be_visible()
    script.say("Một nơi để bơi.")
    await expect(page.locator("spoken-status")).to_have_text(re.compile("rả lời"))
    script.finish()
    await expect(answer.get_by_text("Một nơi để bơi.")).to_be_visible()
    await expect(answer.get_by_role("button", name="Sao chép câu trả lời")).to_be_visible()
    await expect(page.locator("local-time").first).to_have_text("bây giờ")
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("combobox", name="Tìm cuộc trò chuyện, hoặc việc cần làm")).to_be_focused()
    await page.keyboard.type("tùy chọn")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Tùy chọn")).to_be_visible()
