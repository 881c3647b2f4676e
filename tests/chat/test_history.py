"""A conversation opened at one of its messages."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat.fragments import WINDOW_MESSAGES
from chat.history import ABOVE
from chat.models import Conversation, Message
from chat.templatetags.dom import dom_id
from chat.views import contexts

ClientOf = Callable[[User], Client]
COUNT = 2 * WINDOW_MESSAGES + 20


@pytest.fixture
def path(alice: User) -> list[Message]:
    """The messages of a long conversation."""
    conversation = Conversation.objects.create(owner=alice, title="Long", active_at=timezone.now())
    messages: list[Message] = []
    for number in range(COUNT):
        parent = messages[-1] if messages else None
        messages.append(Message(conversation=conversation, role="user", text=f"said {number}!", parent=parent))
    Message.objects.bulk_create(messages)
    Conversation.objects.filter(id=conversation.id).update(active_leaf=messages[-1])
    return messages


def opened(client: Client, message: Message) -> tuple[str, list[int]]:
    html = client.get(f"/conversations/{message.conversation_id}/", {"at": str(message.id)}).text
    return html, [int(number) for number in re.findall(r"said (\d+)!", html)]


def test_an_old_message_is_shown_with_those_around_it(alice: User, client_of: ClientOf, path: list[Message]) -> None:
    client = client_of(alice)
    html, shown = opened(client, path[40])
    assert shown == list(range(40 - ABOVE, 40 - ABOVE + WINDOW_MESSAGES))
    assert f'id="{dom_id(path[40])}"' in html
    assert "<live-stream" not in html
    older, newer = path[shown[0] - 1], path[shown[-1] + 1]
    for one in (older, newer):
        assert f'href="/conversations/{one.conversation_id}/?at={one.id}#{dom_id(one)}"' in html
    assert opened(client, path[0])[1] == list(range(WINDOW_MESSAGES))
    assert "Older messages" not in opened(client, path[0])[0]


def test_one_of_the_last_is_shown_where_the_conversation_goes_on(
    alice: User, client_of: ClientOf, path: list[Message]
) -> None:
    client = client_of(alice)
    for message in (path[-1], path[-WINDOW_MESSAGES]):
        html, shown = opened(client, message)
        assert shown == list(range(COUNT - WINDOW_MESSAGES, COUNT))
        assert "<live-stream" in html
    assert "<live-stream" not in opened(client, path[-WINDOW_MESSAGES - 1])[0]


def test_looking_at_another_branch_changes_nothing_until_it_is_chosen(
    alice: User, client_of: ClientOf, path: list[Message]
) -> None:
    client = client_of(alice)
    other = Message.objects.create(conversation=path[0].conversation, role="user", text="said 999!", parent=path[60])
    below = Message.objects.create(conversation=path[0].conversation, role="user", text="said 1000!", parent=other)
    html, shown = opened(client, other)
    assert shown == [*range(61 - ABOVE, 61), 999, 1000]
    assert "This message is on a branch that isn't shown." in html
    conversation = Conversation.objects.get()
    assert conversation.active_leaf_id == path[-1].id
    answer = client.post(f"/messages/{other.id}/select/")
    assert answer.headers["Location"] == f"/conversations/{conversation.id}/?at={other.id}#{dom_id(other)}"
    assert Conversation.objects.get().active_leaf_id == below.id
    assert "<live-stream" in client.get(answer.headers["Location"]).text


def test_only_messages_of_the_conversation_are_shown(
    client: Client, alice: User, charlie: User, client_of: ClientOf, path: list[Message]
) -> None:
    elsewhere = Conversation.objects.create(owner=charlie, title="His", active_at=timezone.now())
    his = Message.objects.create(conversation=elsewhere, role="user", text="said 5!")
    page = f"/conversations/{path[0].conversation_id}/"
    assert client_of(alice).get(page, {"at": str(his.id)}).status_code == 404
    assert client_of(alice).get(page, {"at": "x"}).status_code == 200
    assert client_of(charlie).get(page, {"at": str(path[0].id)}).status_code == 404
    assert client.get(page, {"at": str(path[0].id)}).headers["Location"].startswith("/accounts/login/")


def test_scrolling_up_loads_so_many_and_then_leads_to_a_page_of_older_ones(
    alice: User, client_of: ClientOf, path: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contexts, "WINDOWS_OF_A_PAGE", 2)
    client = client_of(alice)
    page = client.get(f"/conversations/{path[0].conversation_id}/").text
    loads = re.search(r'<p class="older" hx-get="([^"]+)"', page)
    assert loads
    older = client.get(unescape(loads[1]), headers={"HX-Request": "true"}).text
    first = path[COUNT - 2 * WINDOW_MESSAGES]
    assert "hx-trigger" not in older.split("</p>")[0]
    assert f'<p class="older"><a href="/conversations/{first.conversation_id}/?at={first.id}#{dom_id(first)}">' in older
