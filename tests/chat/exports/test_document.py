"""The JSON of a conversation: complete, as its schema says, and true to whatever a tree holds."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from jsonschema import Draft202012Validator  # type: ignore[import-untyped, unused-ignore]  # no stubs

import chat.exports
from accounts.models import User
from chat.actions.branches import delete_message
from chat.actions.labels import create_folder, delete_folder
from chat.exports.document import conversation_json
from chat.exports.reading import BATCH_MESSAGES
from chat.models import Checkpoint, Conversation, Message, Run
from tests.support.answers import TEXT, make_answer, make_conversation, make_failed, make_plain, make_switched
from tests.support.source import ROOT

SCHEMA = json.loads((Path(chat.exports.__path__[0]) / "schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
AT = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)


def exported(conversation: Conversation) -> Any:
    conversation.refresh_from_db()
    document = orjson.loads(b"".join(conversation_json(conversation, exported_at=AT)))
    VALIDATOR.validate(document)
    return document


def test_everything_is_in_it(alice: User) -> None:
    first = make_plain(alice, message_fields={"feedback": "good", "feedback_comment": "Yes", "provider": "openai"})
    conversation = first.message.conversation
    second = make_switched(alice, conversation=conversation, parent=first.message)
    failed = make_failed(alice, conversation=conversation, parent=first.message)
    document = exported(conversation)
    assert list(document) == ["format", "version", "exported_at", "app_version", "conversation", "messages"]
    assert document["exported_at"] == "2026-11-28T12:30:00Z"
    assert document["conversation"]["settings"] == conversation.settings
    assert document["conversation"]["active_leaf"] == str(failed.message_id)
    assert [one["parent"] for one in document["messages"]] == [
        None,
        str(first.message.parent_id),
        str(first.message_id),
        str(second.message.parent_id),
        str(first.message_id),
        str(failed.message.parent_id),
    ]
    answer = document["messages"][1]
    assert (answer["feedback"], answer["feedback_comment"], answer["provider"]) == ("good", "Yes", "openai")
    assert (answer["parts"], answer["text"]) == ([{"type": "text", "text": TEXT}], None)
    [run] = document["messages"][3]["runs"]
    assert (run["id"], run["attempts"], run["cost"]["has_unknown"]) == (str(second.id), 3, False)
    assert Decimal(run["cost"]["usd"]) * 10**9 == run["cost"]["nanousd"] == 4_816_000 + 9_012_345
    assert document["messages"][5]["runs"][0]["cost"] is None


def test_a_folder_that_was_deleted_is_shown_nowhere(alice: User) -> None:
    folder = create_folder(owner=alice, name="Work")
    conversation = make_conversation(alice)
    Conversation.objects.filter(id=conversation.id).update(folder=folder)
    assert exported(conversation)["conversation"]["folder"] == "Work"
    delete_folder(folder=folder)
    assert exported(conversation)["conversation"]["folder"] is None


def test_the_schema_names_every_field(alice: User) -> None:
    document = exported(make_plain(alice).message.conversation)
    [_question, answer] = document["messages"]
    parts = {"conversation": document["conversation"], "message": answer, "run": answer["runs"][0]}
    for name, part in (parts | {"cost": answer["runs"][0]["cost"]}).items():
        definition = SCHEMA["$defs"][name]
        assert list(part) == definition["required"] == list(definition["properties"])


def test_deleted_messages_are_left_out_and_text_is_kept_where_parts_dont_give_it(alice: User) -> None:
    run = make_plain(alice)
    conversation = run.message.conversation
    Message.objects.filter(id=run.message_id).update(text="Not what the parts say")
    assert [one["text"] for one in exported(conversation)["messages"]][1] == "Not what the parts say"
    delete_message(message=run.message)
    assert [one["id"] for one in exported(conversation)["messages"]] == [str(run.message.parent_id)]


def test_what_a_continued_answer_may_end_in_is_said_once(alice: User) -> None:
    """What its run saves begins with it, as what it came to."""
    begun = {"text": "Write to [EMA", "parts": [{"type": "text", "text": "Write to [EMA"}]}
    run = make_answer(alice, took_ms=None, message_fields=begun)
    Run.objects.update(kind="continue")
    Checkpoint.objects.create(run=run, fence=1, n=0, text_delta="ada@example.org.")
    answer = exported(run.message.conversation)["messages"][1]
    assert answer["parts"] == [{"type": "text", "text": "Write to ada@example.org."}]


def test_an_answer_being_written_has_what_is_saved_of_it(alice: User) -> None:
    run = make_answer(alice, took_ms=None, message_fields={"text": "", "parts": []})
    Checkpoint.objects.create(run=run, fence=1, n=0, kind="reasoning", text_delta="Hm")
    Checkpoint.objects.create(run=run, fence=1, n=1, text_delta="So far")
    answer = exported(run.message.conversation)["messages"][1]
    assert answer["status"] == "streaming"
    assert answer["parts"] == [{"type": "reasoning", "text": "Hm"}, {"type": "text", "text": "So far"}]


def test_the_pages_own_names_stay_behind(alice: User) -> None:
    conversation = make_conversation(alice)
    Message.objects.create(conversation=conversation, role="user", text="?", metadata={"digest": "d", "own": 1})
    assert exported(conversation)["messages"][0]["metadata"] == {"own": 1}


def test_what_utf8_and_64_bits_cant_hold_stops_nothing(alice: User) -> None:
    conversation = make_conversation(alice)
    conversation.settings = {"temperature": 10**30}
    conversation.metadata = {"big": 2**70}
    conversation.save()
    assert exported(conversation)["conversation"]["metadata"]["big"] == 2**70


@pytest.mark.parametrize("count", [0, 1, BATCH_MESSAGES, BATCH_MESSAGES + 1])
def test_batches_leave_no_seam(alice: User, count: int) -> None:
    conversation = make_conversation(alice)
    messages = [Message(conversation=conversation, role="user", text=str(n)) for n in range(count)]
    Message.objects.bulk_create(messages)
    assert [one["text"] for one in exported(conversation)["messages"]] == [str(n) for n in range(count)]


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == settings.APP_VERSION


class TestRandomTrees(TestCase):
    """Of any shape and with any text that a database holds."""

    texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
    nodes = st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["user", "assistant"]), texts), max_size=12)

    @how(max_examples=25)
    @given(nodes=nodes, title=texts)
    def test_every_message_is_in_it_once(self, nodes: list[tuple[int, str, str]], title: str) -> None:
        owner, _made = User.objects.get_or_create(email="alice@example.org")
        conversation = Conversation.objects.create(owner=owner, title=title[:200], active_at=timezone.now())
        tree: list[Message] = []
        for place, role, text in nodes:
            parent = tree[place % len(tree)] if tree and place else None
            parts = [{"type": "text", "text": text}]
            tree.append(Message(conversation=conversation, parent=parent, role=role, text=text, parts=parts))
        Message.objects.bulk_create(tree)
        document = exported(conversation)
        told = [(one["id"], one["parent"], one["role"], one["parts"][0]["text"]) for one in document["messages"]]
        assert told == [
            (str(one.id), str(one.parent_id) if one.parent_id else None, one.role, one.text) for one in tree
        ]
        assert document["conversation"]["title"] == conversation.title
