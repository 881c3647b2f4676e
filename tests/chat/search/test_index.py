"""The index is in step with what is stored, whoever wrote it and however."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from chat.actions.branches import delete_message, restore_message
from chat.models import Conversation, Message, SearchEntry
from chat.search import index
from chat.search.index import REBUILD_BATCH, entry_id, used_models
from tests.chat.search.conftest import Found, Say

LONG_AGO = datetime(2024, 5, 1, 12, tzinfo=UTC)


def test_a_message_is_found_once_it_is_written(say: Say, found: Found) -> None:
    message = say("", role="assistant", status="streaming")
    Message.objects.filter(id=message.id).update(text="half of a sentence about pools")
    assert found("pools") == []
    Message.objects.filter(id=message.id).update(status="stopped")
    assert found("pools") == ["half of a sentence about pools"]


def test_an_answer_that_goes_on_is_found_by_what_it_said(say: Say, found: Found) -> None:
    message = say("The pool", role="assistant")
    Message.objects.filter(id=message.id).update(status="streaming")
    assert found("pool") == ["The pool"]
    Message.objects.filter(id=message.id).update(status="complete", text="The pool and the queue")
    assert found("queue") == ["The pool and the queue"]


def test_many_at_once_are_in_step_too(say: Say, found: Found) -> None:
    conversation = say("first").conversation
    made = [Message(conversation=conversation, role="user", text=f"number {number} of many") for number in range(5)]
    Message.objects.bulk_create(made)
    assert found("many") == [f"number {number} of many" for number in (4, 3, 2, 1, 0)]
    conversation.messages.filter(id__in=[one.id for one in made]).update(text="all the same now")
    assert found("many") == []
    assert len(found("same")) == 5
    conversation.messages.filter(id__in=[made[0].id, made[1].id]).delete()
    assert len(found("same")) == 3


def test_a_change_is_found_and_what_it_was_is_not(say: Say, found: Found) -> None:
    message = say("before")
    message.text = "after"
    message.save()
    assert (found("before"), found("after")) == ([], ["after"])
    message.feedback = "good"
    message.save()
    assert found("after") == ["after"]


def test_what_was_deleted_is_found_again_once_it_is_brought_back(say: Say, found: Found) -> None:
    message = say("The pool is slow")
    delete_message(message=message)
    assert found("pool") == []
    restore_message(message=message)
    assert found("pool") == ["The pool is slow"]


def test_what_was_rolled_back_is_not_found(say: Say, found: Found) -> None:
    with transaction.atomic():
        say("never said")
        transaction.set_rollback(True)
    assert found("never") == []


def test_a_title_is_found_as_it_is_now(say: Say, found: Found) -> None:
    conversation = say("something", title="Old name").conversation
    assert found("name") == ["<Old name>"]
    Conversation.objects.filter(id=conversation.id).update(title="New one")
    assert (found("name"), found("new")) == ([], ["<New one>"])
    assert found("new", titles_only=True) == ["<New one>"]
    assert found("something", titles_only=True) == []
    Conversation.objects.filter(id=conversation.id).update(title="")
    assert found("new") == []


def test_nothing_is_left_of_what_was_deleted(say: Say, found: Found, alice: User) -> None:
    first = say("a pool", title="Pool")
    say("another pool", conversation=first.conversation, parent=first)
    say("a third pool")
    first.conversation.delete()
    assert found("pool") == ["a third pool"]
    alice.delete()
    assert not SearchEntry.objects.exists()


def test_the_newest_stand_first_by_when_they_were_said(say: Say, found: Found) -> None:
    say("pool today")
    old = say("pool of an import")
    Message.objects.filter(id=old.id).update(created_at=LONG_AGO)
    say("pool now")
    assert found("pool") == ["pool now", "pool today", "pool of an import"]
    assert found("pool", limit=2) == ["pool now", "pool today"]


def test_days_bound_what_is_found(say: Say, found: Found) -> None:
    message = say("pool")
    Message.objects.filter(id=message.id).update(created_at=LONG_AGO)
    assert found("pool", since=entry_id(LONG_AGO)) == ["pool"]
    assert found("pool", since=entry_id(LONG_AGO + timedelta(milliseconds=1))) == []
    assert found("pool", until=entry_id(LONG_AGO)) == []


@pytest.mark.parametrize("microsecond", [0, 1, 999, 1000, 500_000, 999_499, 999_500, 999_999])
def test_an_entry_is_of_the_millisecond_of_its_message(say: Say, microsecond: int) -> None:
    moment = LONG_AGO.replace(second=59, microsecond=microsecond)
    Message.objects.filter(id=say("pool").id).update(created_at=moment)
    entry = SearchEntry.objects.get()
    assert entry_id(moment) <= entry.id < entry_id(moment + timedelta(milliseconds=1))


@pytest.mark.parametrize("year", [1, 1969, 9999])
def test_no_moment_is_too_strange_to_be_stored(say: Say, found: Found, year: int) -> None:
    message = say("pool")
    Message.objects.filter(id=message.id).update(created_at=datetime(year, 6, 1, tzinfo=UTC))
    assert found("pool") == ["pool"]


def test_models_are_found_by_their_answers(say: Say, found: Found, alice: User, charlie: User) -> None:
    say("pool one", role="assistant", model="gpt-4.1")
    say("pool two", role="assistant", model="models/größe:7b")
    say("pool three", role="assistant", model="secret", owner=charlie)
    assert found("pool", model="gpt-4.1") == ["pool one"]
    assert found("pool", model="models/größe:7b") == ["pool two"]
    assert found("pool", model="gpt-4") == []
    assert used_models(alice) == ["gpt-4.1", "models/größe:7b"]


def test_nobody_finds_what_is_anothers(say: Say, found: Found, charlie: User) -> None:
    message = say("a pool", title="The pool")
    assert found("pool", owner=charlie) == []
    assert found("pool", owner=charlie, conversation_id=message.conversation_id) == []
    say(f"§o{charlie.id.hex} pool §t{charlie.id.hex}")
    assert found("pool", owner=charlie) == []


def test_one_conversation_is_searched_by_itself(say: Say, found: Found) -> None:
    message = say("a pool here")
    say("a pool there")
    assert found("pool", conversation_id=message.conversation_id) == ["a pool here"]


def test_a_huge_text_is_found_by_its_beginning(say: Say, found: Found) -> None:
    for text in ("start " + "数据库 đường " * 40_000 + "ending", "".join(f"word{n} " for n in range(60_000))):
        message = say(text)
        assert found(f"{text.split()[0]} ") == [text]
        message.delete()


def rows() -> list[tuple[object, ...]]:
    return sorted(SearchEntry.objects.values_list("conversation_id", "message_id", "model", "words"), key=repr)


def test_made_anew_it_is_the_same(say: Say, found: Found) -> None:
    conversation = say("a pool", title="The pool").conversation
    many = [Message(conversation=conversation, role="assistant", text=f"pool {n}") for n in range(REBUILD_BATCH)]
    Message.objects.bulk_create(many)
    say("", role="assistant", status="streaming")
    before, seen = rows(), found("pool")
    SearchEntry.objects.filter(message=None).delete()
    SearchEntry.objects.create(id=5, owner=conversation.owner, conversation_id=conversation.owner_id, words="")
    for _ in range(2):
        said = StringIO()
        call_command("rebuild_search", stdout=said)
        assert said.getvalue() == f"Titles and messages looked at: {REBUILD_BATCH + 4}\n"
        assert (rows(), found("pool")) == (before, seen)


def test_triggers_that_were_lost_are_made_again(say: Say, found: Found) -> None:
    """Django makes a table of SQLite anew to change it, and its triggers are gone; so this follows each migration."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER chat_search_message_new")
        say("unheard pool")
        assert found("pool") == []
        index.make_triggers()
    say("a pool")
    assert found("pool") == ["a pool"]


def test_conversations_that_are_no_longer_searchable(say: Say) -> None:
    kept = say("pool").conversation
    for fields in ({"trashed_at": timezone.now()}, {"is_temporary": True}):
        Conversation.objects.filter(id=say("pool").conversation_id).update(**fields)
    Conversation.objects.filter(id=kept.id).update(archived_at=timezone.now())
    assert list(Conversation.objects.searchable()) == [kept]
