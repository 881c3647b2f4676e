"""Files of a message: as a draft, when it is sent, edited, on a phone, and without JavaScript."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect
from pytest_django import Settings

from accounts.models import User
from chat.models import Attachment, Message
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage, assert_refused_quietly
from tests.browser.test_composer import PHONE
from tests.chat.attachments.files import picture
from tests.support.attaching import chips, field, file, kept, pick, ready
from tests.support.axe import assert_accessible
from tests.support.scripted import ScriptedAdapter

PNG = picture("PNG")
LONG_NAME = "minutes of the meeting about the names of files that are far too long for a telephone (final).txt"
RTL_NAME = "تقرير المبيعات السنوي لكل الفروع في جميع المدن.csv"
IS_WITHIN = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


async def test_files_of_a_draft_are_there_after_a_reload_and_after_signing_in(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter, console: list[str]
) -> None:
    page = await ready(open_page, alice)
    await pick(page, file("a.txt"), file("b.txt"))
    await expect(kept(page)).to_have_count(2)
    await page.reload()
    await expect(kept(page)).to_contain_text(["a.txt", "b.txt"])
    await page.get_by_role("button", name="Remove b.txt").press("Enter")
    await expect(page.get_by_role("button", name="Remove a.txt")).to_be_focused()

    # A page that isn't told of them forgets nothing
    await page.route("**/attachments/waiting/*", lambda route: route.fulfill(status=503))
    await page.reload()
    await page.evaluate("document.querySelector('#composer attachment-tray').restored")
    await expect(chips(page)).to_have_count(0)
    await page.unroute("**/attachments/waiting/*")
    await page.reload()
    await expect(kept(page)).to_contain_text(["a.txt"])
    await page.context.clear_cookies(name="sessionid")
    await field(page).fill("What is in it?")
    await field(page).press("Enter")
    await page.get_by_label("E-mail address").fill(alice.email)
    await page.get_by_label("Password").fill("a long enough password")
    await page.get_by_role("button", name="Sign in", exact=True).click()
    question = page.locator("#log .question")
    await expect(question.get_by_role("link", name="a.txt")).to_be_visible()
    await expect(question).to_contain_text("What is in it?")
    assert any("401" in line for line in console)
    console.clear()


async def test_a_file_that_is_gone_is_said_and_holds_the_message_until_that_is_read(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter, console: list[str]
) -> None:
    page = await ready(open_page, alice)
    await pick(page, file("a.txt"), file("b.txt"))
    await expect(kept(page)).to_have_count(2)
    await Attachment.objects.filter(name="a.txt").adelete()
    await page.reload()
    note = chips(page).filter(has_text="A file of this draft isn't there any more")
    await expect(note).to_be_visible()
    await expect(kept(page)).to_contain_text(["b.txt"])
    await assert_accessible(page)
    await field(page).fill("What is in them?")
    await field(page).press("Enter")
    await expect(page.locator("#composer-error")).to_contain_text("isn't there any more")
    await expect(field(page)).to_have_value("What is in them?")
    await page.get_by_role("button", name="Remove", exact=True).press("Enter")
    await expect(page.get_by_role("button", name="Remove b.txt")).to_be_focused()
    await page.reload()
    await expect(kept(page)).to_contain_text(["b.txt"])
    await expect(chips(page)).to_have_count(1)
    await field(page).press("Enter")
    await expect(page.locator("#log .question").get_by_role("link")).to_contain_text(["b.txt"])
    assert_refused_quietly(console)


async def test_an_edit_keeps_removes_and_adds_files(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await ready(open_page, alice)
    await pick(page, file("a.txt"), file("b.txt"))
    await expect(kept(page)).to_have_count(2)
    await field(page).fill("What is in them?")
    await field(page).press("Enter")
    script.say("Hours.")
    script.finish()
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await page.get_by_role("link", name="Edit the question").click()
    form = page.locator(".question-form")
    await expect(form.get_by_role("checkbox")).to_have_count(2)
    await form.get_by_role("checkbox", name="Remove a.txt").press("Space")
    await form.locator(".attach-field").set_input_files([file("c.txt")])
    await expect(form.locator("[data-attachment]")).to_contain_text(["c.txt"])
    await assert_accessible(page)
    await form.get_by_role("button", name="Send").press("Enter")
    await expect(page.locator("#log .question .attachments").get_by_role("link")).to_contain_text(["b.txt", "c.txt"])
    await expect(page.locator("#log .question")).to_contain_text("What is in them?")
    script.say("Hours.")
    script.finish()
    await expect(page.locator("article[aria-busy]")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 320])
async def test_long_names_fit_a_phone(open_page: OpenPage, alice: User, width: int) -> None:
    options: dict[str, object] = PHONE | {"viewport": {"width": width, "height": 700}}
    page = await ready(open_page, alice, "/", **options)
    await pick(page, file(LONG_NAME), file(RTL_NAME), file("c.png", PNG, "image/png"))
    await expect(kept(page)).to_have_count(3)
    assert await page.evaluate(IS_WITHIN)
    await expect(page.get_by_title(LONG_NAME).get_by_text(".txt")).to_be_in_viewport(ratio=1)
    for button in (page.get_by_role("button", name="Attach files"), page.get_by_role("button", name="Remove c.png")):
        box = await button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    # They scroll by themselves, to where the focus is
    await page.get_by_role("button", name="Remove c.png").focus()
    await expect(page.get_by_role("button", name="Remove c.png")).to_be_in_viewport(ratio=1)
    await assert_accessible(page)


async def test_without_javascript_files_go_with_the_message(
    open_page: OpenPage, engine: Engine, alice: User, console: list[str]
) -> None:
    page = await open_page("/", user=alice, java_script_enabled=False)
    await pick(page, file("a.txt"), file("broken.pdf", b"%PDF-1.4 no"))
    await field(page).fill("What is in them?")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#composer-error")).to_contain_text("“broken.pdf” is damaged")
    await expect(field(page)).to_have_value("What is in them?")
    await expect(chips(page)).to_contain_text(["a.txt"])
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#log .question .attachments").get_by_role("link", name="a.txt")).to_be_visible()
    assert await engine.database.run(lambda: Message.objects.filter(role="user", text="What is in them?").count()) == 1
    console.clear()
