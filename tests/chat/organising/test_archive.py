"""The archive: out of the list, nothing deleted, back by its button or by a message."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from chat.models import Conversation
from chat.shelves import PAGE_ROWS
from tests.chat.organising.conftest import HTMX, ClientOf, assert_closed_to_others, make
from tests.support.turns import make_turn


def test_archived_it_leaves_the_list_and_comes_back(
    alice: User, client_of: ClientOf, conversation: Conversation
) -> None:
    client = client_of(alice)
    address = f"/conversations/{conversation.id}"
    html = client.post(f"{address}/archive/", headers=HTMX).text
    assert "The conversation was archived." in html
    assert f'action="{address}/unarchive/"' in html
    assert "Of pools" not in client.get("/").text
    assert "Of pools" in client.get("/archive/").text
    page = client.get(f"{address}/").text
    assert "This conversation is archived. A message brings it back." in page
    assert "Unarchive" in page
    client.post(f"{address}/unarchive/", headers=HTMX)
    assert "Of pools" in client.get("/").text
    assert "Conversations that you archive stand here" in client.get("/archive/").text


@pytest.mark.parametrize("pinned", [True, False])
def test_a_message_brings_it_back_as_it_was(alice: User, client_of: ClientOf, pinned: bool) -> None:
    turn = make_turn(alice)
    client = client_of(alice)
    Conversation.objects.update(is_pinned=pinned, archived_at=timezone.now())
    client.post(f"/conversations/{turn.conversation.id}/messages/", {"text": "More", "turn_key": str(uuid4())})
    conversation = Conversation.objects.get()
    assert (conversation.archived_at, conversation.is_pinned) == (None, pinned)


def test_the_trash_keeps_what_was_archived_so(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    client = client_of(alice)
    for command in ("archive", "trash"):
        client.post(f"/conversations/{conversation.id}/{command}/")
    assert "Of pools" not in client.get("/archive/", headers=HTMX).text
    assert "Of pools" in client.get("/trash/", headers=HTMX).text
    client.post(f"/conversations/{conversation.id}/restore/")
    assert "Of pools" in client.get("/archive/", headers=HTMX).text


def test_many_are_read_a_page_at_a_time(alice: User, client_of: ClientOf) -> None:
    moment, count = timezone.now(), 2 * PAGE_ROWS + 3
    for number in range(count):
        # Of some, the moment is the same.
        make(alice, f"Number {number:03}", archived_at=moment - timedelta(minutes=number // 3))
    client = client_of(alice)
    html, titles = client.get("/archive/").text, []
    while True:
        titles += re.findall(r">(Number \d+)</a>", html)
        more = re.search(r'<li class="more" hx-get="(/archive/[^"]+)"', html)
        if more is None:
            break
        # Without JavaScript the same address is a page of its own.
        address = more[1].replace("&amp;", "&")
        assert "<!doctype html>" in client.get(address).text
        html = client.get(address, headers=HTMX).text
    assert len(titles) == len(set(titles)) == count
    assert [int(title[-3:]) // 3 for title in titles] == sorted(number // 3 for number in range(count))


@pytest.mark.parametrize("command", ["archive", "unarchive"])
def test_what_is_not_yours_is_not_there(
    charlie: User, client_of: ClientOf, conversation: Conversation, command: str
) -> None:
    assert_closed_to_others(f"/conversations/{conversation.id}/{command}/", charlie=charlie, client_of=client_of)
    assert "Of pools" not in client_of(charlie).get("/archive/").text
    conversation.refresh_from_db()
    assert conversation.archived_at is None
