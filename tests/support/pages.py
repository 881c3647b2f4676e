"""Waiting for a page without asking it to evaluate text, which its content policy forbids; and what it copied."""

from __future__ import annotations

import asyncio

from playwright.async_api import Page

DEADLINE_S = 30


async def page_holds(page: Page, expression: str) -> None:
    """Wait until the JavaScript expression is true."""
    async with asyncio.timeout(DEADLINE_S):
        while not await page.evaluate(expression):
            await asyncio.sleep(0.02)


async def pasted(page: Page) -> str:
    """What a person would paste now. Pages of ours may not read the clipboard, so it comes out elsewhere."""
    elsewhere = await page.context.new_page()
    await elsewhere.set_content("<textarea></textarea>")
    # Of a field's value line breaks would be the field's own.
    await elsewhere.evaluate("addEventListener('paste', event => { window.got = event.clipboardData.getData('text') })")
    await elsewhere.locator("textarea").press("ControlOrMeta+v")
    text = str(await elsewhere.evaluate("window.got"))
    await elsewhere.close()
    await page.bring_to_front()
    return text
