"""What else tells of a message is forgotten when it is hidden, also what is just being made of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from uuid import uuid4
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat.actions import entities, follow_ups, summaries, titles
from chat.actions.entities import extract_entities, kept_entities
from chat.actions.follow_ups import suggest_for
from chat.actions.moderation import hide_message
from chat.actions.shares import share_conversation
from chat.actions.summaries import summarise_conversation
from chat.actions.titles import title_conversation, untitled_conversations
from chat.exports.archive import write_everything
from chat.feeds import Hello, read_missed
from chat.models import Attachment, Conversation, ConversationEntities, Message, Share
from chat.runs.finish import finish_run
from chat.runs.leases import claim_run
from chat.runs.result import RunResult
from providers.actions.attempts import AttemptRecord
from providers.contract import AttemptStarted, ChatRequest
from providers.models import Attempt, CachedResponse
from providers.task_model import built_in_model
from tests.chat.test_summaries import talk
from tests.support.answers import TEXT, make_plain
from tests.support.turns import make_turn

OFFLINE = [built_in_model()]
FORMATS = ("markdown", "html", "json")
SECRET = "Marzipan is what nobody may read of."


def hide(message: Message, by: User) -> None:
    hide_message(message=message, reason="It names somebody.", by=by)


def current(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(id=conversation.id)


def first_of(conversation: Conversation) -> Message:
    return conversation.messages.order_by("id")[0]


@pytest.mark.parametrize("source", ["question", "model"])
def test_title_topics_and_titles_of_links_are_made_anew(
    alice: User, moderator: User, settings: Settings, source: str
) -> None:
    settings.AUTO_TITLES = False
    conversation = talk(alice, 2, first=SECRET)
    Conversation.objects.filter(id=conversation.id).update(title="Marzipan", title_source=source, topics="marzipan")
    entities_of = ConversationEntities.objects.create(conversation=conversation, leaf=conversation.active_leaf)
    share = share_conversation(conversation=current(conversation), expires_at=None)
    hide(first_of(conversation), moderator)
    now = current(conversation)
    assert (now.title, now.title_source, now.topics) == ("The user says that item 1 is blue.", "question", "")
    share.refresh_from_db()
    assert share.title == now.title
    entities_of.refresh_from_db()
    assert entities_of.revision == 1


def test_what_the_person_named_themselves_stays(alice: User, moderator: User) -> None:
    conversation = talk(alice, 1, first=SECRET)
    Conversation.objects.filter(id=conversation.id).update(title="Sweets", title_source="person", topics="sweets")
    leaf = conversation.active_leaf
    ConversationEntities.objects.create(conversation=conversation, leaf=leaf, has_own_topics=True)
    hide(first_of(conversation), moderator)
    assert (current(conversation).title, current(conversation).topics) == ("Sweets", "sweets")


def test_without_a_question_left_the_title_says_nothing(alice: User, moderator: User) -> None:
    conversation = talk(alice, 1, first=SECRET)
    Conversation.objects.filter(id=conversation.id).update(title="Marzipan", title_source="model")
    hide(first_of(conversation), moderator)
    assert current(conversation).title == "New conversation"


@pytest.mark.parametrize(
    ("module", "made", "make"),
    [
        pytest.param(summaries, "_made", lambda one: summarise_conversation(one, models=OFFLINE), id="summary"),
        pytest.param(entities, "_found", lambda one: extract_entities(one, models=OFFLINE), id="entities"),
        pytest.param(titles, "_make_title", lambda one: title_conversation(one, models=OFFLINE), id="title"),
    ],
)
def test_what_is_made_of_it_meanwhile_is_not_kept(
    alice: User, moderator: User, monkeypatch: pytest.MonkeyPatch, module: object, made: str, make: Callable[..., int]
) -> None:
    conversation = talk(alice, 10, first=SECRET)
    make_it = getattr(module, made)

    def meanwhile(*arguments: object) -> object:
        result = make_it(*arguments)
        first = first_of(conversation)
        if first.hidden_at is None:
            hide(first, moderator)
        return result

    monkeypatch.setattr(module, made, meanwhile)
    make(conversation.id)
    now = current(conversation)
    assert "arzipan" not in f"{now.title} {now.summary} {now.topics} {kept_entities(now).graph}"


def test_follow_ups_are_neither_kept_nor_made_of_it(
    alice: User, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = make_plain(alice).message
    Message.objects.filter(id=answer.id).update(metadata={"follow_ups": ["What of marzipan?"], "kept": 1})
    follows = make_plain(alice, conversation=answer.conversation, parent=answer).message
    Conversation.objects.filter(id=answer.conversation_id).update(active_leaf=follows)
    assert answer.parent is not None

    def meanwhile(*_arguments: object) -> str:
        assert answer.parent is not None
        hide(answer.parent, moderator)
        return "What of marzipan?\nAnd of nougat?\nAnd of nuts?"

    monkeypatch.setattr(follow_ups, "_made", meanwhile)
    assert suggest_for(follows.id, models=OFFLINE) == 0
    answer.refresh_from_db()
    follows.refresh_from_db()
    assert answer.metadata == {"follow_ups": [], "kept": 1}
    assert not follows.metadata.get("follow_ups")


def test_an_answer_that_was_given_it_keeps_no_request(alice: User, moderator: User) -> None:
    answer = make_plain(alice).message
    turn = make_turn(alice, conversation=answer.conversation)
    claim = claim_run(turn.run.id, owner=uuid4())
    assert claim is not None
    hide(answer, moderator)
    request = ChatRequest(turn.run.id, (), "offline", may_be_kept=True)
    started = AttemptStarted(1, "offline", "offline", "first", body=lambda: SECRET.encode())
    attempts = [AttemptRecord(request, started, timezone.now(), outcome=Attempt.Outcome.COMPLETE)]
    finish_run(claim, turn.run, RunResult(Message.Status.COMPLETE, "Done", "<p>Done</p>", attempts=tuple(attempts)))
    [attempt] = Attempt.objects.filter(request_id=turn.run.id)
    assert attempt.wire_request is None


def test_no_answer_that_was_kept_is_given_again(alice: User, moderator: User) -> None:
    answer = make_plain(alice).message
    now = timezone.now()
    CachedResponse.objects.create(
        scope=f"user:{alice.id}",
        asked_by=alice,
        model="offline",
        request_digest="0" * 64,
        text=TEXT,
        size_bytes=len(TEXT),
        input_tokens=1,
        output_tokens=1,
        cached_tokens=0,
        reasoning_tokens=0,
        cache_write_tokens=0,
        created_at=now,
        last_used_at=now,
        exact_until=now,
        expires_at=now,
    )
    hide(answer, moderator)
    assert not CachedResponse.objects.exists()


def test_the_file_of_everything_has_nothing_of_it(alice: User, moderator: User, tmp_path: object) -> None:
    answer = make_plain(alice).message
    share = share_conversation(conversation=answer.conversation, expires_at=None)
    file = default_storage.save("attachments/shared", ContentFile(b"a picture of marzipan"))
    given = {"owner": alice, "kind": "image", "media_type": "image/png", "file": file, "share": share}
    image = Attachment.objects.create(name="a.png", **given)
    share.snapshot[0] |= {"text": SECRET, "files": [{"name": "a.png", "size_bytes": 6, "image": str(image.id)}]}
    share.save()
    assert (SECRET in links_of(alice)[0], files_of(alice)) == (True, 1)
    assert answer.parent is not None
    hide(answer.parent, moderator)
    for text in links_of(alice):
        assert SECRET not in text
        assert "queue" in text
    assert files_of(alice) == 0


def test_what_was_hidden_before_any_of_that_is_caught_up_with(alice: User, settings: Settings) -> None:
    settings.AUTO_TITLES = True
    conversation = talk(alice, 2, first=SECRET)
    above, below = conversation.messages.filter(role="assistant").order_by("id")
    suggested = {"follow_ups": ["What of marzipan?"], "kept": 1}
    Message.objects.filter(role="assistant").update(metadata=suggested)
    Conversation.objects.update(title="Marzipan", title_source="model", topics="marzipan")
    ConversationEntities.objects.create(conversation=conversation)
    share_conversation(conversation=current(conversation), expires_at=None)
    named = talk(alice, 1, first=SECRET)
    Conversation.objects.filter(id=named.id).update(title="Sweets", title_source="person", topics="sweets")
    ConversationEntities.objects.create(conversation=named, has_own_topics=True)
    untouched = talk(alice, 1, first="Another")
    Conversation.objects.filter(id=untouched.id).update(title="Named", title_source="model", topics="named")
    hidden = [first_of(conversation).id, first_of(named).id]
    Message.objects.filter(id__in=hidden).update(hidden_at=timezone.now())
    migration = import_module("chat.migrations.0031_titles_of_what_was_hidden")
    for _again in range(2):
        migration.forget_what_told_of_hidden(apps, None)
        now = current(conversation)
        assert (now.title, now.title_source, now.topics) == ("The user says that item 1 is blue.", "question", "")
        assert Share.objects.get().title == now.title
        assert (current(named).title, current(named).topics) == ("Sweets", "sweets")
        assert (current(untouched).title, current(untouched).topics) == ("Named", "named")
        for answer in (above, below):
            answer.refresh_from_db()
            assert answer.metadata == {"follow_ups": [], "kept": 1}
    assert conversation.id in untitled_conversations()
    title_conversation(conversation.id, models=OFFLINE)
    assert "arzipan" not in current(conversation).title


def test_also_where_it_is_encrypted_and_where_nobody_can_read_it(alice: User, settings: Settings) -> None:
    settings.ENCRYPT_CONTENT = True
    talks = []
    for key in ("a key that is lost, long enough to be one", "a key that is there, long enough to be one"):
        settings.FIELD_ENCRYPTION_KEYS = [key]
        talks.append(talk(alice, 2, first=SECRET))
        Message.objects.filter(conversation=talks[-1], role="assistant").update(
            metadata={"follow_ups": ["What of marzipan?"], "kept": 1}
        )
    Conversation.objects.update(title="Marzipan", title_source="model")
    Message.objects.filter(id__in=[first_of(one).id for one in talks]).update(hidden_at=timezone.now())
    migration = import_module("chat.migrations.0031_titles_of_what_was_hidden")
    # Its models, unlike the app's, give what is stored.
    then = MigrationLoader(connection).project_state(("chat", "0030_appeal_same_judge")).apps
    for _again in range(2):
        migration.forget_what_told_of_hidden(then, None)
        said = ("New conversation", "The user says that item 1 is blue.")
        for one, title, metadata in zip(talks, said, ({}, {"follow_ups": [], "kept": 1}), strict=True):
            assert (current(one).title, current(one).title_source) == (title, "question")
            assert [message.metadata for message in one.messages.filter(role="assistant")] == [metadata] * 2


def test_nor_the_names_of_its_files(alice: User, moderator: User) -> None:
    answer = make_plain(alice).message
    question = answer.parent
    assert question is not None
    file = default_storage.save("attachments/sent", ContentFile(b"a picture of marzipan"))
    given = {"owner": alice, "media_type": "image/png", "sha256": "5e" * 32, "size_bytes": 21}
    sent = Attachment.objects.create(name="marzipan.png", kind="image", file=file, message=question, **given)
    part = {"type": "attachment", "id": str(sent.id), "name": "marzipan.png"}
    Message.objects.filter(id=question.id).update(parts=[part, {"type": "text", "text": "And?"}])
    share_conversation(conversation=answer.conversation, expires_at=None)
    kept = {"name": "nougat.txt", "kind": "document", "text": "Nougat", "message": make_plain(alice).message.parent}
    Attachment.objects.create(**given | {"media_type": "text/plain", "sha256": "", "owner": alice} | kept)
    assert {"marzipan.png", "nougat.txt"} == set(names_of_files(alice))
    assert "marzipan.png" in words_of_everything(alice)
    hide(question, moderator)
    assert set(names_of_files(alice)) == {"nougat.txt", ""}
    words = words_of_everything(alice)
    assert "nougat.txt" in words
    assert [said for said in ("marzipan", "5e" * 32) if said in words] == []


@pytest.mark.parametrize(
    "path", ["/search/?q=marzipan", "/search/palette/?q=marzipan", "/", *(f"export/{one}/" for one in FORMATS)]
)
def test_nor_does_any_page_or_file_name_them(
    alice: User, moderator: User, client_of: Callable[[User], Client], path: str
) -> None:
    answer = make_plain(alice).message
    question = answer.parent
    assert question is not None
    sent = Attachment.objects.create(name="marzipan.txt", kind="document", text="M", owner=alice, message=question)
    part = {"type": "attachment", "id": str(sent.id), "name": "marzipan.txt"}
    Message.objects.filter(id=question.id).update(parts=[part], text="")
    Conversation.objects.update(title="marzipan.txt", title_source="question")
    address = f"/conversations/{answer.conversation_id}/{path}" if path.startswith("export") else path
    client = client_of(alice)

    def said() -> str:
        headers = {"HX-Request": "true"} if "palette" in path else {}
        page = b"".join(client.get(address, headers=headers)).decode()
        return page.replace("<mark>", "").replace("</mark>", "")

    assert "marzipan.txt" in said()
    hide(question, moderator)
    assert "marzipan.txt" not in said()
    page = client.get(f"/conversations/{answer.conversation_id}/").text
    assert "marzipan.txt" not in page


def names_of_files(person: User) -> list[str]:
    with everything_of(person) as archive:
        return [one["name"] for one in json.loads(archive.read("account/attachments.json"))]


def words_of_everything(person: User) -> str:
    """All that the file says, but for the pictures."""
    with everything_of(person) as archive:
        read = {name: archive.read(name) for name in archive.namelist()}
    return "\n".join(text.decode() for name, text in read.items() if not name.startswith("attachments/"))


def everything_of(person: User) -> ZipFile:
    file = BytesIO()
    write_everything(file, person, exported_at=timezone.now(), on_progress=lambda _done: None)
    return ZipFile(file)


def links_of(person: User) -> list[str]:
    with everything_of(person) as archive:
        rows = json.loads(archive.read("account/links.json"))
        assert rows[0]["conversation_id"] == str(Share.objects.get().conversation_id)
        return [archive.read(f"account/links.{ending}").decode() for ending in ("json", "csv")]


def files_of(person: User) -> int:
    with everything_of(person) as archive:
        return sum(archive.read(name) == b"a picture of marzipan" for name in archive.namelist())


def test_a_page_that_was_away_drops_it_also_where_the_conversation_went_on(alice: User, moderator: User) -> None:
    answer = make_plain(alice).message
    had = Hello(version=answer.conversation.version, last_id=answer.id, unfinished={})
    follows = make_plain(alice, conversation=answer.conversation, parent=answer).message
    Conversation.objects.filter(id=answer.conversation_id).update(active_leaf=follows)
    hide(answer, moderator)
    assert read_missed(answer.conversation_id, had).must_reload
