"""What is written is encrypted before it is stored, where the site wants that: nothing of it stands in a table or a
file, all of it is read as ever, and keys change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.actions.erasures import erase, request_erasure
from accounts.models import User
from chat.actions.attachments import purge_waiting
from chat.actions.branches import delete_message
from chat.actions.forks import fork_conversation
from chat.actions.lifecycle import expire_old
from chat.actions.purging import purge_conversations
from chat.actions.shares import revoke_share, share_conversation
from chat.actions.summaries import summarise_conversation
from chat.actions.unread import FINAL
from chat.context.attached import read_texts
from chat.models import Attachment, Checkpoint, Conversation, ConversationEntities, Message, Run, Share
from convoscope.encrypted_content import MARK, Unreadable, from_stored, to_stored
from convoscope.settings.privacy import encrypts_content
from convoscope.storage import PLACE
from providers.models import Attempt, CachedResponse
from providers.task_model import built_in_model
from tests.chat.attachments.support import answered, attach, send, stored_files
from tests.support.answers import TEXT
from tests.support.belongings import ENTITY, REASONING
from tests.support.everything import make_everything, traces_of

ClientOf = Callable[[User], Client]

OLD, NEW = "the old secret, long enough to pass the check", "the new secret, long enough to pass the check"
PROCESSING = "/admin/accounts/erasurerequest/processing/"
WORD = "Quillwort"
DOCUMENT = f"The settlement runs at four. {WORD} is awake then.".encode()
# What nobody but its reader has in clear.
CONTENT = [TEXT, REASONING, ENTITY, WORD]


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def encrypted(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    settings.ENCRYPT_CONTENT = True


def asked(owner: User) -> Message:
    """A question with a document, and its answer. Titles are in clear: the word comes behind what makes one."""
    text = f"{'When do the settlements run? ' * 9}{WORD} wants to know."
    return answered(send(owner, attach(owner, DOCUMENT), text=text))


def page_of(client: Client, message: Message) -> str:
    return str(client.get(f"/conversations/{message.conversation_id}/").text)


def finds(client: Client, word: str) -> bool:
    return f"<mark>{word}</mark>" in client.get("/search/", {"q": word}).text


def fetched(client: Client, address: str) -> bytes:
    return b"".join(client.get(address).streaming_content)  # type: ignore[attr-defined]  # a file's


def test_nothing_of_it_stands_anywhere(encrypted: None, alice: User, client_of: ClientOf, media: Path) -> None:
    make_everything(alice)
    answer = asked(alice)
    assert traces_of(CONTENT, media) == []
    client = client_of(alice)
    assert f"{WORD} wants to know." in page_of(client, answer)
    question = answer.parent
    assert question is not None
    assert question.parts[-1] == {"type": "text", "text": question.text}
    document = question.attachments.get()
    assert document.text == DOCUMENT.decode()
    assert fetched(client, f"/attachments/{document.id}/") == DOCUMENT
    read_texts([document], max_chars=9)
    assert document.text == DOCUMENT.decode()[:9]


@pytest.mark.usefixtures("encrypted")
def test_what_is_done_with_it_is_done_as_ever(alice: User, client_of: ClientOf, media: Path) -> None:
    answer = asked(alice)
    conversation = answer.conversation
    client = client_of(alice)
    fork = fork_conversation(message=answer, by=alice, has_branches=False)
    assert WORD in str(client.get(f"/conversations/{fork.id}/").text)
    share = share_conversation(conversation=conversation, expires_at=None)
    assert WORD in Client().get(f"/share/{share.token}/").text
    revoke_share(share=share)
    assert not Share.objects.exclude(snapshot=[]).exists()
    assert WORD in client.get(f"/conversations/{conversation.id}/export/html/").getvalue().decode()
    question = answer.parent
    assert question is not None
    delete_message(message=question)
    assert traces_of([WORD], media) == []


@pytest.mark.usefixtures("encrypted")
def test_a_summary_follows_another(alice: User) -> None:
    conversation = asked(alice).conversation
    for number in (1, 2):
        answered(send(alice, text=f"Question {number}", conversation=conversation))
        assert summarise_conversation(conversation.id, reach=FINAL, models=[built_in_model()]) == 1
        conversation.refresh_from_db()
        assert conversation.summary_leaf_id == conversation.active_leaf_id


@pytest.mark.usefixtures("encrypted")
def test_search_finds_titles_and_says_so(alice: User, client_of: ClientOf) -> None:
    asked(alice)
    client = client_of(alice)
    assert not finds(client, WORD)
    assert finds(client, "settlements")
    assert "their words can’t be found" in client.get("/search/").text


def test_it_is_switched_on_keys_change_and_it_is_switched_off(
    alice: User, client_of: ClientOf, settings: Settings, media: Path
) -> None:
    make_everything(alice)
    answer = asked(alice)
    client = client_of(alice)
    before = page_of(client, answer)
    assert finds(client, WORD)
    kept = {
        model: list(model._base_manager.order_by("pk").values())
        for model in (Message, Attachment, Checkpoint, Conversation, ConversationEntities, Share, Attempt)
    }
    cached = sorted(CachedResponse.objects.values_list("text", flat=True))
    assert {found.rpartition(" ")[2] for found in traces_of(CONTENT, media)} >= {WORD}

    def assert_same() -> None:
        for model, rows in kept.items():
            assert list(model._base_manager.order_by("pk").values()) == rows
        assert sorted(CachedResponse.objects.values_list("text", flat=True)) == cached

    settings.FIELD_ENCRYPTION_KEYS, settings.ENCRYPT_CONTENT = [OLD], True
    call_command("encrypt_content")
    assert traces_of(CONTENT, media) == []
    assert_same()
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    call_command("encrypt_content")
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert_same()
    assert answer.parent is not None
    assert fetched(client, f"/attachments/{answer.parent.attachments.get().id}/") == DOCUMENT
    settings.ENCRYPT_CONTENT = False
    assert_same()
    assert not finds(client, WORD)
    call_command("encrypt_content")
    settings.FIELD_ENCRYPTION_KEYS = []
    assert_same()
    assert finds(client, WORD)
    assert len(page_of(client, answer)) == len(before)


def test_two_at_the_same_file_spoil_nothing(alice: User, settings: Settings, media: Path) -> None:
    path = media / attach(alice, DOCUMENT).file
    path.chmod(0o640)
    settings.FIELD_ENCRYPTION_KEYS, settings.ENCRYPT_CONTENT = [OLD], True
    with path.with_name(f"{path.name}.anew").open("wb") as others:
        call_command("encrypt_content")
        others.write(b"as far as the other one came")
    assert from_stored(path.read_bytes(), place=PLACE) == DOCUMENT
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.usefixtures("encrypted")
def test_what_lost_its_key_is_kept_and_told(
    alice: User, client_of: ClientOf, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = asked(alice)
    client = client_of(alice)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert page_of(client, answer).count("It is kept") == 2
    with pytest.raises(CommandError, match="could not be read and were left as they are"):
        call_command("encrypt_content")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert WORD in page_of(client, answer)
    for said in ("Values stored anew: 6. Files: 1.", "Values stored anew: 0. Files: 0."):
        capsys.readouterr()
        call_command("encrypt_content")
        assert said in capsys.readouterr().out


@pytest.mark.usefixtures("encrypted")
def test_what_lost_its_key_goes_as_ever(
    alice: User, charlie: User, client_of: ClientOf, settings: Settings, django_capture_on_commit_callbacks: Any
) -> None:
    """And holds up nobody else's."""
    conversation = asked(alice).conversation
    share_conversation(conversation=conversation, expires_at=None)
    waiting = attach(alice, DOCUMENT)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    others = asked(charlie).conversation
    for owner, doomed in ((alice, conversation), (charlie, others)):
        client_of(owner).post(f"/conversations/{doomed.id}/trash/")
    Attachment.objects.filter(id=waiting.id).update(created_at=timezone.now() - timedelta(days=30))
    Conversation.objects.update(trashed_at=timezone.now() - timedelta(days=settings.TRASH_DAYS + 1))
    with django_capture_on_commit_callbacks(execute=True):
        assert purge_conversations() == 2
        assert purge_waiting() == 1
    assert not Message.objects.exists()
    assert stored_files() == set()


@pytest.mark.usefixtures("encrypted")
def test_who_lost_their_key_is_erased(alice: User, settings: Settings, django_capture_on_commit_callbacks: Any) -> None:
    make_everything(alice)
    asked(alice)
    assert Run.objects.unfinished().exists()
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    with django_capture_on_commit_callbacks(execute=True):
        request = request_erasure(user=alice, grace=timedelta())
        assert erase(request.id) == {"erased": 1}
    assert not Attempt.objects.filter(outcome="running").exists()


@pytest.mark.usefixtures("encrypted")
def test_health_data_that_lost_its_key_expires(alice: User, client_of: ClientOf, settings: Settings) -> None:
    conversation = asked(alice).conversation
    share_conversation(conversation=conversation, expires_at=None)
    long_ago = timezone.now() - timedelta(days=400)
    Conversation.objects.update(is_health=True, active_at=long_ago, expiry_announced_at=long_ago)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert expire_old() == 1
    assert not Message.objects.exists()


def test_a_message_that_looks_encrypted_is_nobodys_fault(alice: User, client_of: ClientOf) -> None:
    text = f"{MARK}0123abcd:gAAAAA"
    answer = answered(send(alice, text=text))
    assert text in page_of(client_of(alice), answer)


@given(st.binary(max_size=200), st.booleans())
def test_what_is_stored_is_read_back(content: bytes, is_marked: bool) -> None:
    content = MARK.encode() + content if is_marked else content
    stored = to_stored(content, place="tests.Row.text")
    assert from_stored(stored, place="tests.Row.text") == content
    assert (stored == content) is not is_marked


def test_it_takes_a_key_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENCRYPT_CONTENT", "true")
    with pytest.raises(ImproperlyConfigured, match=r"^ENCRYPT_CONTENT needs FIELD_ENCRYPTION_KEYS"):
        encrypts_content("ENCRYPT_CONTENT", keys=[])
    assert encrypts_content("ENCRYPT_CONTENT", keys=[OLD])


def test_the_records_of_processing_say_so(client_of: ClientOf, settings: Settings, alice: User) -> None:
    told = "Each message and file, under FIELD_ENCRYPTION_KEYS"
    alice.is_staff = alice.is_superuser = True
    alice.save()
    client = client_of(alice)
    assert told not in client.get(PROCESSING).text
    settings.ENCRYPT_CONTENT = True
    assert told in client.get(PROCESSING).text


@pytest.mark.parametrize("asked", [{"text__contains": WORD}, {"parts__0__type": "text"}, {"metadata__has_key": "a"}])
def test_no_query_looks_into_it(asked: dict[str, str]) -> None:
    with pytest.raises(FieldError, match="may be encrypted"):
        Message.objects.filter(**asked)


def test_moved_elsewhere_it_cannot_be_read(encrypted: None) -> None:
    with pytest.raises(Unreadable):
        from_stored(to_stored(b"a text", place="tests.Row.text"), place="tests.Row.other")
