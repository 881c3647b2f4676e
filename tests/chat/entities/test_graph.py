"""How entities are joined, bounded, and kept from being overwritten: pure values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.entities.graph import (
    MAX_ALIASES,
    MAX_ATTRIBUTES,
    MAX_ENTITIES,
    MAX_RELATIONS,
    Entity,
    Found,
    FoundEntity,
    FoundRelation,
    Graph,
    merged,
    own_part,
    with_entity,
    with_relation,
    without_entity,
    without_relation,
)
from chat.entities.names import is_same_name


def new_id(key: str) -> str:
    return f"id of {key}"


def found(*names: str, relations: tuple[tuple[str, str, str], ...] = (), **fields: object) -> Found:
    entities = tuple(FoundEntity(name, "person", **fields) for name in names)  # type: ignore[arg-type]  # its fields
    return Found(entities, tuple(FoundRelation(*one) for one in relations))


def graph(*names: str, relations: tuple[tuple[str, str, str], ...] = ()) -> Graph:
    return merged(Graph(), found(*names, relations=relations), new_id)


def names(graph: Graph) -> list[str]:
    return [one.name for one in graph.entities]


def said(graph: Graph) -> list[tuple[str, str, str]]:
    known = {one.id: one.name for one in graph.entities}
    return [(known[one.source], one.kind, known[one.target]) for one in graph.relations]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Ottilie", "ottilie", True),
        ("Acme, Inc.", "ACME Inc", True),
        ("Hà Nội", "Ha Noi", True),
        ("Đà Nẵng", "da nang", True),
        ("Hà", "Hạ", False),
        ("Lan", "Lam", False),
        ("", "", False),
        ("…", "…", False),
        ("北京", "北京", True),
    ],
)
def test_spellings_of_a_name(one: str, other: str, is_same: bool) -> None:
    assert is_same_name(one, other) is is_same
    assert is_same_name(other, one) is is_same


def test_the_same_name_is_one_entity_and_the_later_value_counts() -> None:
    first = merged(Graph(), found("Ottilie", aliases=("Otti",), attributes=(("City", "Bonn"),)), new_id)
    later = merged(first, found("OTTI", attributes=(("city", "Rome"), ("age", "40"))), new_id)
    [entity] = later.entities
    assert (entity.name, entity.aliases) == ("Ottilie", ("Otti",))
    assert dict(entity.attributes) == {"City": "Rome", "age": "40"}


def test_two_that_turn_out_to_be_one_are_joined_with_their_relations() -> None:
    before = graph("Ottilie", "Frau Weber", "Acme", relations=(("Frau Weber", "leads", "Acme"),))
    after = merged(before, found("Ottilie", aliases=("Frau Weber",)), new_id)
    assert names(after) == ["Acme", "Ottilie"]
    assert said(after) == [("Ottilie", "leads", "Acme")]


def test_relations_are_there_once_and_between_two_known_ones() -> None:
    relations = (("A", "knows", "B"), ("a", "Knows", "b"), ("A", "knows", "C"), ("A", "knows", "A"))
    assert said(graph("A", "B", relations=relations)) == [("A", "knows", "B")]


def test_what_the_person_changed_is_left_as_it_is() -> None:
    known = graph("Ottilie", "Acme").entities[0]
    own = with_entity(graph("Ottilie", "Acme"), Entity(known.id, "Otto", "person", attributes=(("age", "41"),)))
    after = merged(own, found("Ottilie", aliases=("Tilly",), attributes=(("age", "40"),)), new_id)
    otto = after.entity(known.id)
    assert otto is not None
    assert (otto.name, otto.aliases, otto.attributes) == ("Otto", ("Ottilie",), (("age", "41"),))


def test_what_the_person_removed_is_not_found_again() -> None:
    before = graph("Ottilie", "Acme", "Bonn", relations=(("Ottilie", "leads", "Acme"), ("Acme", "is in", "Bonn")))
    gone = without_entity(before, before.entities[0])
    assert (names(gone), said(gone)) == (["Acme", "Bonn"], [("Acme", "is in", "Bonn")])
    again = merged(gone, found("OTTILIE", "Acme", relations=(("Ottilie", "leads", "Acme"),)), new_id)
    assert "Ottilie" not in names(again)
    unrelated = without_relation(again, again.relations[0])
    assert said(merged(unrelated, found(relations=(("acme", "is in", "bonn"),)), new_id)) == []
    assert "Ottilie" in names(with_entity(again, Entity("new", "Ottilie", "person")))
    assert with_entity(again, Entity("new", "Ottilie", "person")).removed == ()


def test_a_relation_of_the_persons_keeps_its_ends() -> None:
    before = graph("Ottilie", "Acme", "Bonn", relations=(("Ottilie", "works for", "Acme"),))
    ottilie, acme, _bonn = before.entities
    after = with_relation(before, ottilie, "leads", acme, new_id, instead_of=before.relations[0])
    assert said(own_part(after)) == [("Ottilie", "leads", "Acme")]
    again = merged(after, found(relations=(("Ottilie", "works for", "Acme"),)), new_id)
    assert said(again) == [("Ottilie", "leads", "Acme")]


def test_of_too_many_the_oldest_go_but_never_the_persons() -> None:
    own = with_entity(Graph(), Entity("mine", "Falcon", "product"))
    many = merged(own, found(*(f"Name {number}" for number in range(MAX_ENTITIES + 5))), new_id)
    assert len(many.entities) == MAX_ENTITIES
    assert names(many)[0] == "Falcon"
    assert names(many)[1] == "Name 6"


word = st.text(alphabet="aàB ", min_size=1, max_size=4).map(lambda text: f"X{text}")
entities = st.lists(
    st.builds(
        FoundEntity,
        word,
        st.sampled_from(["person", "place"]),
        st.lists(word, max_size=8).map(tuple),
        st.lists(st.tuples(word, word), max_size=12).map(tuple),
    ),
    max_size=40,
).map(tuple)
answers = st.lists(
    st.builds(Found, entities, st.lists(st.builds(FoundRelation, word, word, word), max_size=60).map(tuple)),
    max_size=4,
)


@given(answers)
def test_whatever_is_found_it_is_bounded_whole_and_joined_again_the_same(answers: list[Found]) -> None:
    graph = Graph()
    for answer in answers:
        graph = merged(graph, answer, new_id)
    ids = [one.id for one in graph.entities]
    assert len(ids) == len(set(ids)) <= MAX_ENTITIES
    assert len({one.id for one in graph.relations}) == len(graph.relations) <= MAX_RELATIONS
    assert all(one.source in ids and one.target in ids and one.source != one.target for one in graph.relations)
    assert all(len(one.aliases) <= MAX_ALIASES and len(one.attributes) <= MAX_ATTRIBUTES for one in graph.entities)
    assert Graph.of_json(graph.as_json()) == graph
    assert own_part(graph) == Graph()


def test_what_is_said_again_is_among_the_newest() -> None:
    many = tuple((f"fact {number}", "old") for number in range(MAX_ATTRIBUTES))
    first = merged(Graph(), found("Ottilie", attributes=many), new_id)
    [entity] = merged(first, found("Ottilie", attributes=(("fact 0", "new"), ("city", "Rome"))), new_id).entities
    assert dict(entity.attributes)["fact 0"] == "new"
