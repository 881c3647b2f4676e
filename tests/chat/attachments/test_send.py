"""Messages with files: what may be sent, once; edited, forked, answered again, deleted; and what pages show of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.db.models.signals import pre_delete
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import Preferences, User
from chat.actions.attachments import purge_waiting
from chat.actions.branches import delete_message, purge_deleted_messages, restore_message
from chat.actions.forks import fork_conversation
from chat.actions.lifecycle import expire_old
from chat.actions.purging import purge_conversations
from chat.actions.runs import retry_message
from chat.actions.turns import submit_turn
from chat.fragments import show_path
from chat.models import Attachment, Conversation, Message
from chat.search.index import Scope, matches
from chat.search.query import parse_query
from convoscope.errors import LimitReached, TurnKeyReused, ValidationFailed
from convoscope.settings import env
from tests.chat.attachments.files import picture
from tests.chat.attachments.support import DOCUMENT, SIGHTED, answered, attach, send, stored_files

ClientOf = Callable[[User], Client]
Capture = DjangoCaptureOnCommitCallbacks
HTMX = {"HX-Request": "true", "HX-Trigger": "composer"}


@pytest.fixture(autouse=True)
def _a_model_that_sees(settings: Settings) -> None:
    settings.PROVIDERS = {"openai": env.Provider(api_key="sk", base_url="", model="scripted", timeout_s=30)}


def test_files_are_sent_in_their_order_before_the_text(alice: User, client_of: ClientOf) -> None:
    first, second = attach(alice, name="first.txt"), attach(alice, picture(), "second.png")
    fields = {
        "text": "Look",
        "turn_key": str(uuid4()),
        "attachments": [str(second.id), str(first.id)],
        "model": SIGHTED,
    }
    response = client_of(alice).post("/conversations/", fields, headers=HTMX)
    assert response.status_code == 200, response.text
    question = Message.objects.get(role="user")
    assert question.parts == [
        {"type": "attachment", "id": str(second.id), "name": "second.png"},
        {"type": "attachment", "id": str(first.id), "name": "first.txt"},
        {"type": "text", "text": "Look"},
    ]
    assert list(question.attachments.order_by("position")) == [second, first]
    shown = response.text
    assert shown.index("second.png") < shown.index("first.txt") < shown.index('class="question-text"')
    assert f"/attachments/{second.id}/thumbnail/" in shown
    page = client_of(alice).get(response["HX-Push-Url"]).text
    assert page.index("second.png") < page.index("first.txt")


def test_a_message_may_be_its_files_alone(alice: User, client_of: ClientOf) -> None:
    kept = attach(alice, name="The settlement.txt")
    fields = {"text": "  ", "turn_key": str(uuid4()), "attachments": str(kept.id)}
    response = client_of(alice).post("/conversations/", fields, headers=HTMX)
    assert (response.status_code, 'class="question-text"' in response.text) == (200, False)
    assert Message.objects.get(role="user").text == ""
    assert Conversation.objects.get().title == "The settlement.txt"
    fields = {"text": "  ", "turn_key": str(uuid4())}
    assert "Please enter a message" in client_of(alice).post("/conversations/", fields, headers=HTMX).text


@pytest.mark.parametrize("why", ["unknown", "another's", "sent", "no id"])
def test_files_that_cannot_be_sent_are_refused_and_the_text_is_kept(
    alice: User, charlie: User, client_of: ClientOf, why: str
) -> None:
    kept = attach(charlie if why == "another's" else alice)
    if why == "sent":
        send(alice, kept)
    named = {"unknown": str(uuid4()), "no id": "nonsense"}.get(why, str(kept.id))
    before = Message.objects.count()
    fields = {"text": "My words", "turn_key": str(uuid4()), "attachments": named}
    response = client_of(alice).post("/conversations/", fields, headers=HTMX)
    assert response.status_code == 422
    assert "text is kept" in response.text
    plain = client_of(alice).post("/conversations/", fields)
    assert (plain.status_code, "My words" in plain.text) == (422, True)
    assert Message.objects.count() == before


def test_so_many_files_at_most(alice: User, client_of: ClientOf) -> None:
    ids = [str(uuid4()) for _ in range(settings.MESSAGE_MAX_FILES + 1)]
    fields = {"text": "Hi", "turn_key": str(uuid4()), "attachments": ids}
    response = client_of(alice).post("/conversations/", fields, headers=HTMX)
    assert response.status_code == 422
    assert "takes 10 files, and this one has 11" in response.text


def test_a_repeated_submit_is_the_first_one_and_other_files_are_another_message(alice: User) -> None:
    kept, again, other, key = attach(alice), attach(alice), attach(alice, name="other.txt"), uuid4()

    def submit(attachment: Attachment) -> object:
        return submit_turn(
            owner=alice, conversation_id=None, text="Hi", turn_key=key, attachments=[attachment.id]
        ).question.id

    assert submit(kept) == submit(kept) == submit(again)
    with pytest.raises(TurnKeyReused):
        submit(other)
    assert Attachment.objects.waiting().get() == other


def test_an_edit_keeps_the_files_adds_others_and_leaves_out_what_it_is_told_to(
    alice: User, client_of: ClientOf
) -> None:
    kept, left_out = attach(alice, name="kept.txt"), attach(alice, name="left-out.txt")
    turn = send(alice, kept, left_out)
    answered(turn)
    new = attach(alice, name="new.txt")
    address = f"/messages/{turn.question.id}/edit/"
    shown = client_of(alice).get(address)
    assert [one.name for one in shown.context["sent"]] == ["kept.txt", "left-out.txt"]
    fields = {"text": "Again", "turn_key": str(uuid4()), "attachments": str(new.id), "without": str(left_out.id)}
    assert client_of(alice).post(address, fields).status_code == 302
    edited = Message.objects.get(text="Again")
    copy, added = edited.attachments.order_by("position")
    assert (copy.name, copy.file, copy.id != kept.id, added) == ("kept.txt", kept.file, True, new)
    assert [part["id"] for part in edited.parts[:2]] == [str(copy.id), str(new.id)]
    assert turn.question.attachments.count() == 2


def test_a_file_that_an_edit_leaves_out_is_not_counted(alice: User) -> None:
    User.objects.filter(id=alice.id).update(tier="free")
    alice.refresh_from_db()
    large = Attachment.objects.create(owner=alice, name="a.txt", kind="document", text="Hi", text_tokens=8_000)
    turn = send(alice, large)
    answered(turn)
    edit = {"conversation": turn.conversation, "edited_id": turn.question.id}
    # With the file it would be more than the tier lets through in a minute.
    with pytest.raises(LimitReached):
        send(alice, **edit)  # type: ignore[arg-type]  # given as they are
    edited = send(alice, **edit, without=[large.id]).question  # type: ignore[arg-type]  # given as they are
    assert (edited.parent_id, edited.attachments.count()) == (turn.question.parent_id, 0)


def test_an_edit_may_not_leave_nothing(alice: User) -> None:
    kept = attach(alice)
    turn = send(alice, kept, text="")
    answered(turn)
    edit = {"text": "", "conversation": turn.conversation, "edited_id": turn.question.id}
    assert send(alice, **edit).question.attachments.count() == 1  # type: ignore[arg-type]  # given as they are
    with pytest.raises(ValidationFailed, match="Please enter a message"):
        send(alice, **edit, without=[kept.id])  # type: ignore[arg-type]  # given as they are


def test_a_file_goes_with_the_last_message_that_has_it(
    alice: User, django_capture_on_commit_callbacks: Capture
) -> None:
    kept = attach(alice, picture(), "a.png")
    turn = send(alice, kept, model=SIGHTED)
    answered(turn)
    fork = fork_conversation(message=turn.question, by=alice, has_branches=False)
    copy = Attachment.objects.get(message__conversation=fork)
    question = fork.messages.get()
    assert (copy.file, copy.text, question.parts[0]["id"]) == (kept.file, kept.text, str(copy.id))
    files = stored_files()
    for conversation in (turn.conversation, fork):
        assert stored_files() == files
        assert len(files) == 3
        with django_capture_on_commit_callbacks(execute=True):
            Conversation.objects.filter(id=conversation.id).update(deleted_at=timezone.now())
            assert purge_conversations() == 1
    assert (stored_files(), Attachment.objects.count()) == (set(), 0)


def test_a_deleted_message_comes_back_with_its_files_until_it_is_purged(
    alice: User, client_of: ClientOf, django_capture_on_commit_callbacks: Capture
) -> None:
    kept = attach(alice)
    turn = send(alice, kept)
    answered(turn)
    question = Message.objects.select_related("conversation").get(id=turn.question.id)
    delete_message(message=question)
    restore_message(message=question)
    assert b"".join(client_of(alice).get(f"/attachments/{kept.id}/")) == DOCUMENT
    delete_message(message=question)
    Message.objects.update(deleted_at=timezone.now() - timedelta(hours=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert purge_deleted_messages() == 2
    assert (stored_files(), Attachment.objects.count()) == (set(), 0)


def erase_people() -> int:
    return User.objects.all().delete()[0]


@pytest.mark.parametrize(
    "purge", [purge_deleted_messages, purge_conversations, purge_waiting, expire_old, erase_people]
)
def test_what_a_document_says_is_not_read_to_be_deleted(
    alice: User, settings: Settings, purge: Callable[[], int]
) -> None:
    settings.PROVIDERS = {}
    deleted: list[Attachment] = []

    def keep(instance: Attachment, **kwargs: object) -> None:
        deleted.append(instance)

    long_ago = timezone.now() - timedelta(days=400)
    turn = send(alice, attach(alice))
    answered(turn)
    attach(alice)
    match purge.__name__:
        case "purge_deleted_messages":
            Message.objects.update(deleted_at=long_ago)
        case "purge_conversations":
            Conversation.objects.update(deleted_at=long_ago)
        case "purge_waiting":
            Attachment.objects.waiting().update(created_at=long_ago)
        case "expire_old":
            Preferences.objects.update_or_create(user=alice, defaults={"keep_days": 30})
            Conversation.objects.update(status="completed", resolved_at=long_ago, expiry_announced_at=long_ago)
    pre_delete.connect(keep, sender=Attachment)
    try:
        assert purge() > 0
    finally:
        pre_delete.disconnect(keep, sender=Attachment)
    assert deleted
    assert [one.get_deferred_fields() for one in deleted] == [{"text"}] * len(deleted)


def test_with_their_owner_the_files_go(alice: User, django_capture_on_commit_callbacks: Capture) -> None:
    send(alice, attach(alice))
    attach(alice)
    with django_capture_on_commit_callbacks(execute=True):
        alice.delete()
    assert stored_files() == set()


def test_several_models_are_given_the_same_files(alice: User) -> None:
    turn = send(alice, attach(alice), compared=["openai/scripted", "offline/convoscope-offline"])
    assert (turn.is_compared, turn.question.attachments.count()) == (True, 1)


@pytest.mark.parametrize("count", [1, 20])
def test_a_page_reads_all_files_at_once(alice: User, count: int) -> None:
    turn = send(alice, attach(alice))
    answered(turn)
    path = [turn.question]
    for _ in range(count):
        fork = fork_conversation(message=turn.question, by=alice, has_branches=False)
        path.append(fork.messages.get())
    messages = list(Message.objects.filter(id__in=[one.id for one in path]))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        shown = show_path(messages)
    assert {len(one.attachments) for one in shown} == {1}
    assert len([query for query in queries if "chat_attachment" in query["sql"]]) == 1
    assert len(queries) <= 6


def test_search_finds_a_message_by_the_name_of_its_file(alice: User, client_of: ClientOf) -> None:
    turn = send(alice, attach(alice, name="Überweisung-2026.txt"), text="")
    answered(turn)
    found = matches(parse_query("uberweisung"), Scope(owner_id=alice.id), limit=10).entries
    assert turn.question.id in {one.message_id for one in found}
    assert matches(parse_query("awake"), Scope(owner_id=alice.id), limit=10).entries == []
    page = client_of(alice).get("/search/", {"q": "uberweisung"}).text
    assert "<mark>Überweisung</mark>" in page


def test_what_a_model_cannot_see_is_refused_before_it_is_sent(alice: User, client_of: ClientOf) -> None:
    kept = attach(alice, picture(), "a.png")
    fields = {"text": "Look", "turn_key": str(uuid4()), "attachments": str(kept.id)}
    response = client_of(alice).post("/conversations/", fields | {"model": "offline/convoscope-offline"}, headers=HTMX)
    assert response.status_code == 422
    assert "can't read images. Choose a model that can" in response.text.replace("&#x27;", "'")
    assert Attachment.objects.waiting().get() == kept
    turn = send(alice, kept, model=SIGHTED)
    answered(turn)
    with pytest.raises(ValidationFailed, match="can't read images"):
        retry_message(message=turn.question, by=alice, model="offline/convoscope-offline")


def test_without_any_model_that_sees_auto_refuses(alice: User, settings: Settings) -> None:
    settings.PROVIDERS = {}
    with pytest.raises(ValidationFailed, match="None of the models you may use can read images"):
        send(alice, attach(alice, picture(), "a.png"), model="auto")
    assert Message.objects.count() == 0
