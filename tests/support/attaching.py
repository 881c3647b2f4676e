"""Files for the composer of a page, and what it shows of them."""

from __future__ import annotations

from playwright.async_api import FilePayload, Locator, Page

from accounts.models import User
from tests.browser.conftest import OpenPage
from tests.support.pages import page_holds


def file(name: str, content: bytes = b"The settlement runs at four.", mime: str = "text/plain") -> FilePayload:
    return {"name": name, "mimeType": mime, "buffer": content}


async def ready(open_page: OpenPage, user: User, path: str = "/", **options: object) -> Page:
    page = await open_page(path, user=user, **options)
    await page_holds(page, "!!customElements.get('attachment-tray')")
    return page


async def pick(page: Page, *files: FilePayload) -> None:
    await page.locator("#composer .attach-field").set_input_files(list(files))


def chips(page: Page) -> Locator:
    return page.locator("#composer .attachments").get_by_role("listitem")


def kept(page: Page) -> Locator:
    """Those that the server has."""
    return page.locator("#composer [data-attachment]")


def field(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message")
