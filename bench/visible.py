"""The first token as a reader sees it: from the Enter key to the frame that Chromium paints it in."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, field
from urllib.parse import urlsplit

QUESTION = "What is a run?"

# Notes when Enter is pressed, and when the first frame after the answer's first character is painted.
WATCH = """() => {
  addEventListener("keydown", (event) => { if (event.key === "Enter") window.asked = performance.now(); }, true);
  window.firstToken = () => new Promise((resolve) => {
    const look = () => {
      const bodies = document.querySelectorAll("[data-body]");
      const text = bodies.length > window.answers ? bodies[bodies.length - 1].textContent : "";
      if (text) requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - window.asked)));
      else setTimeout(look, 0);
    };
    look();
  });
  window.answers = document.querySelectorAll("[data-body]").length;
}"""
CHOOSE = """(model) => {
  document.querySelector("#composer [name=model]").value = model;
}"""


@dataclass
class Seen:
    """`first_ms` of each answer; `same` says whether each page showed, at the end, what a reload shows."""

    first_ms: list[float] = field(default_factory=list)
    same: bool = True


async def look(url: str, session_key: str, *, model: str, times: int) -> Seen | None:
    """Ask in Chromium, again and again; None where Chromium or Playwright isn't installed."""
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        return None
    if (chromium := shutil.which("chromium")) is None:
        return None
    seen = Seen()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        context = await browser.new_context()
        await context.add_cookies([{"name": "sessionid", "value": session_key, "url": url}])
        page = await context.new_page()
        await page.goto(f"{url}/")
        for number in range(times):
            await page.evaluate(WATCH)
            await page.evaluate(CHOOSE, model)
            await page.fill("#text", QUESTION)
            first = asyncio.ensure_future(page.evaluate("window.firstToken()"))
            await page.keyboard.press("Enter")
            seen.first_ms.append(await first)
            await page.wait_for_selector("article[aria-busy]", state="detached")
            shown = await page.inner_html("article.answer:last-of-type [data-body]")
            if number == 0:
                await page.wait_for_url(lambda address: urlsplit(address).path != "/")
            await page.reload()
            seen.same = seen.same and shown == await page.inner_html("article.answer:last-of-type [data-body]")
        await browser.close()
    return seen
