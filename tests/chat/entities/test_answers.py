"""What is taken from a model's answer: JSON of the form that was asked for, mended where it can be, else nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.entities.answers import MAX_FOUND_ENTITIES, MAX_TOPICS, NAME_MAX_CHARS, read_answer

OTTILIE = {"name": "Ottilie", "type": "person", "aliases": ["Otti"], "attributes": {"age": 40}}
ANSWER: dict[str, Any] = {
    "entities": [OTTILIE, {"name": "Acme", "type": "organisation"}],
    "relations": [{"from": "Ottilie", "kind": "works for", "to": "Acme"}],
    "topics": ["Family", "work"],
}
TEXT = json.dumps(ANSWER)


def test_a_whole_answer() -> None:
    found = read_answer(TEXT)
    assert found is not None
    ottilie, acme = found.entities
    assert (ottilie.name, ottilie.type, ottilie.aliases, ottilie.attributes) == (
        "Ottilie",
        "person",
        ("Otti",),
        (("age", "40"),),
    )
    assert acme.attributes == ()
    assert [(one.source, one.kind, one.target) for one in found.relations] == [("Ottilie", "works for", "Acme")]
    assert found.topics == ("Family", "work")


@pytest.mark.parametrize("text", [f"```json\n{TEXT}\n```", f"Here you are: {TEXT} Anything else?", f"\n {TEXT}"])
def test_what_stands_around_it_is_passed_over(text: str) -> None:
    assert read_answer(text) == read_answer(TEXT)


@pytest.mark.parametrize("cut", range(TEXT.index("person"), len(TEXT)))
def test_one_that_was_cut_off_gives_what_was_whole(cut: int) -> None:
    found = read_answer(TEXT[:cut])
    if found is None:
        assert cut <= TEXT.index('{"name": "Acme"')
    else:
        assert found.entities[0].name == "Ottilie"


@pytest.mark.parametrize("text", ["", "No.", "[]", "{}", '{"entities": "x"}', '{"a": []}', "{" * 5_000, "[" * 100_000])
def test_what_is_no_such_object_is_refused(text: str) -> None:
    assert read_answer(text) is None


@pytest.mark.parametrize(
    "entity",
    [
        {"name": "", "type": "person"},
        {"name": "the company", "type": "organisation"},
        {"name": "Ottilie", "type": "animal"},
        {"name": "Ottilie", "type": ["person"]},
        {"name": 4.5, "type": []},
        {"type": "person"},
        "Ottilie",
        None,
    ],
)
def test_an_entity_that_is_none_is_left_out(entity: object) -> None:
    found = read_answer(json.dumps({"entities": [entity, {"name": "iPhone", "type": "product"}]}))
    assert found is not None
    assert [one.name for one in found.entities] == ["iPhone"]


def test_sizes_are_bounded() -> None:
    entities = [{"name": "N" * 500, "type": "person", "attributes": {"a" * 500: "b" * 500}}]
    entities += [{"name": f"Number {number}", "type": "person"} for number in range(100)]
    found = read_answer(json.dumps({"entities": entities, "topics": [f"topic {number}" for number in range(9)]}))
    assert found is not None
    assert len(found.entities) == MAX_FOUND_ENTITIES
    assert len(found.entities[0].name) == NAME_MAX_CHARS
    assert len(found.topics) == MAX_TOPICS


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "type", "from", "to", "kind", "attributes", "aliases"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(["entities", "relations", "topics"]), json_values) | json_values,
    st.integers(0, 300),
)
def test_no_answer_breaks_it(answer: object, cut: int) -> None:
    text = json.dumps(answer)
    for said in (text, text[:cut]):
        found = read_answer(said)
        assert found is None or all(one.name and one.type for one in found.entities)
