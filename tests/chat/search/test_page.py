"""The page of results."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat.actions.conversations import restore_conversation, trash_conversation
from chat.models import Conversation, Folder, Message, Tag
from chat.search.results import AMONG_MAX, WHOLE_PAGE
from tests.chat.search.conftest import Say

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def hers(alice: User, client_of: ClientOf) -> Client:
    return client_of(alice)


def hits(html: str) -> list[str]:
    """What stands in snippets, without its marks."""
    found = re.findall(r'<span class="hit-text" dir="auto">(.*?)</span>', html, re.S)
    return [unescape(re.sub(r"</?mark>", "", text)) for text in found]


def next_address(html: str) -> str:
    match = re.search(r'<li class="older" hx-get="([^"]+)"', html)
    return unescape(match[1]) if match else ""


def test_a_hit_shows_its_words_and_leads_to_its_message(hers: Client, say: Say) -> None:
    message = say("The pool is <small> & slow", title="Of <pools>", role="assistant", model="gpt-4.1")
    html = hers.get("/search/", {"q": "pool small"}).text
    assert "The <mark>pool</mark> is &lt;<mark>small</mark>&gt; &amp; slow" in html
    assert f'href="/conversations/{message.conversation_id}/?at={message.id}#m-' in html
    assert "gpt-4.1 · <local-time" in html
    html = hers.get("/search/", {"q": "pools"}).text
    assert "Of &lt;<mark>pools</mark>&gt;" in html


def test_a_conversation_stands_once_with_its_newest_hits(hers: Client, say: Say) -> None:
    conversation = say("pool 0", title="Long one").conversation
    for number in range(1, WHOLE_PAGE.hits + 2):
        say(f"pool {number}", conversation=conversation)
    say("another pool", title="Short one")
    html = hers.get("/search/", {"q": "pool"}).text
    assert hits(html) == ["another pool", *(f"pool {n}" for n in range(WHOLE_PAGE.hits + 1, 1, -1))]
    assert html.count("All in this conversation") == 1
    html = hers.get("/search/", {"q": "pool", "in": str(conversation.id)}).text
    assert hits(html) == [f"pool {number}" for number in range(WHOLE_PAGE.hits + 1, -1, -1)]
    assert "Search everywhere" in html


def test_many_are_read_a_page_at_a_time(hers: Client, say: Say) -> None:
    count = 2 * WHOLE_PAGE.conversations + 1
    for number in range(count):
        say(f"pool {number}")
    html = hers.get("/search/", {"q": "pool"}).text
    found = hits(html)
    assert len(found) == WHOLE_PAGE.conversations
    # What is said meanwhile moves nothing.
    say("pool of now")
    while address := next_address(html):
        html = hers.get(address, headers=HTMX).text
        assert "<html" not in html
        found += hits(html)
    assert found == [f"pool {number}" for number in range(count - 1, -1, -1)]


def test_a_conversation_with_very_many_hits_hides_no_other(hers: Client, say: Say) -> None:
    old = say("an old pool").conversation
    crowded = say("pool").conversation
    Message.objects.bulk_create(Message(conversation=crowded, role="user", text=f"pool {n}") for n in range(250))
    say("a new pool")
    html = hers.get("/search/", {"q": "pool"}).text
    assert hits(html) == ["a new pool", "pool 249", "pool 248", "pool 247", "an old pool"]
    assert f"in={crowded.id}" in html
    assert f"in={old.id}" not in html
    assert next_address(html) == ""


def test_all_of_one_conversation_is_read_a_page_at_a_time(hers: Client, say: Say) -> None:
    conversation = say("first").conversation
    many = [Message(conversation=conversation, role="user", text=f"pool {n}") for n in range(45)]
    Message.objects.bulk_create(many)
    html = hers.get("/search/", {"q": "pool", "in": str(conversation.id)}).text
    found = hits(html)
    while address := next_address(html):
        html = hers.get(address, headers=HTMX).text
        found += hits(html)
    assert found == [f"pool {n}" for n in range(44, -1, -1)]


def test_titles_stand_first_and_old_ones_are_found(hers: Client, say: Say) -> None:
    say("nothing of it", title="The pool of old")
    say("a pool in a message")
    html = hers.get("/search/", {"q": "pool"}).text
    assert hits(html) == ["The pool of old", "a pool in a message"]
    assert html.count("The <mark>pool</mark> of old") == 1


def test_filters_narrow_it(hers: Client, say: Say) -> None:
    say("pool asked for")
    say("pool answered", role="assistant", model="gpt-4.1")
    old = say("pool of old")
    # Late in the evening of the reader's day, which is the next one in UTC.
    Message.objects.filter(id=old.id).update(created_at=datetime(2024, 5, 2, 3, tzinfo=UTC))
    hers.cookies["time_zone"] = "America/New_York"
    for asked, found in (
        ({"model": "gpt-4.1"}, ["pool answered"]),
        ({"since": "2024-05-01", "until": "2024-05-01"}, ["pool of old"]),
        ({"since": "2024-05-02"}, ["pool answered", "pool asked for"]),
        ({"until": "2024-04-30"}, []),
    ):
        html = hers.get("/search/", {"q": "pool", **asked}).text
        assert hits(html) == found, asked
        assert ("Search without filters" in html) == (found == [])
    assert '<option value="gpt-4.1">' in hers.get("/search/").text


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"since": "soon"}, 422),
        ({"since": "0001-01-01"}, 422),
        ({"until": "9999-12-31"}, 422),
        ({"since": "2026-02-01", "until": "2026-01-01"}, 422),
        ({"model": "none"}, 422),
        ({"below": "x"}, 422),
        ({"below": "9" * 30}, 422),
        ({"in": "x"}, 422),
        ({"below": str(2**62), "outside": "x,y"}, 200),
        ({"q": "\x00"}, 422),
        ({"q": '"'}, 200),
    ],
)
def test_what_cannot_be_used_is_said_or_left_out(hers: Client, say: Say, asked: dict[str, str], status: int) -> None:
    say("a pool")
    answer = hers.get("/search/", {"q": "pool"} | asked)
    assert answer.status_code == status
    assert 'type="search"' in answer.text


def test_what_is_in_the_trash_or_temporary_is_not_found(hers: Client, say: Say) -> None:
    conversation = say("a pool", title="A pool").conversation
    Conversation.objects.filter(id=say("a temporary pool").conversation_id).update(is_temporary=True)
    Conversation.objects.filter(id=say("an archived pool").conversation_id).update(archived_at=timezone.now())
    trash_conversation(conversation=conversation)
    assert hits(hers.get("/search/", {"q": "pool"}).text) == ["an archived pool"]
    restore_conversation(conversation=conversation)
    assert hits(hers.get("/search/", {"q": "pool"}).text) == ["A pool", "an archived pool", "a pool"]


def test_nothing_found_says_so_and_what_to_do(hers: Client) -> None:
    html = hers.get("/search/", {"q": "<b>pool"}).text
    assert "Nothing has “&lt;b&gt;pool” in it." in html
    assert "Search without filters" not in html
    assert "Finds words in titles and messages" in hers.get("/search/").text


def test_search_is_everybodys_own(client: Client, client_of: ClientOf, say: Say, charlie: User) -> None:
    message = say("a pool", title="The pool", role="assistant", model="secret-model")
    stranger = client_of(charlie)
    html = stranger.get("/search/", {"q": "pool"}).text
    assert (hits(html), "secret-model" in html) == ([], False)
    assert "Nothing has" in html
    assert stranger.get("/search/", {"q": "pool", "in": str(message.conversation_id)}).status_code == 404
    assert client.get("/search/").headers["Location"].startswith("/accounts/login/")


def test_folder_and_tag_narrow_it_and_are_ones_own(hers: Client, say: Say, alice: User, charlie: User) -> None:
    here, there = say("A pool here").conversation, say("A pool there").conversation
    folder = Folder.objects.create(owner=alice, name="Work", key="work")
    tag = Tag.objects.create(owner=alice, name="Urgent", key="urgent")
    not_hers = Folder.objects.create(owner=charlie, name="Not hers", key="not hers")
    Conversation.objects.filter(id=here.id).update(folder=folder)
    there.tags.add(tag)
    assert hits(hers.get("/search/", {"q": "pool", "folder": str(folder.id)}).text) == ["A pool here"]
    assert hits(hers.get("/search/", {"q": "pool", "tag": str(tag.id)}).text) == ["A pool there"]
    titled = Conversation.objects.create(owner=alice, title="Ponds", folder=folder, active_at=timezone.now())
    assert titled.title in hits(hers.get("/search/", {"q": "ponds", "folder": str(folder.id)}).text)
    Conversation.objects.filter(folder=folder).update(folder=None)
    assert "Nothing has" in hers.get("/search/", {"q": "pool", "folder": str(folder.id)}).text
    html = hers.get("/search/", {"q": "pool", "folder": str(not_hers.id)}).text
    assert ("Not hers" in html, len(hits(html))) == (False, 2)


@pytest.mark.parametrize("filed", [1, AMONG_MAX, AMONG_MAX + 1])
def test_what_is_old_in_a_folder_is_found_behind_much_that_is_elsewhere(
    hers: Client, say: Say, alice: User, filed: int
) -> None:
    folder = Folder.objects.create(owner=alice, name="Work", key="work")
    old = say("a pool of old").conversation
    made = [Conversation(owner=alice, folder=folder, active_at=timezone.now()) for _ in range(filed - 1)]
    Conversation.objects.bulk_create(made)
    Conversation.objects.filter(id=old.id).update(folder=folder)
    for _ in range(5):
        crowded = say("pool").conversation
        Message.objects.bulk_create(Message(conversation=crowded, role="user", text="pool") for _ in range(100))
    html = hers.get("/search/", {"q": "pool", "folder": str(folder.id)}).text
    # Of a folder of more the index can't leave out all others: it is found further down.
    while filed > AMONG_MAX and (address := next_address(html)):
        html = hers.get(address, headers=HTMX).text
    assert hits(html) == ["a pool of old"]
