"""The page of a conversation's memory: what stands on it, what its owner changes there, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from chat.actions.branches import DELETED_KEPT, delete_message, purge_deleted_messages
from chat.actions.entities import extract_entities, id_of
from chat.actions.entity_edits import add_entity
from chat.actions.summaries import summarise_conversation
from chat.entities.graph import (
    MAX_ENTITIES,
    MAX_RELATIONS,
    Entity,
    Found,
    FoundEntity,
    FoundRelation,
    Graph,
    merged,
)
from chat.models import Conversation, ConversationEntities, Message
from tests.chat.test_entities import OFFLINE, SISTER, graph_of, names_of
from tests.chat.test_summaries import current, talk

ClientOf = Callable[[User], Client]


@pytest.fixture
def conversation(alice: User) -> Conversation:
    conversation = talk(alice, 10, first=SISTER)
    extract_entities(conversation.id, models=OFFLINE)
    return current(conversation)


def named(conversation: Conversation, name: str) -> Entity:
    return next(one for one in graph_of(conversation).entities if one.name == name)


def said(conversation: Conversation) -> set[tuple[str, str, str]]:
    graph = graph_of(conversation)
    names = {one.id: one.name for one in graph.entities}
    return {(names[one.source], one.kind, names[one.target]) for one in graph.relations}


def fill_with_relations(conversation: Conversation) -> None:
    names = [f"Name {number}" for number in range(MAX_RELATIONS // 3 + 1)]
    kinds = ("knows", "likes", "pays")
    relations = tuple(FoundRelation(one, kind, other) for one, other in pairwise(names) for kind in kinds)
    found = Found(tuple(FoundEntity(name, "person") for name in names), relations)
    graph = merged(graph_of(conversation), found, id_of(conversation.id))
    assert len(graph.relations) == MAX_RELATIONS
    ConversationEntities.objects.update(graph=graph.as_json())


def page_of(client: Client, conversation: Conversation) -> str:
    return client.get(reverse("conversation_memory", args=[conversation.id])).text


def test_everything_stands_there(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    page = page_of(client_of(alice), conversation)
    for words in ("Ottilie", "Acme Corporation", "birthday: the 3rd of May", "works for", "Organisation"):
        assert words in page
    assert all(topic in page for topic in conversation.topic_list)


def test_what_was_read_in_a_message_goes_with_it(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    summarise_conversation(conversation.id, models=OFFLINE)
    add_entity(conversation=conversation, said=FoundEntity("Falcon", "product"))
    assert "Ottilie" in current(conversation).summary
    delete_message(message=conversation.messages.select_related("conversation__owner").earliest("id"))
    Message.objects.update(deleted_at=timezone.now() - 2 * DELETED_KEPT)
    assert purge_deleted_messages() == 20
    assert current(conversation).summary == ""
    assert names_of(conversation) == {"Falcon"}
    assert "Ottilie" not in page_of(client_of(alice), current(conversation))


def test_of_a_new_conversation_it_says_so(alice: User, client_of: ClientOf) -> None:
    page = page_of(client_of(alice), talk(alice, 1))
    assert "No entities are known yet" in page
    assert 'id="relations"' not in page


def test_a_name_is_added_changed_and_removed(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    client = client_of(alice)
    new = {"name": " Falcon ", "type": "product", "aliases": "Project F, ", "attributes": "owner: Tom\nstate: late"}
    assert client.post(reverse("entity_add", args=[conversation.id]), new).status_code == 302
    falcon = named(conversation, "Falcon")
    assert (falcon.aliases, falcon.attributes, falcon.is_own) == (
        ("Project F",),
        (("owner", "Tom"), ("state", "late")),
        True,
    )
    address = reverse("entity_change", args=[conversation.id, falcon.id])
    client.post(address, {"name": "Hawk", "type": "product", "aliases": "", "attributes": ""})
    hawk = graph_of(conversation).entity(falcon.id)
    assert hawk is not None
    assert (hawk.name, hawk.aliases, hawk.attributes) == ("Hawk", ("Falcon",), ())
    page = client.post(reverse("entity_remove", args=[conversation.id, falcon.id]), follow=True).text
    assert "Removed: “Hawk”" in page
    assert "Hawk" not in names_of(conversation)
    assert client.post(address, new).status_code == 404


def test_what_was_found_in_another_branch_holds_up_no_name(
    alice: User, client_of: ClientOf, conversation: Conversation
) -> None:
    above = conversation.messages.order_by("id")[1]
    Conversation.objects.filter(id=conversation.id).update(active_leaf=above)
    client = client_of(alice)
    assert "Ottilie" not in page_of(client, conversation)
    new = {"name": "Ottilie", "type": "person", "aliases": "Berlin", "attributes": "role: editor"}
    assert client.post(reverse("entity_add", args=[conversation.id]), new).status_code == 302
    assert "role: editor" in page_of(client, conversation)
    assert sum(one.name == "Ottilie" for one in graph_of(conversation).entities) == 1


def test_a_relation_is_added_changed_and_removed(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    client = client_of(alice)
    client.post(
        reverse("relation_add", args=[conversation.id]), {"source": "ottilie", "kind": "lives in", "target": "Berlin"}
    )
    assert ("Ottilie", "lives in", "Berlin") in said(conversation)
    works = next(one for one in graph_of(conversation).relations if one.kind == "works for")
    address = reverse("relation_change", args=[conversation.id, works.id])
    client.post(address, {"source": "Ottilie", "kind": "owns", "target": "Acme Corporation"})
    assert ("Ottilie", "works for", "Acme Corporation") not in said(conversation)
    owns = next(one for one in graph_of(conversation).relations if one.kind == "owns")
    client.post(reverse("relation_remove", args=[conversation.id, owns.id]))
    assert said(conversation) == {("Ottilie", "lives in", "Berlin"), ("Acme Corporation", "is in", "Berlin")}
    ConversationEntities.objects.update(leaf=None)
    extract_entities(conversation.id, models=OFFLINE)
    assert said(conversation) == {("Ottilie", "lives in", "Berlin"), ("Acme Corporation", "is in", "Berlin")}


def test_what_was_found_in_another_branch_takes_no_relation_its_room(
    alice: User, client_of: ClientOf, conversation: Conversation
) -> None:
    fill_with_relations(conversation)
    client, address = client_of(alice), reverse("relation_add", args=[conversation.id])
    form = {"source": "Falcon", "kind": "follows", "target": "Hawk"}
    for name in ("Falcon", "Hawk"):
        client.post(reverse("entity_add", args=[conversation.id]), {"name": name, "type": "product"})
    refused = client.post(address, form)
    assert (refused.status_code, f"{MAX_RELATIONS} relations are the most" in refused.text) == (422, True)
    Conversation.objects.update(active_leaf=conversation.messages.order_by("id")[1])
    assert client.post(address, form).status_code == 302
    assert ("Falcon", "follows", "Hawk") in said(conversation)


def test_a_relation_of_names_that_only_another_branch_has_is_refused(
    alice: User, client_of: ClientOf, conversation: Conversation
) -> None:
    Conversation.objects.update(active_leaf=conversation.messages.order_by("id")[1])
    form = {"source": "Ottilie", "kind": "lives in", "target": "Berlin"}
    refused = client_of(alice).post(reverse("relation_add", args=[conversation.id]), form)
    assert (refused.status_code, "There is no “Ottilie”" in refused.text) == (422, True)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": "", "type": "person"}, "required"),
        ({"name": "OTTILIE", "type": "person"}, "“Ottilie” is in the list already"),
        ({"name": "N" * 101, "type": "person"}, "at most 100 characters"),
        ({"name": "Falcon", "type": "animal"}, "Select a valid choice"),
        ({"name": "Falcon", "type": "product", "aliases": "a,b,c,d,e,f"}, "5 other names at most"),
        ({"name": "Falcon", "type": "product", "attributes": "late"}, "“late” has no name and value"),
        ({"name": "Falcon", "type": "product", "attributes": "state: " + "x" * 300}, "is too long"),
        (
            {"name": "Falcon", "type": "product", "attributes": "\n".join(f"a{n}: b" for n in range(9))},
            "8 lines at most",
        ),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_kept(
    alice: User, client_of: ClientOf, conversation: Conversation, form: dict[str, str], words: str
) -> None:
    before = graph_of(conversation)
    answer = client_of(alice).post(reverse("entity_add", args=[conversation.id]), form)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert form["name"] in answer.text
    assert form.get("attributes", "") in answer.text
    assert graph_of(conversation) == before
    own = named(conversation, "Berlin")
    answer = client_of(alice).post(reverse("entity_change", args=[conversation.id, own.id]), form)
    assert (answer.status_code, words in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"source": "Nobody", "kind": "knows", "target": "Berlin"}, "There is no “Nobody”"),
        ({"source": "Berlin", "kind": "knows", "target": "berlin"}, "between two different entities"),
        ({"source": "Berlin", "kind": " ", "target": "Ottilie"}, "required"),
    ],
)
def test_a_relation_needs_two_known_names(
    alice: User, client_of: ClientOf, conversation: Conversation, form: dict[str, str], words: str
) -> None:
    for name, ids in (("relation_add", ()), ("relation_change", (graph_of(conversation).relations[0].id,))):
        answer = client_of(alice).post(reverse(name, args=[conversation.id, *ids]), form)
        assert (answer.status_code, words in answer.text, form["source"] in answer.text) == (422, True, True)


def test_there_is_an_end_to_what_one_can_add(alice: User, client_of: ClientOf) -> None:
    conversation = talk(alice, 1)
    many = Found(tuple(FoundEntity(f"Name {number}", "person") for number in range(MAX_ENTITIES)))
    graph = merged(Graph(), many, id_of(conversation.id))
    ConversationEntities.objects.create(
        conversation=conversation, graph=graph.as_json(), leaf_id=current(conversation).active_leaf_id
    )
    answer = client_of(alice).post(reverse("entity_add", args=[conversation.id]), {"name": "Another", "type": "person"})
    assert f"{MAX_ENTITIES} entities are the most" in answer.text


def test_topics_are_the_persons_once_they_changed_them(
    alice: User, client_of: ClientOf, conversation: Conversation
) -> None:
    client, address = client_of(alice), reverse("conversation_topics", args=[conversation.id])
    answer = client.post(address, {"topics": "a, b, c, d, e, f"})
    assert (answer.status_code, "the limit is 5" in answer.text, "a, b, c, d, e, f" in answer.text) == (422, True, True)
    client.post(address, {"topics": "Family,  birthdays , family"})
    assert current(conversation).topic_list == ["Family", "birthdays"]
    talk(alice, 10, conversation=current(conversation))
    extract_entities(conversation.id, models=OFFLINE)
    assert current(conversation).topic_list == ["Family", "birthdays"]
    client.post(address, {"topics": ""})
    assert current(conversation).topic_list == []


def test_the_strategy_is_chosen_there(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    client, address = client_of(alice), reverse("conversation_memory", args=[conversation.id])
    for memory in ("graph", "buffer", ""):
        assert client.post(address, {"memory": memory, "summary": ""}).status_code == 302
        assert current(conversation).memory == memory
        assert ("Switched off: models aren" in page_of(client, conversation)) == (memory == "buffer")
    assert client.post(address, {"memory": "x", "summary": ""}).status_code == 422


def test_the_default_is_a_preference(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    client = client_of(alice)
    client.post(reverse("preferences"), {"memory": "entity"})
    assert "Default (Entities)" in page_of(client, conversation)


def test_for_others_there_is_nothing(
    alice: User, charlie: User, client_of: ClientOf, client: Client, conversation: Conversation
) -> None:
    ids = (conversation.id, graph_of(conversation).entities[0].id)
    relation = (conversation.id, graph_of(conversation).relations[0].id)
    for name, args in (
        ("conversation_topics", ids[:1]),
        ("entity_add", ids[:1]),
        ("entity_change", ids),
        ("entity_remove", ids),
        ("relation_add", ids[:1]),
        ("relation_change", relation),
        ("relation_remove", relation),
    ):
        address = reverse(name, args=args)
        assert client_of(charlie).post(address, {}).status_code == 404
        assert client.post(address, {}).headers["Location"].startswith("/accounts/login/")
    other = talk(alice, 1)
    assert client_of(alice).post(reverse("entity_remove", args=[other.id, ids[1]])).status_code == 404
