"""Temporary chats: begun so, told nothing, listed and named nowhere; kept where the person wants it after all."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from chat.actions.forks import fork_conversation
from chat.actions.personal_memory import set_instructions
from chat.actions.temporary import keep_conversation
from chat.actions.titles import untitled_conversations
from chat.actions.turns import Beginning, submit_turn
from chat.models import Attachment, Conversation, Message
from chat.runs.load import first_load

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def begin(client: Client, **fields: str) -> Conversation:
    client.post("/conversations/", {"text": "Am I ill?", "turn_key": str(uuid4()), "temporary": "yes"} | fields)
    Message.objects.filter(role="assistant").update(status="complete", text="No.")
    return Conversation.objects.get()


def test_it_is_begun_from_a_page_that_says_so(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert 'id="temporary"' in client.get("/").text
    assert " checked>Temporary chat" not in client.get("/").text
    assert " checked>Temporary chat" in client.get("/?temporary=yes").text
    conversation = begin(client)
    assert conversation.is_temporary
    page = client.get(f"/conversations/{conversation.id}/").text
    assert "gone 24 hours after its last message" in page
    # Neither in the address bar's history nor beside other conversations.
    assert "<title>Temporary chat · Convoscope</title>" in page
    assert "Your conversations will stand here." in page
    assert untitled_conversations() == []


def test_the_sidebar_of_who_begins_one_gets_no_row(alice: User, client_of: ClientOf) -> None:
    fields = {"text": "Am I ill?", "turn_key": str(uuid4()), "temporary": "yes"}
    html = client_of(alice).post("/conversations/", fields, headers=HTMX).text
    assert "Keep this chat" in html
    assert "sidebar-today" not in html


def test_a_refused_first_message_leaves_it_temporary(alice: User, client_of: ClientOf) -> None:
    fields = {"text": " ", "turn_key": str(uuid4()), "temporary": "yes"}
    response = client_of(alice).post("/conversations/", fields)
    assert response.status_code == 422
    assert " checked>Temporary chat" in response.text


def test_a_later_message_makes_no_conversation_temporary(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    conversation = begin(client)
    Conversation.objects.update(is_temporary=False)
    fields = {"text": "And now?", "turn_key": str(uuid4()), "temporary": "yes"}
    client.post(f"/conversations/{conversation.id}/messages/", fields)
    assert not Conversation.objects.get().is_temporary


@pytest.mark.parametrize(("fields", "is_told"), [({}, False), ({"tells_of_person": "yes"}, True)])
def test_it_is_told_of_the_person_where_they_say_so(
    alice: User, client_of: ClientOf, fields: dict[str, str], *, is_told: bool
) -> None:
    client = client_of(alice)
    assert "Tell the model your instructions" not in client.get("/?temporary=yes").text
    set_instructions(user=alice, instructions="Be brief.", tells_models=True)
    assert "Tell the model your instructions" in client.get("/?temporary=yes").text
    conversation = begin(client, **fields)
    run = Message.objects.get(role="assistant").runs.get()
    assert ("Be brief." in first_load(run).told) is is_told
    settings = f"/conversations/{conversation.id}/settings/"
    assert "A temporary chat is told nothing of you otherwise." in client.get(settings).text
    client.post(settings, {"temperature": ""} if is_told else {"tells_of_person": "on"})
    run = Message.objects.get(role="assistant").runs.get()
    assert ("Be brief." in first_load(run).told) is not is_told


def test_kept_it_is_named_listed_and_told_like_any_other(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    conversation = begin(client, tells_of_person="yes")
    html = client.post(f"/conversations/{conversation.id}/keep/", headers=HTMX).text
    assert "Am I ill?" in html
    assert "sidebar-stale" in html
    assert "Keep this chat" not in html
    conversation.refresh_from_db()
    assert (conversation.is_temporary, conversation.title, conversation.settings) == (False, "Am I ill?", {})
    assert untitled_conversations() == [conversation.id]
    assert client.post(f"/conversations/{conversation.id}/keep/").status_code == 302
    assert Conversation.objects.get().version == conversation.version


def test_kept_it_is_called_by_its_file_where_nothing_was_written(alice: User) -> None:
    file = Attachment.objects.create(owner=alice, name="letter.pdf", kind="document", text="Dear all")
    turn = submit_turn(
        owner=alice,
        conversation_id=None,
        text="",
        turn_key=uuid4(),
        attachments=[file.id],
        beginning=Beginning(is_temporary=True),
    )
    keep_conversation(conversation=turn.conversation)
    assert Conversation.objects.get().title == "letter.pdf"


def test_kept_it_has_the_name_that_the_person_gave(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    conversation = begin(client)
    client.post(f"/conversations/{conversation.id}/rename/", {"title": "Mine"})
    client.post(f"/conversations/{conversation.id}/keep/")
    assert Conversation.objects.get().title == "Mine"


def test_its_menu_offers_no_shelf_and_its_link_says_when_it_ends(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    conversation = begin(client)
    menu = client.get(f"/conversations/{conversation.id}/menu/", headers=HTMX).text
    assert "Keep this chat" in menu
    assert "Archive" not in menu
    assert "its links end with it" in client.get(f"/conversations/{conversation.id}/share/", headers=HTMX).text
    client.post(f"/conversations/{conversation.id}/archive/")
    assert not Conversation.objects.archived().exists()


def test_a_copy_of_it_is_temporary_too(alice: User, client_of: ClientOf) -> None:
    conversation = begin(client_of(alice))
    answer = conversation.messages.get(role="assistant")
    fork = fork_conversation(message=answer, by=alice, has_branches=False)
    assert fork.is_temporary
    assert list(Conversation.objects.visible_to(alice).listed()) == []


def test_others_keep_nothing(alice: User, charlie: User, client_of: ClientOf, client: Client) -> None:
    address = f"/conversations/{begin(client_of(alice)).id}/keep/"
    assert client_of(charlie).post(address).status_code == 404
    assert client.post(address)["Location"].startswith("/accounts/login/")
    assert Conversation.objects.get().is_temporary
