"""Whether a page as it stands in the browser can be used by everybody, as far as axe can tell."""

from __future__ import annotations

from typing import Literal
from weakref import WeakSet

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import ConsoleMessage, Page

# WCAG 2.2 AA, and what axe's makers hold to be good practice. Contrast is part of the second.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = ["color-contrast", "link-in-text-block"]

_examined: WeakSet[Page] = WeakSet()


def is_axes_own(message: ConsoleMessage) -> bool:
    """axe measures with inline styles, which the content policy blocks and the console reports, some of it later. It
    runs outside any file, so what a page of ours does wrong looks different."""
    is_outside_files = not message.location.get("url")
    is_inline_style = message.text.startswith("Applying inline style violates")
    return is_outside_files and is_inline_style and message.page in _examined


async def assert_accessible(page: Page, *, without: tuple[str, ...] = ()) -> None:
    """In the light and in the dark theme, which differ in their colours alone.

    Raises: AssertionError that names each rule and the elements that break it. `without` names rules that the caller
    has a reason to leave out.
    """
    _examined.add(page)
    await _examine(page, {"type": "tag", "values": RULES}, without)
    await _wear(page, "dark")
    await _examine(page, {"type": "rule", "values": CONTRAST}, without)
    await _wear(page, "light")


async def _wear(page: Page, scheme: Literal["light", "dark"]) -> None:
    await page.emulate_media(color_scheme=scheme)
    await _finish_transitions(page)


async def _finish_transitions(page: Page) -> None:
    """Colours on their way are no colours of a theme. What is shown only now begins to change its colours only now."""
    await page.evaluate("document.getAnimations().forEach((one) => one instanceof CSSTransition && one.finish())")


async def _examine(page: Page, which: dict[str, object], without: tuple[str, ...]) -> None:
    options = {
        "resultTypes": ["violations"],
        # It would fetch the style sheets once more, from the wrong folder.
        "preload": False,
        "runOnly": which,
        "rules": {name: {"enabled": False} for name in without},
    }
    await _finish_transitions(page)
    results = await Axe().run(page, options=options)
    found = [
        f"{violation['id']} ({violation['impact']}): {violation['help']}\n"
        + "\n".join(f"    {node['html'][:200]}\n    {node['failureSummary']}" for node in violation["nodes"][:5])
        for violation in results.response["violations"]
    ]
    assert not found, f"{page.url}\n" + "\n".join(found)
