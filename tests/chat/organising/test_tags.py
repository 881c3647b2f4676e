"""Tags: put on, taken off, shown where conversations are sorted, gone with the last that has them."""

from __future__ import annotations

from uuid import uuid4

import pytest

from accounts.models import User
from chat.models import Conversation, Tag
from tests.chat.organising.conftest import HTMX, ClientOf, assert_closed_to_others, make


def tags_of(conversation: Conversation) -> set[str]:
    return set(conversation.tags.values_list("name", flat=True))


def test_tags_are_put_on_and_taken_off(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    client = client_of(alice)
    address = f"/conversations/{conversation.id}/tags/"
    done = client.post(address, {"new": " urgent, To read ,, "}, headers=HTMX)
    assert done["HX-Trigger"] == "dialog-close"
    assert tags_of(conversation) == {"urgent", "To read"}
    asked = client.get(address, headers=HTMX).text
    assert asked.count("checked") == 2
    urgent = Tag.objects.get(name="urgent")
    client.post(address, {"tags": [str(urgent.id)], "new": "URGENT, to READ"})
    assert tags_of(conversation) == {"urgent", "To read"}
    client.post(address, {"tags": [str(urgent.id)], "new": ""})
    assert tags_of(conversation) == {"urgent"}
    assert not Tag.objects.filter(name="To read").exists()


def test_tags_are_shown_where_conversations_are_sorted(
    alice: User, client_of: ClientOf, conversation: Conversation
) -> None:
    client = client_of(alice)
    client.post(f"/conversations/{conversation.id}/tags/", {"new": "<urgent>"})
    make(alice, "Elsewhere")
    shown = f'href="/tags/{Tag.objects.get().id}/" dir="auto">&lt;urgent&gt;</a>'
    for path in ("/conversations/manage/", f"/conversations/{conversation.id}/"):
        assert shown in client.get(path).text
    page = client.get(f"/tags/{Tag.objects.get().id}/", headers=HTMX).text
    assert "Of pools" in page
    assert "Elsewhere" not in page
    assert "urgent" not in client.get("/").text


@pytest.mark.parametrize("new", ["x" * 51, "fine, " + "x" * 51])
def test_a_tag_that_cannot_be_is_refused(
    alice: User, client_of: ClientOf, conversation: Conversation, new: str
) -> None:
    refused = client_of(alice).post(f"/conversations/{conversation.id}/tags/", {"new": new}, headers=HTMX)
    assert refused.status_code == 422
    assert f'value="{new}"' in refused.text
    assert not Tag.objects.exists()


def test_there_is_an_end_to_tags(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    many = ", ".join(f"tag {number}" for number in range(201))
    refused = client_of(alice).post(f"/conversations/{conversation.id}/tags/", {"new": many}, headers=HTMX)
    assert refused.status_code == 422
    assert "200 tags" in refused.text


def test_what_is_not_yours_is_not_there(
    alice: User, charlie: User, client_of: ClientOf, conversation: Conversation
) -> None:
    his = Tag.objects.create(owner=charlie, name="His", key="his")
    client = client_of(alice)
    address = f"/conversations/{conversation.id}/tags/"
    for tag_id, status in ((his.id, 404), (uuid4(), 404), ("nonsense", 400)):
        assert client.post(address, {"tags": [str(tag_id)], "new": ""}).status_code == status
    assert client.get(f"/tags/{his.id}/").status_code == 404
    assert_closed_to_others(address, charlie=charlie, client_of=client_of, form={"new": "Mine"})
    assert tags_of(conversation) == set()
