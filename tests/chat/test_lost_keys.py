"""What lost its key is said to have, and all else goes on: no page fails for it, and what is stored of it stays."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import orjson
import pytest
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.actions.people import give_role
from accounts.models import Role, User
from chat.actions.branches import purge_deleted_messages
from chat.actions.exports import build_export, request_export
from chat.actions.forks import fork_conversation
from chat.actions.hiding import forget_what_tells_of
from chat.actions.lifecycle import expire_old, pause_idle
from chat.actions.moderation import hide_message, restore
from chat.actions.shares import share_conversation
from chat.actions.titles import untitled_conversations
from chat.entities.graph import Entity, Graph
from chat.feeds import Hello, read_missed
from chat.fragments import message_html
from chat.models import Conversation, ConversationEntities, Message, Share
from chat.tasks import extract_entities, make_title, suggest_follow_ups, update_summary
from convoscope.encrypted_content import Unreadable
from tests.chat.attachments.support import answered, attach, send
from tests.support.access import EXPECTED
from tests.support.everything import make_everything
from tests.support.lost_keys import NEW, OLD, stored_texts
from tests.support.walk import ADDRESSES, Site, make_site, pages_of_the_admin

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
TOLD = "stored under a key that this site no longer has"
WORD = "Quillwort"
GRAPH = Graph((Entity("one", WORD, "person", is_own=True),)).as_json()


@pytest.fixture(autouse=True)
def encrypted(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    settings.FIELD_ENCRYPTION_KEYS, settings.ENCRYPT_CONTENT = [OLD], True


def lose_the_key(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [NEW]


QUESTION = "When does the settlement run?"


def asked(owner: User, text: str = QUESTION, conversation: Conversation | None = None) -> Message:
    return answered(send(owner, attach(owner, f"{WORD} is awake.".encode()), text=text, conversation=conversation))


def test_no_address_fails(db: None, settings: Settings, client_of: ClientOf) -> None:
    settings.OWN_KEYS_ALLOWED = True
    settings.RATE_LIMIT_IP_REQUESTS = settings.RATE_LIMIT_REQUESTS = 100_000
    site: Site = make_site(client_of)
    Conversation.objects.update(summary=WORD)
    Message.objects.update(feedback_comment=WORD, metadata={"follow_ups": [WORD]})
    lose_the_key(settings)
    before, failed = stored_texts(), []
    for address in ADDRESSES:
        line = EXPECTED[address.key]
        path = site.path(address, line)
        for name in sorted(line.who & {"owner", "moderator", "administrator", "visitor"}):
            for method in line.methods:
                for headers in ({}, HTMX):
                    client = site.clients[name]
                    with transaction.atomic():
                        send_it = client.post if method == "POST" else client.get
                        answer = send_it(path, line.form if method == "POST" else {}, headers=headers)
                        b"".join(answer)
                        after = stored_texts()
                        transaction.set_rollback(True)
                    is_kept = all(after.get(key, stored) == stored for key, stored in before.items())
                    if answer.status_code >= 500 or not is_kept:
                        failed.append((method, path, name, answer.status_code, is_kept))
    assert failed == []


def test_no_page_of_the_admin_fails(db: None, settings: Settings, client_of: ClientOf) -> None:
    settings.RATE_LIMIT_IP_REQUESTS = settings.RATE_LIMIT_REQUESTS = 100_000
    site = make_site(client_of)
    lose_the_key(settings)
    client = site.clients["administrator"]
    answers = {path: client.get(path).status_code for path in pages_of_the_admin()}
    assert [path for path, status in answers.items() if status >= 500] == []


def test_who_missed_it_is_pushed_what_says_so(alice: User, settings: Settings) -> None:
    answer = asked(alice)
    running = send(alice, text="And at five?", conversation=answer.conversation).answer
    lose_the_key(settings)
    missed = read_missed(answer.conversation_id, Hello(version=-1, last_id=None, unfinished={running.id: (1, 1)}))
    # Rendered where nobody reads the database any more
    pushed = "".join(message_html(shown) for shown in [*missed.new_messages, *missed.changed])
    assert pushed.count(TOLD) == 3


def test_its_page_says_so_and_shows_the_rest(alice: User, client_of: ClientOf, settings: Settings) -> None:
    lost = asked(alice)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    later = asked(alice, "And at five?", lost.conversation)
    lose_the_key(settings)
    page = client_of(alice).get(f"/conversations/{lost.conversation_id}/")
    assert page.status_code == 200
    assert page.text.count(TOLD) == 2
    assert "And at five?" in page.text
    assert "notes.txt" in page.text
    assert later.text in page.text


def test_it_is_deleted_by_hand_and_brought_back(alice: User, client_of: ClientOf, settings: Settings) -> None:
    answer = asked(alice)
    before = stored_texts()
    lose_the_key(settings)
    client = client_of(alice)
    address = f"/messages/{answer.id}/delete/"
    assert client.get(address, headers=HTMX).status_code == 200
    deleted = client.post(address, headers=HTMX)
    assert deleted.status_code == 200
    # The question stays, and says so.
    assert TOLD in deleted.text
    assert not Message.objects.present().filter(id=answer.id).exists()
    assert client.post(f"/messages/{answer.id}/restore/", headers=HTMX).status_code == 200
    assert stored_texts() == before


def test_one_that_is_being_written_is_deleted_by_hand(alice: User, client_of: ClientOf, settings: Settings) -> None:
    turn = send(alice)
    lose_the_key(settings)
    deleted = client_of(alice).post(f"/messages/{turn.answer.id}/delete/", headers=HTMX)
    assert deleted.status_code == 200
    assert turn.answer.runs.get().status == "stopped"


@pytest.mark.parametrize("does", ["edit", "retry", "continue", "share"])
def test_what_needs_it_says_so(alice: User, client_of: ClientOf, settings: Settings, does: str) -> None:
    answer = asked(alice)
    Message.objects.filter(id=answer.id).update(finish_reason="length")
    lose_the_key(settings)
    before = stored_texts()
    place = answer.parent_id if does == "edit" else answer.id
    form = {"text": "In other words?", "turn_key": str(uuid4()), "expiry": "7"}
    refused = client_of(alice).post(f"/messages/{place}/{does}/", form, headers=HTMX)
    assert (refused.status_code, TOLD in refused.text) == (409, True)
    assert stored_texts() == before
    assert Message.objects.count() == 2


def test_asked_once_more_with_an_answer_compared_it_says_so(
    alice: User, client_of: ClientOf, settings: Settings
) -> None:
    answer = asked(alice)
    lose_the_key(settings)
    form = {"text": "And now?", "turn_key": str(uuid4()), "compare": ["offline/offline", "offline/steady"]}
    refused = client_of(alice).post(f"/conversations/{answer.conversation_id}/messages/", form, headers=HTMX)
    assert refused.status_code in (409, 422)
    assert Message.objects.count() == 2


def test_a_copy_has_it_as_it_is_stored(alice: User, client_of: ClientOf, settings: Settings) -> None:
    answer = asked(alice)
    lose_the_key(settings)
    assert client_of(alice).post(f"/messages/{answer.id}/fork/").status_code == 302
    copy = Conversation.objects.latest("id")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert [one.text for one in copy.messages.order_by("id")] == [QUESTION, "At four."]
    assert copy.messages.earliest("id").attachments.get().text == f"{WORD} is awake."


def test_what_is_made_of_it_waits(alice: User, settings: Settings) -> None:
    answer = asked(alice)
    conversation = answer.conversation
    before = stored_texts()
    lose_the_key(settings)
    Conversation.objects.update(active_at=timezone.now() - timedelta(days=400))
    assert untitled_conversations() == [conversation.id]
    for task in (make_title, update_summary, extract_entities):
        task(str(conversation.id))
    assert suggest_follow_ups(str(answer.id)) == {"suggested": 0}
    assert untitled_conversations() == []
    assert pause_idle() == 1
    assert stored_texts() == before


def test_one_that_was_completed_expires(alice: User, settings: Settings) -> None:
    conversation = asked(alice).conversation
    long_ago = timezone.now() - timedelta(days=4000)
    settings.RETENTION_DAYS = 30
    Conversation.objects.update(status="completed", resolved_at=long_ago, expiry_announced_at=long_ago)
    lose_the_key(settings)
    assert expire_old() == 1
    assert not Message.objects.filter(conversation=conversation).exists()


def test_what_tells_of_what_is_hidden_or_deleted_goes(alice: User, settings: Settings) -> None:
    answer = asked(alice)
    conversation = answer.conversation
    share = share_conversation(conversation=conversation, expires_at=None)
    ConversationEntities.objects.create(conversation=conversation, graph=GRAPH, leaf=answer)
    Message.objects.filter(id=answer.id).update(hidden_at=timezone.now(), metadata={"follow_ups": [WORD]})
    lose_the_key(settings)
    with transaction.atomic():
        forget_what_tells_of(answer, conversation)
    ConversationEntities.objects.update(leaf=answer)
    Message.objects.update(deleted_at=timezone.now() - timedelta(days=1))
    assert purge_deleted_messages() == 2
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert Share.objects.get(id=share.id).revoked_at is not None
    assert ConversationEntities.objects.get().graph["entities"] == []


def test_a_summary_is_emptied_and_not_written_over(alice: User, client_of: ClientOf, settings: Settings) -> None:
    conversation = asked(alice).conversation
    Conversation.objects.update(summary=WORD, summary_leaf=conversation.active_leaf)
    lose_the_key(settings)
    client, address = client_of(alice), f"/conversations/{conversation.id}/memory/"
    assert TOLD in client.get(address).text
    as_shown = Unreadable().user_message
    assert client.post(address, {"memory": "buffer", "summary": as_shown}).status_code == 302
    assert client.post(address, {"memory": "buffer", "summary": f"{as_shown} More"}).status_code == 409
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    kept = Conversation.objects.get()
    assert (kept.memory, kept.summary) == ("buffer", WORD)
    lose_the_key(settings)
    assert client.post(address, {"memory": "buffer", "summary": ""}).status_code == 302
    assert Conversation.objects.get().summary == ""


# Exports


def archive_of(owner: User) -> ZipFile:
    export = request_export(owner=owner, format="everything")
    assert build_export(export.id) == {"made": 1}
    export.refresh_from_db()
    with default_storage.open(export.file) as file:
        return ZipFile(io.BytesIO(file.read()))


def test_an_archive_of_everything_has_the_rest(alice: User, settings: Settings) -> None:
    make_everything(alice)
    lost = asked(alice)
    share_conversation(conversation=lost.conversation, expires_at=None)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    later = asked(alice, "And at five?", lost.conversation)
    whole = archive_of(alice)
    assert orjson.loads(whole.read("index.json"))["unreadable"] == 0
    lose_the_key(settings)
    archive = archive_of(alice)
    assert orjson.loads(archive.read("index.json"))["unreadable"] > 4
    assert "could not be read" in archive.read("unreadable.txt").decode()
    document = orjson.loads(archive.read(f"conversations/{lost.conversation_id}.json"))
    said = {one["id"]: one["text"] or one["parts"][-1]["text"] for one in document["messages"]}
    assert TOLD in said[str(lost.id)]
    assert TOLD in said[str(lost.parent_id)]
    assert said[str(later.parent_id)] == "And at five?"
    files = {one["sha256"] for message in document["messages"] for one in message["attachments"]}
    assert len(files) == 1
    assert TOLD in archive.read("account/links.json").decode()
    assert TOLD in archive.read("account/links.csv").decode()
    # But for files that can't be read
    left_out = set(whole.namelist()) - set(archive.namelist())
    assert {name.partition("/")[0] for name in left_out} <= {"attachments"}


@pytest.mark.parametrize("file_format", ["json", "markdown", "html"])
@pytest.mark.parametrize("has_file", [False, True], ids=["alone", "with a file"])
def test_a_conversation_is_exported(
    alice: User, client_of: ClientOf, settings: Settings, file_format: str, has_file: bool
) -> None:
    lost = asked(alice) if has_file else answered(send(alice))
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    answered(send(alice, text="And at five?", conversation=lost.conversation))
    lose_the_key(settings)
    response: Any = client_of(alice).get(f"/conversations/{lost.conversation_id}/export/{file_format}/")
    exported = b"".join(response)
    if response["Content-Type"] == "application/zip":
        exported = ZipFile(io.BytesIO(exported)).read(f"conversations/{lost.conversation_id}.json")
    assert exported.decode().count(TOLD) >= 2
    assert "And at five?" in exported.decode()


def test_what_is_shown_again_waits_for_no_other_that_is_hidden(alice: User, charlie: User, settings: Settings) -> None:
    give_role(user=charlie, role=Role.MODERATOR)
    lost = asked(alice).parent
    assert lost is not None
    hide_message(message=lost, reason="A name", by=charlie)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    sound = asked(alice)
    assert sound.parent is not None
    action = hide_message(message=sound.parent, reason="A name", by=charlie)
    fork = fork_conversation(message=sound, by=alice, has_branches=False)
    lose_the_key(settings)
    restore(action=action, reason="It was none.", by=charlie)
    question = fork.messages.earliest("id")
    assert (question.text, question.hidden_at) == (QUESTION, None)
