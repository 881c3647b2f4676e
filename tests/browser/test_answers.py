"""What can be done with an answer's parts: a table as CSV, a formula's source, footnotes, the lines of code."""

from __future__ import annotations

from playwright.async_api import Page, expect

from accounts.models import User
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.support.axe import assert_accessible
from tests.support.pages import pasted
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import begin_turn

MARKDOWN = r"""It is $e^{i\pi} = -1$,[^1] and *so on*.

$$
\begin{aligned} a &= b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q + r + s + t \\ &< u \end{aligned}
$$

| name | size, m² | note |
|---|--:|---|
| A "circle" | $\pi r^2$ | =1+1 |
| Two, really | 7 | -x |

- [x] Done
  1. [ ] Open

```py
x = "a long line of code that is wider than a telephone and so has to be broken or to be scrolled"
```

[^1]: Found by *Euler*.
"""


async def answer(page: Page, script: ScriptedAdapter, count: int) -> None:
    for start in range(0, len(MARKDOWN), 40):
        script.say(MARKDOWN[start : start + 40])
    script.finish()
    await expect(page.locator("article.answer:not([aria-busy])")).to_have_count(count)


async def test_the_parts_of_an_answer(
    open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    conversation = (await begin_turn(engine, alice)).conversation
    viewport = {"width": 390, "height": 844}
    page = await open_page(f"/conversations/{conversation.id}/", user=alice, viewport=viewport)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await answer(page, script, 1)
    await page.get_by_role("textbox", name="Message").fill("Again")
    await page.keyboard.press("Enter")
    await expect(page.locator("article[aria-busy]")).to_have_count(1)
    await answer(page, script, 2)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await assert_accessible(page)

    last = page.locator("article.answer").last
    button = last.get_by_role("button", name="Copy as CSV")
    await button.click()
    await expect(last.locator(".table copy-button")).to_have_text("Copied")
    assert await pasted(page) == ('name,"size, m²",note\r\n"A ""circle""",$\\pi r^2$,=1+1\r\n"Two, really",7,-x\r\n')
    await expect(last.locator(".table copy-button")).to_have_text("Copy as CSV")

    await last.locator("p").first.evaluate("paragraph => getSelection().selectAllChildren(paragraph)")
    await page.keyboard.press("Control+c")
    assert await pasted(page) == "It is $e^{i\\pi} = -1$,[1] and so on."

    reference, back = last.locator("[role=doc-noteref]"), last.locator("[role=doc-backlink]")
    await reference.focus()
    await page.keyboard.press("Enter")
    await expect(back).to_be_focused()
    await expect(back).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(reference).to_be_focused()

    code = last.locator("figure pre")
    assert await code.evaluate("pre => pre.scrollWidth > pre.clientWidth")
    await last.get_by_role("button", name="Wrap").click()
    await expect(last.get_by_role("button", name="Wrap", pressed=True)).to_be_visible()
    assert await code.evaluate("pre => pre.scrollWidth === pre.clientWidth")
