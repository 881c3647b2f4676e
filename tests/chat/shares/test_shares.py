"""Sharing: the dialog, the page behind a link, who may read it and for how long, revoking, the list."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat.actions.conversations import restore_conversation, trash_conversation
from chat.actions.shares import LINKS_MAX, purge_expired_shares, revoke_share, share_conversation
from chat.models import Conversation, Message, Share
from chat.rendering import RENDER_VERSION
from chat.shares.listing import PAGE_SHARES
from chat.shares.snapshot import SNAPSHOT_MAX_CHARS
from tests.support.answers import QUESTION, SYSTEM_PROMPT, TEXT, make_answer, make_conversation, make_plain
from tests.support.server import words
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
REASONING = "The pool is smaller than what waits for it."
NOTICE = "Switched to another provider."
PARTS = [{"type": "reasoning", "text": REASONING}, {"type": "text", "text": TEXT}, {"type": "notice", "text": NOTICE}]


@pytest.fixture
def conversation(alice: User) -> Conversation:
    return make_plain(alice, message_fields={"parts": PARTS}).message.conversation


def share_of(conversation: Conversation, **fields: object) -> Share:
    share = share_conversation(conversation=conversation, expires_at=None)
    Share.objects.filter(id=share.id).update(**fields or {"title": share.title})
    share.refresh_from_db()
    return share


def page_of(share: Share) -> str:
    return reverse("share", args=[share.token])


def test_a_link_is_made_and_read_by_a_visitor(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    client, address = client_of(alice), reverse("conversation_share", args=[conversation.id])
    asked = words(client.get(address, headers=HTMX).text)
    assert "2 messages of the path you see" in asked
    assert "reasoning, tools" in asked
    made = client.post(address, {"expiry": "7"}, headers=HTMX).text
    share = Share.objects.get()
    assert f"http://testserver{page_of(share)}" in made
    assert "until" in made
    assert reverse("share_revoke", args=[share.id]) in made
    assert share.expires_at is not None
    assert timedelta(days=6) < share.expires_at - timezone.now() < timedelta(days=8)
    answer = Client().get(page_of(share))
    assert answer.status_code == 200
    said = answer.text
    assert (QUESTION in said, TEXT in said, conversation.title in said, "gpt-4.1" in said) == (True,) * 4
    for private in (REASONING, NOTICE, SYSTEM_PROMPT, alice.email, str(conversation.id), str(share.id), "sidebar"):
        assert private not in said


def test_the_page_is_for_readers_and_not_for_machines(conversation: Conversation) -> None:
    answer = Client().get(page_of(share_of(conversation)))
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    assert '<meta name="robots" content="noindex, nofollow">' in answer.text
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "connect-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.cookies == {}


def test_what_comes_later_stays_private(alice: User, conversation: Conversation) -> None:
    share = share_of(conversation)
    make_answer(alice, conversation=conversation, parent=conversation.active_leaf, message_fields={"html": "Later"})
    Conversation.objects.update(title="Another title")
    said = Client().get(page_of(share)).text
    assert ("Later" in said, "Another title" in said) == (False, False)


def test_a_link_may_end_at_an_answer_of_any_branch(alice: User, client_of: ClientOf) -> None:
    earlier = make_turn(alice, "How do pools work?")
    Message.objects.filter(id=earlier.answer.id).update(status="complete", text="By waiting.")
    make_turn(alice, "And queues?", earlier.conversation)
    client, address = client_of(alice), reverse("message_share", args=[earlier.answer.id])
    menu = client.get(reverse("message_menu", args=[earlier.answer.id]), headers=HTMX).text
    assert address in menu
    assert address not in client.get(reverse("message_menu", args=[earlier.question.id]), headers=HTMX).text
    assert "2 messages, of which this answer is the last" in words(client.get(address, headers=HTMX).text)
    assert client.post(address, {"expiry": "date"}, headers=HTMX).status_code == 422
    client.post(address, {"expiry": "never"}, headers=HTMX)
    share = Share.objects.get()
    assert share.message_count == 2
    page = Client().get(page_of(share)).text
    assert "By waiting." in page
    assert "And queues?" not in page


def test_hostile_words_are_shown_as_words(alice: User) -> None:
    hostile = "</article><script>alert(1)</script> \u202eevil"
    conversation = make_conversation(alice, hostile)
    asked = Message.objects.create(conversation=conversation, role="user", text=hostile)
    conversation.active_leaf = Message.objects.create(
        conversation=conversation, role="assistant", parent=asked, text=f"{hostile}\n\n[x](javascript:a())"
    )
    conversation.save()
    said = Client().get(page_of(share_of(conversation))).text
    assert re.findall(r"<script(?! type=\"module\" src)", said) == []
    assert 'href="javascript' not in said
    assert said.count('dir="auto"') == 3


def test_what_is_being_written_or_empty_stays_out(alice: User) -> None:
    first = make_plain(alice)
    going_on = make_answer(alice, conversation=first.message.conversation, parent=first.message, took_ms=None)
    share = share_of(going_on.message.conversation)
    assert [one["role"] for one in share.snapshot] == ["user", "assistant", "user"]


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"expiry": "date"}, "Enter the last day"),
        ({"expiry": "date", "until": "2001-01-01"}, "isn't over yet"),
        ({"expiry": "date", "until": "soon"}, "valid date"),
        ({"expiry": "0"}, "not one of the available choices"),
        ({}, "required"),
    ],
)
def test_a_choice_that_isnt_one_is_said(
    alice: User, client_of: ClientOf, conversation: Conversation, form: dict[str, str], complaint: str
) -> None:
    address = reverse("conversation_share", args=[conversation.id])
    for headers in ({}, HTMX):
        answer = client_of(alice).post(address, form, headers=headers)
        assert answer.status_code == 422
        assert complaint in answer.text.replace("&#x27;", "'")
    assert not Share.objects.exists()


def test_a_day_of_ones_own_counts_to_its_end(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    today = timezone.now().date()
    address = reverse("conversation_share", args=[conversation.id])
    assert client_of(alice).post(address, {"expiry": "date", "until": today.isoformat()}).status_code == 200
    expires_at = Share.objects.get().expires_at
    assert expires_at is not None
    assert expires_at.isoformat() == f"{today}T23:59:59.999999+00:00"


def test_nothing_and_too_much_cant_be_shared(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    empty = reverse("conversation_share", args=[make_conversation(alice).id])
    assert "nothing to share" in client_of(alice).post(empty, {"expiry": "never"}).text
    Message.objects.filter(role="assistant").update(html="x" * SNAPSHOT_MAX_CHARS, render_version=RENDER_VERSION)
    address = reverse("conversation_share", args=[conversation.id])
    assert "too long for a link" in client_of(alice).post(address, {"expiry": "never"}).text


def test_links_to_a_conversation_are_limited(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    Share.objects.bulk_create(Share(owner=alice, conversation=conversation) for _ in range(LINKS_MAX))
    address = reverse("conversation_share", args=[conversation.id])
    assert "Revoke one" in client_of(alice).post(address, {"expiry": "never"}).text
    revoke_share(share=Share.objects.all()[0])
    assert client_of(alice).post(address, {"expiry": "never"}).status_code == 200
    assert Share.objects.standing().count() == LINKS_MAX


def test_every_dead_link_is_the_same_nothing(alice: User, conversation: Conversation, settings: Settings) -> None:
    def nothing(path: str) -> str:
        answer = Client().get(path)
        assert answer.status_code == 404
        return answer.text

    unknown = nothing("/share/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/")
    assert "This link leads nowhere" in unknown
    assert "your conversations" not in unknown
    revoked = share_of(conversation)
    revoke_share(share=revoked)
    assert nothing(page_of(revoked)) == unknown
    assert nothing(f"{page_of(revoked)}report/") == unknown
    share = share_of(conversation)
    trash_conversation(conversation=conversation)
    assert nothing(page_of(share)) == unknown
    restore_conversation(conversation=conversation)
    User.objects.update(is_active=False)
    assert nothing(page_of(share)) == unknown
    User.objects.update(is_active=True)
    assert Client().get(page_of(share)).status_code == 200
    settings.SHARING_ALLOWED = False
    assert nothing(page_of(share)) == unknown


def test_an_expired_link_says_so_and_shows_nothing_of_it(conversation: Conversation) -> None:
    share = share_of(conversation, expires_at=timezone.now())
    answer = Client().get(page_of(share))
    assert (answer.status_code, "This link has expired" in words(answer.text)) == (410, True)
    assert (TEXT in answer.text, share.title in answer.text) == (False, False)
    assert answer["Referrer-Policy"] == "no-referrer"


def test_some_days_later_it_has_lost_what_it_showed(conversation: Conversation) -> None:
    now = timezone.now()
    long_over, over, standing = (
        share_of(conversation, expires_at=now + timedelta(days=days) - timedelta(minutes=1)) for days in (-7, -6, 1)
    )
    assert (purge_expired_shares(), purge_expired_shares()) == (1, 0)
    kept = dict(Share.objects.values_list("id", "snapshot"))
    assert [bool(kept[one.id]) for one in (long_over, over, standing)] == [False, True, True]
    assert Client().get(page_of(long_over)).status_code == 410


def test_revoked_a_share_keeps_nothing(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    share = share_of(conversation)
    address = reverse("share_revoke", args=[share.id])
    assert "leads nowhere" in client_of(alice).post(address, headers=HTMX).text
    share.refresh_from_db()
    revoked_at = share.revoked_at
    assert (share.snapshot, revoked_at is not None) == ([], True)
    assert client_of(alice).post(address)["Location"] == "/shares/"
    share.refresh_from_db()
    assert share.revoked_at == revoked_at
    assert "You share nothing" in client_of(alice).get("/shares/").text


def test_links_are_listed_page_by_page(
    alice: User, charlie: User, client_of: ClientOf, conversation: Conversation
) -> None:
    count = 2 * PAGE_SHARES + 1
    shares = [Share(owner=alice, conversation=conversation, title=f"Number {n}") for n in range(count)]
    shares[0].expires_at = timezone.now()
    Share.objects.bulk_create(shares)
    seen, address = [], "/shares/"
    while address:
        page = client_of(alice).get(address).text
        seen += re.findall(r">(Number \d+)</a>", page)
        more = re.search(r'href="/shares/(\?below=[^"]+)"', page)
        address = f"/shares/{more[1]}" if more else ""
    assert seen == [f"Number {n}" for n in reversed(range(count))]
    part = client_of(alice).get("/shares/", {"below": str(shares[1].id)}, headers=HTMX).text
    assert "<html" not in part
    assert "Expired" in part
    assert "Number" not in client_of(charlie).get("/shares/").text


def test_a_visitor_who_tries_many_is_told_to_wait(conversation: Conversation, settings: Settings) -> None:
    settings.RATE_LIMIT_IP_REQUESTS = 2
    share = share_of(conversation)
    assert [Client().get(page_of(share)).status_code for _ in range(3)] == [200, 200, 429]
    assert "Retry-After" in Client().get(page_of(share))


def test_where_sharing_is_off_nobody_is_offered_it(
    alice: User, client_of: ClientOf, conversation: Conversation, settings: Settings
) -> None:
    page, address = reverse("conversation_detail", args=[conversation.id]), f"/conversations/{conversation.id}/share/"
    assert address in client_of(alice).get(page).text
    settings.SHARING_ALLOWED = False
    assert address not in client_of(alice).get(page).text
    assert client_of(alice).get(address).status_code == 404


def test_only_the_owner_shares_and_revokes(
    alice: User, charlie: User, client_of: ClientOf, conversation: Conversation
) -> None:
    share = share_of(conversation)
    for address in (reverse("conversation_share", args=[conversation.id]), reverse("share_revoke", args=[share.id])):
        assert client_of(charlie).post(address, {"expiry": "never"}).status_code == 404
        assert Client().post(address)["Location"].startswith("/accounts/login/")
    assert Share.objects.standing().count() == 1
