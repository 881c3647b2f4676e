"""Waiting for a page without asking it to evaluate text, which its content policy forbids."""

from __future__ import annotations

import asyncio

from playwright.async_api import Page

DEADLINE_S = 30


async def page_holds(page: Page, expression: str) -> None:
    """Wait until the JavaScript expression is true."""
    async with asyncio.timeout(DEADLINE_S):
        while not await page.evaluate(expression):
            await asyncio.sleep(0.02)
