"""Files in the composer: brought in every way, said no to before they go, and on their way in bad weather."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.async_api import Error, Route, expect
from pytest_django import Settings

from accounts.models import User
from chat.models import Attachment
from chat.runs.engine import Engine
from providers.models import Endpoint
from tests.browser.conftest import OpenPage, assert_refused_quietly
from tests.chat.attachments.files import picture
from tests.support.attaching import chips, field, file, kept, pick, ready
from tests.support.axe import assert_accessible
from tests.support.pages import page_holds
from tests.support.scripted import ScriptedAdapter

PNG = picture("PNG")
DRAG = """([event, files]) => {
    const dataTransfer = new DataTransfer();
    for (const [name, type, text] of files) dataTransfer.items.add(new File([text], name, { type }));
    const target = document.querySelector("drop-zone:popover-open") ?? document.body;
    target.dispatchEvent(new DragEvent(event, { dataTransfer, bubbles: true, cancelable: true }));
}"""
PASTE = """([text, files]) => {
    const clipboardData = new DataTransfer();
    if (text) clipboardData.setData("text/plain", text);
    for (const [name, type, base64] of files) {
        const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
        clipboardData.items.add(new File([bytes], name, { type }));
    }
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    return document.getElementById("text").dispatchEvent(event);
}"""


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


async def test_files_are_picked_removed_and_sent_by_keyboard(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    page = await ready(open_page, alice)
    button = page.get_by_role("button", name="Attach files")
    async with page.expect_file_chooser() as chosen:
        await button.press("Enter")
    await (await chosen.value).set_files([file("a.txt"), file("b.md"), file("c.png", PNG, "image/png")])
    await expect(kept(page)).to_have_count(3)
    await expect(chips(page)).to_contain_text(["a.txt", "b.md", "c.png"])
    await expect(field(page)).to_be_focused()
    await expect(page.locator("#said")).to_contain_text("is attached.")
    await page.get_by_role("button", name="Remove a.txt").press("Enter")
    await expect(page.get_by_role("button", name="Remove b.md")).to_be_focused()
    await expect(chips(page)).to_have_count(2)
    await assert_accessible(page)

    # No words are needed with files
    await field(page).press("Enter")
    sent = page.locator("#log .question .attachments")
    await expect(sent.get_by_role("link", name="b.md")).to_be_visible()
    await expect(sent.get_by_role("img", name="c.png")).to_be_visible()
    await expect(chips(page)).to_have_count(0)
    script.say("A red picture, and a settlement.")
    script.finish()
    await expect(page.locator("article[aria-busy]")).to_have_count(0)
    await assert_accessible(page)
    await page.reload()
    await expect(sent.get_by_role("link")).to_have_count(2)
    await page.goto(urljoin(page.url, "/"))
    await expect(field(page)).to_be_focused()
    await expect(chips(page)).to_have_count(0)
    assert await engine.database.run(lambda: [one.name for one in Attachment.objects.in_order()]) == ["b.md", "c.png"]


async def test_files_are_dropped_anywhere_on_the_page(open_page: OpenPage, alice: User) -> None:
    page = await ready(open_page, alice)
    zone = page.get_by_text("Drop files to attach them")
    files = [["dropped.txt", "text/plain", "Hello"]]
    for over in ("leave", "escape"):
        await page.evaluate(DRAG, ["dragenter", files])
        await expect(zone).to_be_visible()
        if over == "leave":
            await page.evaluate(DRAG, ["dragleave", files])
        else:
            await page.keyboard.press("Escape")
        await expect(zone).to_be_hidden()
    await page.evaluate(DRAG, ["dragenter", []])
    await expect(zone).to_be_hidden()
    await page.evaluate(DRAG, ["dragenter", files])
    await assert_accessible(page)
    await page.evaluate(DRAG, ["drop", files])
    await expect(zone).to_be_hidden()
    await expect(kept(page)).to_contain_text(["dropped.txt"])
    await page.get_by_role("button", name="Remove dropped.txt").click()

    # A dialog lies over where they would go
    await page.keyboard.press("Control+Shift+M")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.evaluate(DRAG, ["dragenter", files])
    await page.evaluate(DRAG, ["drop", files])
    await expect(zone).to_be_hidden()
    await expect(chips(page)).to_have_count(0)


async def test_what_is_pasted_is_attached_unless_it_is_text(open_page: OpenPage, alice: User) -> None:
    page = await ready(open_page, alice)
    image = [
        "image.png",
        "image/png",
        (await page.evaluate("(bytes) => btoa(String.fromCharCode(...bytes))", list(PNG))),
    ]
    # True: the browser goes on and pastes the words, of which an office program has made a picture, too.
    assert await page.evaluate(PASTE, ["Quarterly figures", [image]]) is True
    assert await page.evaluate(PASTE, ["Only words", []]) is True
    await expect(chips(page)).to_have_count(0)
    assert await page.evaluate(PASTE, ["", [image]]) is False
    # A file manager names its files in words
    assert await page.evaluate(PASTE, ["/home/alice/notes.md", [["notes.md", "text/markdown", "SGVsbG8="]]]) is False
    await expect(kept(page)).to_contain_text(["image.png", "notes.md"])


async def test_what_can_not_go_is_said_before_it_goes(open_page: OpenPage, alice: User, settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 2_000
    page = await ready(open_page, alice)
    await page.route("**/attachments/", hold)
    await pick(
        page,
        file("empty.txt", b""),
        file("film.mp4", b"x", "video/mp4"),
        file("table.xlsx", b"x", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        file("large.txt", b"x" * 2_001),
        file("$&.ts", mime="video/mp2t"),
    )
    said = page.locator("#composer").get_by_role("alert").filter(has_text="empty")
    await expect(said).to_contain_text("“empty.txt” wasn't attached: it is empty.")
    await expect(said).to_contain_text("“film.mp4” wasn't attached: files of its kind can't be read.")
    await expect(said).to_contain_text("“table.xlsx” wasn't attached: files of its kind")
    await expect(said).to_contain_text("“large.txt” wasn't attached: it is larger than 2.0")
    await expect(chips(page)).to_have_count(1)
    await expect(chips(page)).to_contain_text(["$&.ts"])
    await assert_accessible(page)

    # What fits goes on
    await pick(page, *(file(f"{number}.txt") for number in range(settings.MESSAGE_MAX_FILES + 1)))
    await expect(chips(page)).to_have_count(settings.MESSAGE_MAX_FILES)
    await expect(
        page.get_by_text(f"A message takes {settings.MESSAGE_MAX_FILES} files at most. Left out: 9.txt, 10.txt")
    ).to_be_visible()


async def hold(route: Route) -> None:
    """Never answered: the upload goes on for as long as the test does."""


async def test_a_message_waits_for_its_files_which_go_three_at_a_time(open_page: OpenPage, alice: User) -> None:
    page = await ready(open_page, alice)
    gate = asyncio.Event()

    async def wait(route: Route) -> None:
        await gate.wait()
        # One that was called off meanwhile goes nowhere.
        with suppress(Error):
            await route.continue_()

    await page.route("**/attachments/", wait)
    await pick(page, *(file(f"{number}.txt") for number in range(5)))
    going = page.locator("file-upload[data-state=sending]")
    await expect(going).to_contain_text(["0.txt", "1.txt", "2.txt"])
    await expect(page.locator("file-upload[data-state=waiting]")).to_contain_text(["3.txt", "4.txt"])
    send = page.get_by_role("button", name="Send")
    await expect(send).to_have_attribute("aria-disabled", "true")
    await field(page).fill("What is in them?")
    await field(page).press("Enter")
    await expect(page.get_by_text("The files are still being uploaded.")).to_be_visible()
    await expect(field(page)).to_have_value("What is in them?")

    await page.get_by_role("button", name="Cancel 1.txt").press("Enter")
    await expect(page.get_by_role("button", name="Cancel 2.txt")).to_be_focused()
    await expect(going).to_contain_text(["0.txt", "2.txt", "3.txt"])
    for number in (3, 4):
        await page.get_by_role("button", name=f"Cancel {number}.txt").click()
    gate.set()
    await expect(kept(page)).to_contain_text(["0.txt", "2.txt"])
    await expect(page.get_by_text("The files are still being uploaded.")).to_have_count(0)
    await expect(send).not_to_have_attribute("aria-disabled", "true")


async def test_a_slow_upload_shows_how_far_it_is(open_page: OpenPage, alice: User) -> None:
    page = await ready(open_page, alice)
    network = await page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 100_000}
    await network.send("Network.emulateNetworkConditions", slow)
    await pick(page, file("large.txt", b"Four o'clock. " * 20_000))
    bar = page.get_by_role("progressbar", name="Upload of large.txt")
    await expect(bar).to_be_visible()
    await page_holds(
        page, "(({ value }) => value > 0.1 && value < 0.9)(document.querySelector('file-upload progress'))"
    )
    await network.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    await expect(kept(page)).to_contain_text(["large.txt"])


async def test_on_a_phone_the_file_that_was_refused_is_in_sight(
    open_page: OpenPage, alice: User, console: list[str]
) -> None:
    page = await ready(open_page, alice, viewport={"width": 390, "height": 844})
    await pick(page, file("one.txt"), file("two.txt"), file("broken.pdf", b"%PDF-1.4 nothing", "application/pdf"))
    await expect(page.get_by_text("“broken.pdf” is damaged or cut off")).to_be_in_viewport(ratio=1)
    assert_refused_quietly(console)


async def test_an_upload_that_fails_is_tried_again(open_page: OpenPage, alice: User, console: list[str]) -> None:
    page = await ready(open_page, alice)

    async def break_off(route: Route) -> None:
        await route.abort()

    await page.route("**/attachments/", break_off)
    await pick(page, file("notes.txt"))
    await expect(page.get_by_role("alert").filter(has_text="The upload broke off.")).to_be_visible()
    await field(page).fill("What is in it?")
    await field(page).press("Enter")
    await expect(page.get_by_text("A file wasn't attached. Try again or remove it")).to_be_visible()
    await assert_accessible(page)
    await page.unroute("**/attachments/")
    await page.get_by_role("button", name="Try again").press("Enter")
    await expect(kept(page)).to_contain_text(["notes.txt"])
    await expect(page.get_by_role("button", name="Remove notes.txt")).to_be_focused()

    # What the server has read and refused stays refused
    await pick(page, file("broken.pdf", b"%PDF-1.4 nothing", "application/pdf"))
    await expect(page.get_by_text("“broken.pdf” is damaged or cut off")).to_be_visible()
    await expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    await page.get_by_role("button", name="Remove broken.pdf").press("Enter")
    await expect(page.get_by_role("button", name="Remove notes.txt")).to_be_focused()

    # Signed out meanwhile
    await page.context.clear_cookies(name="sessionid")
    await pick(page, file("late.txt"))
    await expect(page.get_by_text("You are signed out.")).to_be_visible()
    assert len(console) >= 3
    console.clear()


async def test_a_model_that_can_not_read_images_is_said_before_sending(
    open_page: OpenPage, engine: Engine, alice: User
) -> None:
    def offer() -> None:
        for name in ("deepseek", "mistral"):
            row = Endpoint(name=name, is_enabled=True)
            row.keep_key("a key that nobody uses")
            row.save()

    await engine.database.run(offer)
    page = await ready(open_page, alice, "/?model=deepseek/deepseek-v4-pro")
    await pick(page, file("notes.txt"))
    await expect(kept(page)).to_have_count(1)
    said = page.get_by_text("The chosen model can't read images.")
    await expect(said).to_be_hidden()
    await pick(page, file("picture.png", PNG, "image/png"))
    await expect(said).to_be_visible()
    await expect(kept(page)).to_have_count(2)
    await assert_accessible(page)
    await field(page).fill("What is on it?")
    await field(page).press("Enter")
    choose = page.get_by_role("link", name="Choose one that can")
    await expect(choose).to_be_focused()
    await expect(page.locator("[data-blind-note]")).to_have_css("overflow", "visible")
    await expect(field(page)).to_have_value("What is on it?")
    await choose.press("Enter")
    await page.get_by_role("dialog").get_by_role("searchbox").fill("mistral-large")
    await page.keyboard.press("Enter")
    await expect(page.locator("#composer .chip")).to_have_text("mistral-large-4")
    await expect(said).to_be_hidden()
    await page.goto(urljoin(page.url, "/?model=deepseek/deepseek-v4-pro"))
    await expect(said).to_be_visible()
    await page.get_by_role("button", name="Remove picture.png").click()
    await expect(said).to_be_hidden()


async def test_a_text_that_is_too_long_goes_as_a_file(
    open_page: OpenPage, alice: User, settings: Settings, console: list[str]
) -> None:
    settings.CHAT_MESSAGE_MAX_CHARS = 1_000
    page = await ready(open_page, alice)
    await field(page).fill("Four o'clock. " * 100)
    await field(page).press("Enter")
    await expect(page.locator("#composer-error")).to_contain_text(
        "This message has 1,400 characters; the limit is 1,000."
    )
    await assert_accessible(page)
    await page.get_by_role("button", name="Attach as file").press("Enter")
    await expect(kept(page)).to_contain_text(["Long text.txt"])
    await expect(field(page)).to_have_value("")
    await expect(field(page)).to_be_focused()
    await expect(page.locator("#composer-error")).to_be_empty()
    console.clear()
