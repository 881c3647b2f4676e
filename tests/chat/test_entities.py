"""Entities and topics: when they are found, in what, what is stored of an answer, and what a model is given of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Preferences, User
from chat.actions import entities
from chat.actions.branches import delete_message
from chat.actions.entities import extract_entities, id_of, kept_entities, store_entities
from chat.actions.forks import fork_conversation
from chat.actions.lifecycle import expire_old
from chat.actions.purging import purge_conversations
from chat.actions.unread import LEFT_OUT, NEW_MESSAGES, PAUSED
from chat.context.builder import build_context
from chat.context.entities import Known
from chat.entities.graph import Entity, Graph, with_entity, without_entity
from chat.models import Conversation, ConversationEntities, Message
from chat.runs.load import LoadedRun, first_load
from providers.models import UsageRecord
from providers.task_model import built_in_model
from tests.chat.test_summaries import current, talk
from tests.support.turns import make_turn

OFFLINE = [built_in_model()]
SISTER = "My sister is called Ottilie, and her birthday is the 3rd of May. She works for Acme Corporation in Berlin."


def graph_of(conversation: Conversation) -> Graph:
    return Graph.of_json(kept_entities(conversation).graph)


def names_of(conversation: Conversation) -> set[str]:
    return {one.name for one in graph_of(conversation).entities}


def edit(conversation: Conversation, graph: Graph) -> None:
    kept = kept_entities(conversation)
    assert store_entities(kept, graph, leaf_id=kept.leaf_id)


def given(loaded: LoadedRun) -> str:
    context = build_context(
        loaded.history, summary=loaded.remembered.summary, known=loaded.remembered.known, model=built_in_model()
    )
    return "\n".join(message.text for message in context.messages)


def test_they_are_found_once_there_is_enough_new_by_one_call(alice: User) -> None:
    conversation = talk(alice, 6, first=SISTER)
    assert extract_entities(conversation.id, models=OFFLINE) == 0
    talk(alice, 1, conversation=conversation)
    assert extract_entities(conversation.id, models=OFFLINE) == 1
    assert names_of(conversation) >= {"Ottilie", "Acme Corporation", "Berlin", "3rd of May"}
    assert current(conversation).topic_list
    assert extract_entities(conversation.id, models=OFFLINE) == 0
    assert UsageRecord.objects.filter(feature="entities").count() == 1
    talk(
        alice,
        NEW_MESSAGES // 2,
        conversation=current(conversation),
        first="Paul Weber is the director of Acme Corporation.",
    )
    assert extract_entities(conversation.id, models=OFFLINE) == 1
    assert names_of(conversation) >= {"Ottilie", "Paul Weber"}
    said = {(one.source, one.kind, one.target) for one in graph_of(conversation).relations}
    ids = {one.name: one.id for one in graph_of(conversation).entities}
    assert said >= {
        (ids["Ottilie"], "works for", ids["Acme Corporation"]),
        (ids["Paul Weber"], "director of", ids["Acme Corporation"]),
    }


def test_a_short_conversation_has_them_once_it_pauses(alice: User) -> None:
    conversation = talk(alice, 2, first=SISTER)
    assert extract_entities(conversation.id, models=OFFLINE) == 0
    assert extract_entities(conversation.id, reach=PAUSED, models=OFFLINE) == 1
    assert "Ottilie" in names_of(conversation)
    assert extract_entities(conversation.id, reach=PAUSED, models=OFFLINE) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"is_temporary": True},
        {"memory": "buffer"},
        {"memory": "summary"},
        {"trashed_at": datetime(2026, 1, 1, tzinfo=UTC)},
    ],
)
def test_where_none_are_wanted_none_are_found(alice: User, fields: dict[str, object]) -> None:
    conversation = talk(alice, 10, first=SISTER)
    Conversation.objects.filter(id=conversation.id).update(**fields)
    assert extract_entities(conversation.id, models=OFFLINE) == 0
    assert not ConversationEntities.objects.exists()


def test_a_persons_preference_holds_where_the_conversation_has_no_choice(alice: User) -> None:
    conversation = talk(alice, 10, first=SISTER)
    Preferences.objects.create(user=alice, memory="summary")
    assert extract_entities(conversation.id, models=OFFLINE) == 0
    Conversation.objects.filter(id=conversation.id).update(memory="entity")
    assert extract_entities(conversation.id, models=OFFLINE) == 1


def test_while_one_works_on_it_another_leaves_it(alice: User) -> None:
    conversation = talk(alice, 10, first=SISTER)
    cache.add(f"entities:{conversation.id}", 1)
    assert extract_entities(conversation.id, models=OFFLINE) == 0


def test_they_are_found_anew_once_their_messages_were_edited(alice: User) -> None:
    conversation = talk(alice, 10, first=SISTER)
    extract_entities(conversation.id, models=OFFLINE)
    edit(conversation, with_entity(graph_of(conversation), Entity("mine", "Falcon", "product")))
    first = Message.objects.filter(conversation=conversation).select_related("conversation").earliest("id")
    delete_message(message=first)
    talk(alice, 10, conversation=current(conversation), first="Tom lives in Rome.")
    turn = make_turn(alice, "Where does Ottilie live?", current(conversation))
    known = first_load(turn.run).remembered.known
    assert known is not None
    assert [one.name for one in known.graph.entities] == ["Falcon"], "what was deleted isn't told any more"
    extract_entities(conversation.id, models=OFFLINE)
    assert names_of(conversation) == {"Falcon", "Tom", "Rome"}


def test_found_anew_they_have_the_same_ids(alice: User) -> None:
    conversation = talk(alice, 10, first=SISTER)
    extract_entities(conversation.id, models=OFFLINE)
    before = graph_of(conversation)
    ConversationEntities.objects.all().delete()
    extract_entities(conversation.id, models=OFFLINE)
    assert graph_of(conversation) == before


def test_what_the_person_changed_meanwhile_stands(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = talk(alice, 10, first=SISTER)
    found = entities._found

    def meanwhile(*arguments: Any) -> Any:
        answer = found(*arguments)
        graph = with_entity(graph_of(conversation), Entity("mine", "Otti", "person", aliases=("Ottilie",)))
        edit(conversation, without_entity(graph, Entity("other", "Berlin", "place")))
        return answer

    monkeypatch.setattr(entities, "_found", meanwhile)
    assert extract_entities(conversation.id, models=OFFLINE) == 1
    assert names_of(conversation) == {"Otti", "Acme Corporation", "3rd of May"}
    assert kept_entities(conversation).leaf_id is not None


def test_own_topics_stay(alice: User) -> None:
    conversation = talk(alice, 10, first=SISTER)
    ConversationEntities.objects.create(conversation=conversation, has_own_topics=True)
    Conversation.objects.filter(id=conversation.id).update(topics="family")
    extract_entities(conversation.id, models=OFFLINE)
    assert current(conversation).topic_list == ["family"]
    assert kept_entities(conversation).has_own_topics


def test_without_an_answer_that_can_be_read_nothing_changes(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = talk(alice, 10, first=SISTER)
    assert extract_entities(conversation.id, models=[]) == 0
    assert not ConversationEntities.objects.exists()


@pytest.mark.parametrize("memory", ["entity", "graph", "hybrid"])
def test_a_fact_said_500_messages_ago_is_still_given_to_the_model(alice: User, memory: str) -> None:
    conversation = talk(alice, 8, first=SISTER)
    Conversation.objects.filter(id=conversation.id).update(memory=memory)
    extract_entities(conversation.id, models=OFFLINE)
    talk(alice, 250, conversation=current(conversation))
    turn = make_turn(alice, "When is the birthday of Ottilie?", current(conversation))
    loaded = first_load(turn.run)
    assert loaded.remembered.summary is None
    assert "birthday: the 3rd of May" in given(loaded)
    assert turn.run.settings["memory"] == memory


@pytest.mark.parametrize("memory", ["buffer", "summary"])
def test_other_strategies_give_none(alice: User, memory: str) -> None:
    conversation = talk(alice, 8, first=SISTER)
    extract_entities(conversation.id, models=OFFLINE)
    Conversation.objects.filter(id=conversation.id).update(memory=memory)
    turn = make_turn(alice, "When is the birthday of Ottilie?", current(conversation))
    assert first_load(turn.run).remembered.known is None


def test_the_newest_messages_stay_out_of_it(alice: User) -> None:
    conversation = talk(alice, 7)
    extract_entities(conversation.id, models=OFFLINE)
    path = [one.id for one in Message.objects.path_to(current(conversation).active_leaf_id)]
    leaf_id = kept_entities(conversation).leaf_id
    assert leaf_id is not None
    assert len(path) - path.index(leaf_id) - 1 == LEFT_OUT


def test_kept_as_json_it_is_the_same(alice: User) -> None:
    conversation = talk(alice, 8, first=SISTER)
    extract_entities(conversation.id, models=OFFLINE)
    graph = graph_of(conversation)
    assert graph.relations
    assert Graph.of_json(json.loads(json.dumps(graph.as_json()))) == graph
    assert id_of(conversation.id)("ottilie") == next(one.id for one in graph.entities if one.name == "Ottilie")
    assert Known(graph).hops == 0


@pytest.mark.parametrize("is_covered", [True, False])
def test_a_fork_has_what_was_found_in_what_it_copies(alice: User, *, is_covered: bool) -> None:
    conversation = talk(alice, 10, first=SISTER)
    extract_entities(conversation.id, models=OFFLINE)
    edit(conversation, with_entity(graph_of(conversation), Entity("mine", "Falcon", "product")))
    path = Message.objects.select_related("conversation").filter(conversation=conversation).order_by("id")
    fork = fork_conversation(message=path[19 if is_covered else 3], by=alice, has_branches=False)
    assert names_of(fork) == (names_of(conversation) if is_covered else {"Falcon"})
    assert (kept_entities(fork).leaf_id is not None) == is_covered
    assert fork.topics == current(conversation).topics
    assert not {one.id for one in graph_of(fork).entities} & {one.id for one in graph_of(conversation).entities}


def test_with_the_messages_that_expire_they_are_gone_and_the_topics_stay(alice: User, settings: Settings) -> None:
    settings.RETENTION_DAYS = 90
    conversation = talk(alice, 10, first=SISTER)
    extract_entities(conversation.id, models=OFFLINE)
    long_ago = timezone.now() - timedelta(days=100)
    Conversation.objects.filter(id=conversation.id).update(
        status="completed", resolved_at=long_ago, expiry_announced_at=long_ago
    )
    assert expire_old() == 1
    assert not ConversationEntities.objects.exists()
    assert current(conversation).topics


def test_what_is_deleted_for_good_takes_them_with_it(alice: User) -> None:
    conversation = talk(alice, 10, first=SISTER)
    extract_entities(conversation.id, models=OFFLINE)
    Conversation.objects.filter(id=conversation.id).update(trashed_at=timezone.now(), deleted_at=timezone.now())
    assert purge_conversations() == 1
    assert not ConversationEntities.objects.exists()
