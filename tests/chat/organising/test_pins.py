"""Pinned conversations stand first in the sidebar, over any number of pages."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat.models import Conversation
from chat.sidebar import PAGE_CONVERSATIONS, list_conversations
from tests.chat.organising.conftest import HTMX, ClientOf, assert_closed_to_others, make

UTC = ZoneInfo("UTC")


def titles_of(client: Client) -> list[str]:
    """Of the whole sidebar, a page after the other."""
    html = client.get("/").text
    titles = re.findall(r'dir="auto">([^<]+)</span>', html)
    while match := re.search(r'<li class="more" hx-get="([^"]+)"', html):
        html = client.get(match[1].replace("&amp;", "&"), headers=HTMX).text
        titles += re.findall(r'dir="auto">([^<]+)</span>', html)
    return titles


def test_what_is_pinned_stands_first(alice: User, client_of: ClientOf) -> None:
    for hours_ago, title in enumerate(("Newest", "Newer", "Older", "Oldest")):
        make(alice, title, hours_ago=hours_ago)
    client = client_of(alice)
    for title in ("Oldest", "Newer"):
        found = Conversation.objects.get(title=title)
        assert 'id="sidebar-stale"' in client.post(f"/conversations/{found.id}/pin/", headers=HTMX).text
    assert titles_of(client) == ["Newer", "Oldest", "Newest", "Older"]
    assert "Pinned</h2>" in client.get("/").text
    client.post(f"/conversations/{found.id}/unpin/")
    assert titles_of(client) == ["Oldest", "Newest", "Newer", "Older"]


@pytest.mark.parametrize("pinned", [0, 1, PAGE_CONVERSATIONS - 1, PAGE_CONVERSATIONS, PAGE_CONVERSATIONS + 1, 107])
def test_pages_go_on_through_what_is_pinned(alice: User, client_of: ClientOf, pinned: int) -> None:
    count = 2 * PAGE_CONVERSATIONS + 7
    for number in range(count):
        make(alice, f"Number {number:03}", hours_ago=number, is_pinned=number >= count - pinned)
    order = [*range(count - pinned, count), *range(count - pinned)]
    assert titles_of(client_of(alice)) == [f"Number {number:03}" for number in order]


@pytest.mark.parametrize("rest", [0, 1])
@pytest.mark.parametrize("pinned", [0, 1, PAGE_CONVERSATIONS, PAGE_CONVERSATIONS + 1])
def test_the_days_begin_once_wherever_they_do(alice: User, pinned: int, rest: int) -> None:
    for number in range(pinned + rest):
        make(alice, f"Number {number}", is_pinned=number < pinned)
    pages = [list_conversations(alice, zone=UTC)]
    while pages[-1].next:
        pages.append(list_conversations(alice, zone=UTC, below=pages[-1].next))
    assert [page.begins_days for page in pages] == [*(False for _ in pages[1:]), True]
    assert sum(len(page.pinned) for page in pages) == pinned


def test_the_list_takes_as_many_queries_for_few_as_for_many(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make(alice, "The one", is_pinned=True)
    for number in range(PAGE_CONVERSATIONS + 2):
        with django_assert_num_queries(2):
            list_conversations(alice, zone=UTC)
        make(alice, f"Number {number}")


def test_a_turn_leaves_it_among_the_pinned(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    client = client_of(alice)
    client.post(f"/conversations/{conversation.id}/pin/")
    make(alice, "Newer")
    client.post(f"/conversations/{conversation.id}/messages/", {"text": "More", "turn_key": str(conversation.id)})
    assert titles_of(client) == ["Of pools", "Newer"]


@pytest.mark.parametrize("command", ["pin", "unpin"])
def test_what_is_not_yours_is_not_there(
    charlie: User, client_of: ClientOf, conversation: Conversation, command: str
) -> None:
    address = f"/conversations/{conversation.id}/{command}/"
    assert_closed_to_others(address, charlie=charlie, client_of=client_of)
    conversation.refresh_from_db()
    assert not conversation.is_pinned
