"""From a conversation to a file and to a link that a visitor reads: on a phone, by the pages' own controls."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from django.utils import timezone
from playwright.async_api import Page, expect

from accounts.models import User
from chat.actions.exports import build_export
from chat.models import ConversationExport, Share
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.browser.test_story import MARKDOWN
from tests.support.axe import assert_accessible
from tests.support.pages import pasted
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import begin_turn, until

PHONE = {"width": 390, "height": 800}


async def make_link(page: Page) -> str:
    """By the conversation's menu, after a choice that was refused; as it was copied."""
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.get_by_role("button", name="Conversation menu").click()
    await page.get_by_role("link", name="Share").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("2 messages of the path you see")
    await expect(dialog.get_by_label("Last day")).to_be_hidden()
    await dialog.get_by_label("The link works").select_option("date")
    await expect(dialog.get_by_label("Last day")).to_be_visible()
    await dialog.get_by_role("button", name="Make a link").click()
    await expect(dialog).to_contain_text("Enter the last day")
    await assert_accessible(page)
    await dialog.get_by_label("The link works").select_option("never")
    await dialog.get_by_role("button", name="Make a link").click()
    await expect(dialog.get_by_text("until revoked")).to_be_visible()
    await expect(dialog.get_by_role("button", name="Copy the link")).to_be_focused()
    await dialog.get_by_role("button", name="Revoke").press("Enter")
    await expect(dialog.get_by_text("leads nowhere now")).to_be_visible()
    await expect(dialog.get_by_role("heading", name="Share this conversation")).to_be_focused()
    await dialog.get_by_label("The link works").select_option("never")
    await dialog.get_by_role("button", name="Make another link").click()
    await dialog.get_by_role("button", name="Copy the link").click()
    await expect(dialog.locator("[data-said]")).to_have_text("Copied")
    await assert_accessible(page)
    return await pasted(page)


async def read_and_copy(visitor: Page) -> None:
    await visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await expect(visitor.locator(".answer-body")).to_contain_text("A pool is a queue.")
    await assert_accessible(visitor)
    await visitor.get_by_role("button", name="Copy", exact=True).click()
    await expect(visitor.locator("figure copy-button[data-copied]")).to_be_visible()
    assert await pasted(visitor) == "x = 1\n"
    await visitor.get_by_role("button", name="Copy the answer").click()
    await expect(visitor.locator(".shared-foot copy-button[data-copied]")).to_be_visible()
    assert "A pool is a queue." in await pasted(visitor)


async def open_exported(page: Page, file: Path) -> None:
    """The file, from the disk."""
    async with page.expect_download() as download:
        await page.get_by_role("link", name="HTML").click()
    await (await download.value).save_as(file)
    await page.goto(file.as_uri())
    await expect(page.locator(".answer")).to_contain_text("A pool is a queue.")


async def make_archive(page: Page, engine: Engine) -> None:
    await page.get_by_role("button", name="Make the file").click()
    await expect(page.locator("progress")).to_be_visible()
    await assert_accessible(page)
    export = await ConversationExport.objects.aget()
    await engine.database.run(build_export, export.id)
    async with page.expect_download() as archive:
        await page.get_by_role("link", name="Download").click()
    assert (await archive.value).suggested_filename.endswith(".zip")
    await assert_accessible(page)


async def test_sharing_and_exporting(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter, console: list[str], tmp_path: Path
) -> None:
    conversation = (await begin_turn(engine, alice, "What is a pool?")).conversation
    script.say(MARKDOWN)
    script.finish()
    await until(lambda: engine.is_idle)
    page = await open_page(f"/conversations/{conversation.id}/", user=alice, viewport=PHONE)
    link = await make_link(page)
    visitor = await open_page(urlsplit(link).path, viewport=PHONE)
    await read_and_copy(visitor)
    await Share.objects.aupdate(expires_at=timezone.now())
    await visitor.reload()
    await expect(visitor.get_by_role("heading")).to_have_text("This link has expired")
    await assert_accessible(visitor)

    origin = link.removesuffix(urlsplit(link).path)
    await page.goto(f"{origin}/shares/")
    await assert_accessible(page)
    await page.get_by_role("button", name="Revoke").press("Enter")
    await expect(page.get_by_role("status").filter(has_text="leads nowhere")).to_be_visible()
    await expect(page.get_by_role("heading", name="Shared links")).to_be_focused()
    answer = await visitor.goto(link)
    assert answer is not None
    assert answer.status == 404
    assert [line for line in console if not re.search(r"\b(404|410|422)\b", line)] == []
    console.clear()

    await page.goto(f"{origin}/conversations/{conversation.id}/export/")
    await assert_accessible(page)
    await open_exported(page, tmp_path / "pool.html")
    await assert_accessible(page)
    await page.goto(f"{origin}/exports/")
    await make_archive(page, engine)
