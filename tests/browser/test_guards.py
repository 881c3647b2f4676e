"""What a policy refuses or takes out, as a person sees it; and where it is set."""

from __future__ import annotations

from playwright.async_api import expect

from accounts.models import User
from chat.models import Message
from tests.browser.conftest import OpenPage, assert_refused_quietly
from tests.chat.moderation.test_policies import make_policy
from tests.support.threads import in_thread

CARD = "4111 1111 1111 1111"


async def test_what_is_refused_stays_in_the_field(open_page: OpenPage, alice: User, console: list[str]) -> None:
    await in_thread(lambda: make_policy(None, ("input", "card", "block"), ("input", "email", "redact")))
    page = await open_page(user=alice)
    await page.get_by_role("textbox").first.fill(f"My card is {CARD}")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("This can't be sent here: Card number “41…” in line 1.")).to_be_visible()
    await expect(page.get_by_role("textbox").first).to_have_value(f"My card is {CARD}")
    assert not await in_thread(Message.objects.exists)
    assert_refused_quietly(console)
    await page.get_by_role("textbox").first.fill("Write to ottilie@example.org")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Write to [REDACTED:EMAIL]").last).to_be_visible()
    await expect(page.get_by_text("Taken out before this was kept and sent: E-mail address.")).to_be_visible()
