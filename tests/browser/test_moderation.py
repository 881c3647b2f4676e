"""A reported answer from the dialog to the decision, by keys alone; what its owner sees meanwhile; axe on each page."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect

from accounts.audit.chain import breaks
from accounts.models import AuditEntry, User
from chat.actions.appeals import appeal
from chat.actions.flags import flag_message, report_share
from chat.actions.looks import break_glass
from chat.actions.moderation import hide_message, lock_conversation, warn_user
from chat.actions.shares import share_conversation
from chat.models import Flag, Message, ModerationAction, Share
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.chat.moderation.conftest import make_moderator
from tests.support.answers import TEXT, make_plain
from tests.support.axe import assert_accessible


async def press(page: Page, *keys: str) -> None:
    for key in keys:
        await page.keyboard.press(key)


async def report(owners: Page, answer: Message) -> None:
    more = owners.locator(f"[data-message='{answer.id}']").get_by_role("link", name="More")
    await more.focus()
    await press(owners, "Enter")
    await owners.get_by_role("link", name="Report…", exact=True).focus()
    await press(owners, "Enter")
    await expect(owners.get_by_role("dialog")).to_contain_text("Report this answer")
    await owners.get_by_label("What is wrong?").focus()
    await owners.keyboard.type("Hate")
    await press(owners, "Tab")
    await owners.keyboard.type("It calls us names.")
    await press(owners, "Tab", "Enter")
    await expect(owners.get_by_role("dialog")).to_contain_text("Thank you")
    await press(owners, "Escape")


async def test_by_keys_alone_from_the_queue_to_the_decision(
    open_page: OpenPage, engine: Engine, alice: User, console: list[str]
) -> None:
    moderator = await engine.database.run(make_moderator)
    answer = (await engine.database.run(make_plain, alice)).message
    mild = (await engine.database.run(make_plain, alice)).message
    await engine.database.run(
        lambda: flag_message(message=mild, source="guard", category="spam", severity=1, details={})
    )
    # Its owner reports it.
    owners = await open_page(f"/conversations/{answer.conversation_id}/", user=alice)
    await report(owners, answer)
    # A moderator lands on the queue, claims it and opens it.
    page = await open_page("/admin/", user=moderator)
    await expect(page).to_have_title("Flags | Convoscope")
    await expect(page.locator("[data-row]")).to_have_count(2)
    await press(page, "?")
    await expect(page.get_by_text("Claim it, or give it back")).to_be_visible()
    await press(page, "?", "j", "j", "k", "c")
    await expect(page.get_by_text("Yours until")).to_be_visible()
    await press(page, "n")
    await expect(page.locator("[data-row]").first.locator("[data-open]")).to_be_focused()
    await press(page, "Enter")
    await expect(page.get_by_text("It calls us names.")).to_be_visible()
    # They hide the message: the owner's open page hears of it.
    await press(page, "h")
    await page.keyboard.type("It insults people.")
    await press(page, "Tab", "Enter")
    await expect(page.get_by_text("Done: Message hidden.")).to_be_visible()
    await expect(owners.get_by_text("Hidden by a moderator:")).to_contain_text("It insults people.")
    await expect(owners.locator("#log").get_by_text(TEXT)).to_have_count(0)
    # And decide about the conversation, which locks the composer's page too.
    await press(page, "d", "ArrowDown", "ArrowDown", "Tab")
    await page.keyboard.type("It goes on and on.")
    await press(page, "Tab", "Enter")
    await expect(page.get_by_text("Done: Conversation locked.")).to_be_visible()
    await expect(owners.get_by_text("A moderator has locked this conversation")).to_be_visible()
    await owners.get_by_label("Message", exact=True).fill("All that I typed")
    await owners.get_by_role("button", name="Send").click()
    await expect(owners.locator("#composer-error")).to_contain_text("It goes on and on.")
    await expect(owners.get_by_label("Message", exact=True)).to_have_value("All that I typed")
    # The other one is dismissed from the queue.
    await press(page, "q")
    await expect(page.locator("[data-row]")).to_have_count(1)
    await press(page, "j", "d")
    await page.keyboard.type("No spam.")
    await press(page, "Enter")
    await expect(page.get_by_text("Nothing waits for a decision.")).to_be_visible()
    await engine.database.run(_assert_recorded)
    assert [line for line in console if "422" not in line] == []
    console.clear()


def _assert_recorded() -> None:
    kinds = ModerationAction.objects.order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["hide_message", "lock_conversation", "dismiss"]
    assert not Flag.objects.open().exists()
    made = ["flag.claimed", "moderation.looked", "moderation.hide_message", "moderation.lock_conversation"]
    entries = AuditEntry.objects.filter(action__in=[*made, "moderation.dismiss"]).order_by("number")
    assert list(entries.values_list("action", flat=True)) == [*made, "moderation.dismiss"]
    assert list(breaks()) == []


def _make_all(alice: User, moderator: User) -> dict[str, list[str]]:
    """The addresses of every page, filled, for the moderator and for the owner."""
    answer = make_plain(alice).message
    follows = make_plain(alice, conversation=answer.conversation, parent=answer).message
    private = make_plain(alice).message
    untouched = make_plain(alice).message
    Message.objects.filter(id=answer.id).update(text="- one\n\n```python\nprint(1)\n```", html="", render_version=0)
    flag_message(message=answer, source="guard", category="hate", severity=4, details={"rules": ["slur"]})
    flag_message(message=private, source="user", category="spam", severity=1, details={}, note="Too much.")
    appeal(action=hide_message(message=follows, reason="It insults.", by=moderator), text="It is a quotation.")
    lock_conversation(conversation=private.conversation, reason="It insults.", by=moderator)
    warn_user(conversation=private.conversation, reason="It insults.", by=moderator)
    break_glass(conversation=untouched.conversation, hours=1, reason="The police asked.", by=moderator)
    share = share_conversation(conversation=answer.conversation, expires_at=None)
    unflagged, shown = make_plain(alice).message, make_plain(alice).message
    reported = share_conversation(conversation=shown.conversation, expires_at=None)
    report_share(share=reported, category="illegal", note="It plans a theft.", reporter=None)
    conversations = "/admin/moderation/conversations"
    return {
        "moderator": [
            "/admin/moderation/",
            f"{conversations}/{answer.conversation_id}/",
            f"{conversations}/{unflagged.conversation_id}/",
            f"{conversations}/{shown.conversation_id}/",
            "/admin/moderation/appeals/",
            f"/admin/moderation/people/{alice.id}/",
            "/admin/moderation/looks/",
        ],
        "owner": [
            f"/conversations/{answer.conversation_id}/",
            f"/conversations/{private.conversation_id}/",
            "/decisions/",
            f"/messages/{answer.id}/report/",
            f"/share/{share.token}/report/",
        ],
    }


async def test_a_visitor_reports_what_a_link_shows(open_page: OpenPage, engine: Engine, alice: User) -> None:
    def share() -> Share:
        return share_conversation(conversation=make_plain(alice).message.conversation, expires_at=None)

    shared = await engine.database.run(share)
    page = await open_page(f"/share/{shared.token}/")
    await page.get_by_role("link", name="Report this conversation").click()
    await page.get_by_label("What is wrong?").select_option("privacy")
    await page.get_by_label("What should a moderator know?").fill("It tells where somebody lives.")
    await page.get_by_role("button", name="Report").click()
    await expect(page.get_by_role("status")).to_contain_text("It is reported.")
    assert (await Flag.objects.aget()).note == "It tells where somebody lives."


@pytest.mark.parametrize("width", [1280, 390])
async def test_axe_finds_nothing(
    open_page: OpenPage, engine: Engine, alice: User, console: list[str], width: int
) -> None:
    moderator = await engine.database.run(make_moderator)
    pages = await engine.database.run(_make_all, alice, moderator)
    for person, name in ((moderator, "moderator"), (alice, "owner")):
        page = await open_page("/preferences/", user=person, viewport={"width": width, "height": 844})
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(page.url))
        for path in pages[name]:
            await page.goto(origin + path)
            await page.locator("main details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
            await assert_accessible(page)
            is_wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            assert not is_wide, path
    console.clear()
