"""Exported and imported, a conversation is the same but for its ids."""

from __future__ import annotations

from datetime import datetime, timedelta

import orjson
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import User
from chat.actions.labels import create_folder, tags_named
from chat.actions.titles import title_conversation, untitled_conversations
from chat.entities.graph import Graph
from chat.imports.values import FIRST_MOMENT
from chat.models import Conversation, ConversationEntities, Message
from tests.chat.exports.test_document import exported as document_of
from tests.chat.imports.support import exported, imported, without_ids
from tests.support.answers import make_answer, make_conversation, make_plain

GRAPH = {
    "entities": [
        {"id": "1", "name": "Ottilie", "type": "person", "aliases": ["Otti"], "attributes": [["age", "40"]]}
        | {"is_own": True},
        {"id": "2", "name": "Acme", "type": "organisation", "aliases": [], "attributes": [], "is_own": False},
    ],
    "relations": [{"id": "3", "source": "1", "kind": "works for", "target": "2", "is_own": False}],
    "removed": ["Tom"],
    "removed_relations": [["Tom", "knows", "Acme"]],
}


def copy_of(owner: User) -> Conversation:
    return Conversation.objects.get(owner=owner)


def test_everything_comes_back(alice: User, charlie: User) -> None:
    now = timezone.now()
    fields = {"feedback": "good", "feedback_comment": "Yes", "feedback_at": now, "provider": "openai"}
    first = make_plain(alice, message_fields=fields | {"metadata": {"seen": 1}})
    conversation = first.message.conversation
    make_plain(alice, conversation=conversation, parent=first.message)
    make_plain(alice, conversation=conversation)
    conversation.folder = create_folder(owner=alice, name="Work")
    conversation.tags.set(tags_named(owner=alice, names=["Urgent", "später"]))
    conversation.title_source, conversation.status, conversation.memory = "model", "paused", "buffer"
    conversation.is_pinned, conversation.archived_at, conversation.resolved_at = True, now, now
    conversation.settings = {"model": "a/b", "temperature": 1.5, "max_output_tokens": 9, "only_this_model": True}
    conversation.metadata = {"own": [1, None, "x"]}
    conversation.summary, conversation.summary_leaf = "So far", first.message
    conversation.topics = "queues\npools"
    conversation.save()
    graph = Graph.of_json(GRAPH)
    ConversationEntities.objects.create(
        conversation=conversation, graph=graph.as_json(), leaf=first.message, has_own_topics=True
    )
    before = exported(conversation)
    report = imported(charlie, before).report
    assert (report["new"], report["lines"]) == (1, [])
    assert without_ids(exported(copy_of(charlie))) == without_ids(before)
    document_of(copy_of(charlie))
    copy = Graph.of_json(copy_of(charlie).entities.graph)
    assert [one.name for one in copy.entities] == ["Ottilie", "Acme"]
    assert [(one.source, one.target) for one in copy.relations] == [(copy.entities[0].id, copy.entities[1].id)]
    assert (copy.removed, copy.removed_relations) == (("Tom",), (("Tom", "knows", "Acme"),))


@pytest.mark.parametrize(
    ("entities", "relations"),
    [
        ("x", None),
        ([{"id": "1", "name": "Ottilie", "type": "animal"}], [{"id": "2", "source": "1", "kind": "x", "target": "3"}]),
        ([{"id": 1, "name": ["Ottilie"]}, None], [{"id": "2"}, []]),
    ],
)
def test_entities_that_are_none_are_left_out(alice: User, charlie: User, entities: object, relations: object) -> None:
    document = document_of(make_plain(alice).message.conversation)
    document["conversation"] |= {"entities": entities, "relations": relations, "topics": 5, "removed_entities": [[]]}
    imported(charlie, orjson.dumps(document))
    assert not ConversationEntities.objects.filter(conversation=copy_of(charlie)).exists()


def test_its_title_stays_as_it_was(alice: User, charlie: User) -> None:
    conversation = make_plain(alice).message.conversation
    assert conversation.title_source == "question"
    imported(charlie, exported(conversation))
    assert untitled_conversations() == [conversation.id]
    assert not title_conversation(copy_of(charlie).id)
    assert copy_of(charlie).title == conversation.title


def test_an_answer_that_was_being_written_is_stopped(alice: User, charlie: User) -> None:
    run = make_answer(alice, took_ms=None)
    imported(charlie, exported(run.message.conversation))
    assert list(copy_of(charlie).messages.order_by("id").values_list("status", flat=True)) == ["complete", "stopped"]


def test_folders_and_tags_of_the_name_are_used(alice: User, charlie: User) -> None:
    conversation = make_conversation(alice)
    conversation.folder = create_folder(owner=alice, name="Work")
    conversation.save()
    conversation.tags.set(tags_named(owner=alice, names=["Urgent"]))
    folder = create_folder(owner=charlie, name="WORK")
    [tag] = tags_named(owner=charlie, names=["urgent"])
    imported(charlie, exported(conversation))
    assert (copy_of(charlie).folder, list(copy_of(charlie).tags.all())) == (folder, [tag])


def test_settings_that_no_form_lets_through_are_left_out(alice: User, charlie: User) -> None:
    conversation = make_conversation(alice)
    conversation.settings = {"model": ["x"], "temperature": "hot", "max_output_tokens": True, "theme": "dark"}
    conversation.metadata = {"forked_from": "nowhere"}
    conversation.is_temporary = True
    conversation.save()
    report = imported(charlie, exported(conversation)).report
    copy = copy_of(charlie)
    assert (copy.settings, copy.metadata, copy.is_temporary) == ({}, {}, False)
    assert len(report["lines"]) == 2


class TestRandomTrees(TestCase):
    texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
    times = st.integers(0, 1_700_000_000_000_000).map(lambda us: FIRST_MOMENT + timedelta(microseconds=us))
    nodes = st.lists(
        st.tuples(st.integers(0, 20), st.sampled_from(["user", "assistant"]), texts, times), min_size=1, max_size=10
    )

    @how(max_examples=20)
    @given(nodes=nodes, leaf=st.integers(0, 20), at=times)
    def test_a_tree_comes_back(self, nodes: list[tuple[int, str, str, datetime]], leaf: int, at: datetime) -> None:
        owner, _made = User.objects.get_or_create(email="alice@example.org")
        other, _made = User.objects.get_or_create(email="charlie@example.org")
        named = {"title": "A tree", "title_source": "model"}
        conversation = Conversation.objects.create(owner=owner, active_at=at, created_at=at, **named)
        tree: list[Message] = []
        for place, role, text, created_at in nodes:
            parent = tree[place % len(tree)] if tree and place else None
            parts = [{"type": "text", "text": text}]
            tree.append(
                Message(
                    conversation=conversation, parent=parent, role=role, text=text, parts=parts, created_at=created_at
                )
            )
        Message.objects.bulk_create(tree)
        conversation.active_leaf = tree[leaf % len(tree)]
        conversation.save()
        before = exported(conversation)
        assert imported(other, before).report["new"] == 1
        assert without_ids(exported(copy_of(other))) == without_ids(before)
