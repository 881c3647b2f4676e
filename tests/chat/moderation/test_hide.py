"""A hidden message keeps its place, and says nothing to anybody but moderators."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, User
from chat.actions.branches import delete_message, purge_deleted_messages
from chat.actions.forks import fork_conversation
from chat.actions.moderation import hide_message, restore
from chat.actions.runs import retry_message
from chat.actions.shares import share_conversation
from chat.context.history import read_history
from chat.feeds import Hello, read_missed
from chat.models import Attachment, Conversation, Message, ModerationAction, SearchEntry
from chat.models.attachment import SENT
from convoscope.errors import ValidationFailed
from providers.models import Attempt
from tests.chat.moderation.conftest import ClientOf
from tests.support.answers import QUESTION, TEXT, make_plain

REASON = "It names somebody who didn't agree."


def hide(message: Message, by: User) -> ModerationAction:
    return hide_message(message=message, reason=REASON, by=by)


def page_of(client: Client, message: Message, path: str = "") -> str:
    return client.get(f"/conversations/{message.conversation_id}/{path}").text


def test_its_owner_sees_a_word_of_it_in_its_place(
    alice: User, moderator: User, answer: Message, client_of: ClientOf
) -> None:
    action = hide(answer, moderator)
    page = page_of(client_of(alice), answer)
    assert "Hidden by a moderator:" in page
    assert "It names somebody who didn&#x27;t agree." in page
    assert TEXT not in page
    assert QUESTION in page
    entry = AuditEntry.objects.get(action="moderation.hide_message")
    assert entry.object_id == str(action.id)
    assert entry.reason == REASON
    assert entry.actor == moderator.pseudonym.id
    assert entry.subject == alice.pseudonym.id


@pytest.mark.parametrize(
    "path", ["text", "reasoning", "feedback", "menu", "edit", "retry", "share", "inspect", "report"]
)
def test_no_address_gives_what_it_says(
    alice: User, moderator: User, answer: Message, client_of: ClientOf, path: str
) -> None:
    hide(answer, moderator)
    assert client_of(alice).get(f"/messages/{answer.id}/{path}/").status_code == 404


def test_its_own_address_gives_the_word(alice: User, moderator: User, answer: Message, client_of: ClientOf) -> None:
    hide(answer, moderator)
    fragment = client_of(alice).get(f"/messages/{answer.id}/").text
    assert "Hidden by a moderator" in fragment
    assert TEXT not in fragment


def test_no_model_is_given_it(alice: User, moderator: User, answer: Message) -> None:
    assert [said.text for said in read_history(answer.id)] == [QUESTION, TEXT]
    hide(answer, moderator)
    assert [said.text for said in read_history(answer.id)] == [QUESTION]


def test_nor_what_was_attached_to_it(alice: User, moderator: User, answer: Message) -> None:
    assert answer.parent is not None
    Attachment.objects.create(owner=alice, message=answer.parent, name="a.txt", kind="document", text="Secret")
    hide(answer.parent, moderator)
    assert [said.text for said in read_history(answer.id)] == [TEXT]


def test_what_was_remembered_from_it_on_is_forgotten(alice: User, moderator: User, answer: Message) -> None:
    conversation = answer.conversation
    conversation.summary, conversation.summary_leaf = "They spoke of queueing.", answer
    conversation.save()
    assert answer.parent is not None
    hide(answer.parent, moderator)
    conversation.refresh_from_db()
    assert conversation.summary == ""
    assert conversation.summary_leaf_id is None
    assert not Attempt.objects.filter(wire_request__isnull=False).exists()


def test_no_search_finds_it_until_it_is_restored(
    alice: User, moderator: User, answer: Message, client_of: ClientOf
) -> None:
    client = client_of(alice)
    Message.objects.filter(id=answer.id).update(text="Look at queueing, once more.")
    assert "queueing" in client.get("/search/?q=queueing").text
    assert SearchEntry.objects.filter(message=answer).exists()
    action = hide(answer, moderator)
    assert not SearchEntry.objects.filter(message=answer).exists()
    restore(action=action, reason="It was no name.", by=moderator)
    assert SearchEntry.objects.filter(message=answer).exists()


@pytest.mark.parametrize("file_format", ["markdown", "html", "json"])
def test_an_export_says_so(
    alice: User, moderator: User, answer: Message, client_of: ClientOf, file_format: str
) -> None:
    hide(answer, moderator)
    response = client_of(alice).get(f"/conversations/{answer.conversation_id}/export/{file_format}/")
    text = b"".join(response).decode()
    assert TEXT not in text
    if file_format == "json":
        one = next(one for one in json.loads(text)["messages"] if one["id"] == str(answer.id))
        assert one["hidden_at"] is not None
        assert (one["parts"], one["text"]) == ([], None)
    else:
        assert "Hidden by a moderator." in text


def test_links_leave_it_out_also_those_that_were_made_before(
    alice: User, moderator: User, answer: Message, client: Client
) -> None:
    before = share_conversation(conversation=answer.conversation, expires_at=None)
    assert TEXT in client.get(f"/share/{before.token}/").text
    # As it was kept when messages weren't named in it.
    unnamed = share_conversation(conversation=answer.conversation, expires_at=None)
    unnamed.snapshot = [{name: value for name, value in one.items() if name != "id"} for one in unnamed.snapshot]
    unnamed.save()
    action = hide(answer, moderator)
    after = share_conversation(conversation=answer.conversation, expires_at=None)
    for share in (before, unnamed, after):
        page = client.get(f"/share/{share.token}/").text
        assert TEXT not in page
        assert QUESTION in page
    restore(action=action, reason="It was no name.", by=moderator)
    assert TEXT in client.get(f"/share/{before.token}/").text


def test_an_image_of_it_is_shown_at_no_link(alice: User, moderator: User, answer: Message, client: Client) -> None:
    assert answer.parent is not None
    file = default_storage.save("attachments/moderated", ContentFile(b"a file"))
    default_storage.save(file + SENT, ContentFile(b"a picture"))
    sent = Attachment.objects.create(
        owner=alice, message=answer.parent, name="a.png", kind="image", media_type="image/png", file=file
    )
    part = {"type": "attachment", "id": str(sent.id), "name": "a.png"}
    Message.objects.filter(id=answer.parent.id).update(parts=[part, {"type": "text", "text": QUESTION}])
    share = share_conversation(conversation=answer.conversation, expires_at=None)
    address = f"/share/{share.token}/images/{share.attachments.get().id}/"
    assert b"".join(client.get(address)) == b"a picture"
    hide(answer.parent, moderator)
    assert client.get(address).status_code == 404


def test_links_leave_it_out_also_once_its_owner_deleted_it(
    alice: User, moderator: User, answer: Message, client: Client
) -> None:
    question = answer.parent
    assert question is not None
    file = default_storage.save("attachments/moderated", ContentFile(b"a file"))
    default_storage.save(file + SENT, ContentFile(b"a picture"))
    sent = Attachment.objects.create(
        owner=alice, message=question, name="a.png", kind="image", media_type="image/png", file=file
    )
    part = {"type": "attachment", "id": str(sent.id), "name": "a.png"}
    Message.objects.filter(id=question.id).update(parts=[part, {"type": "text", "text": QUESTION}])
    share = share_conversation(conversation=answer.conversation, expires_at=None)
    hide(question, moderator)
    delete_message(message=question)
    Message.objects.update(deleted_at=timezone.now() - timedelta(hours=1))
    assert purge_deleted_messages() == 2

    page = client.get(f"/share/{share.token}/").text
    assert TEXT in page
    assert QUESTION not in page
    assert not Attachment.objects.filter(share=share).exists()


def test_a_fork_has_its_place_without_what_it_says(alice: User, moderator: User, answer: Message) -> None:
    follows = make_plain(alice, conversation=answer.conversation, parent=answer).message
    hide(answer, moderator)
    fork = fork_conversation(message=follows, by=alice, has_branches=False)
    copied = list(fork.messages.order_by("id"))
    assert [one.text for one in copied] == [QUESTION, "", QUESTION, TEXT]
    assert (copied[1].parts, copied[1].html) == ([], "")
    assert copied[1].hidden_at is not None


def test_restored_it_is_shown_in_its_forks_too(alice: User, moderator: User, answer: Message) -> None:
    assert answer.parent is not None
    given = {"owner": alice, "name": "a.txt", "kind": "document", "text": "Secret"}
    Attachment.objects.create(message=answer.parent, **given)
    action = hide(answer.parent, moderator)
    fork = fork_conversation(message=answer, by=alice, has_branches=False)
    again = fork_conversation(message=fork.messages.get(text=TEXT), by=alice, has_branches=False)
    restore(action=action, reason="It was no name.", by=moderator)
    for one in (fork, again):
        version = one.version
        one.refresh_from_db()
        assert one.version > version
        question, _answer = one.messages.order_by("id")
        assert (question.text, question.hidden_at) == (QUESTION, None)
        copied = question.attachments.get()
        assert copied.text == "Secret"
        assert question.parts[0]["id"] == str(copied.id)


def test_the_title_of_a_fork_is_no_more_the_persons_own(alice: User, moderator: User, answer: Message) -> None:
    Conversation.objects.update(title="Queueing", title_source="model")
    answer.refresh_from_db()
    fork = fork_conversation(message=answer, by=alice, has_branches=False)
    assert fork.title == "Queueing (fork)"
    hide(fork.messages.get(text=TEXT), moderator)
    fork.refresh_from_db()
    assert "Queueing" not in fork.title


def test_no_answer_is_given_to_a_hidden_question(alice: User, moderator: User, answer: Message) -> None:
    assert answer.parent is not None
    hide(answer.parent, moderator)
    with pytest.raises(ValidationFailed, match="hidden"):
        retry_message(message=answer, by=alice)


def test_what_is_being_written_is_not_hidden(alice: User, moderator: User) -> None:
    run = make_plain(alice, took_ms=None)
    with pytest.raises(ValidationFailed, match="Lock the conversation"):
        hide(run.message, moderator)


def test_restored_all_is_as_before(alice: User, moderator: User, answer: Message, client_of: ClientOf) -> None:
    action = hide(answer, moderator)
    undone = restore(action=action, reason="It was no name.", by=moderator)
    action.refresh_from_db()
    assert action.undone_by == undone
    assert TEXT in page_of(client_of(alice), answer)
    with pytest.raises(ValidationFailed, match="taken back already"):
        restore(action=action, reason="Again", by=moderator)
    assert hide(answer, moderator).undone_by is None


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 2_001])
def test_a_reason_is_asked_for(alice: User, moderator: User, answer: Message, reason: str) -> None:
    with pytest.raises(ValidationFailed):
        hide_message(message=answer, reason=reason, by=moderator)
    assert not ModerationAction.objects.exists()
    assert not Conversation.objects.filter(messages__hidden_at__isnull=False).exists()


def test_a_page_that_was_away_fetches_its_path_anew(moderator: User, answer: Message) -> None:
    had = Hello(version=answer.conversation.version, last_id=answer.id, unfinished={})
    assert not read_missed(answer.conversation_id, had).must_reload
    hide(answer, moderator)
    assert read_missed(answer.conversation_id, had).must_reload
