"""Trees of any shape, repaired: nothing that was said is lost, every parent is there, nothing leads in a circle."""

from __future__ import annotations

from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from chat.imports.conversation import HIDDEN, ImportedMessage, text_parts
from chat.imports.tree import Tree, tree_of


def message(name: str, parent: str | None = None, role: str = "user", text: str = "") -> ImportedMessage:
    return ImportedMessage(id=name, parent=parent, role=role, parts=text_parts(text or name))


def shape(tree: Tree) -> dict[str, str | None]:
    return {one.id: one.parent for one in tree.messages}


def repaired(*messages: ImportedMessage) -> Tree:
    return tree_of(list(messages), joins_answers=True)


def test_a_whole_tree_stays_as_it_is() -> None:
    tree = repaired(message("a"), message("b", "a", "assistant"), message("c", "a", "assistant"))
    assert (shape(tree), tree.notes) == ({"a": None, "b": "a", "c": "a"}, [])


def test_an_orphan_begins_a_branch() -> None:
    tree = repaired(message("a", "gone"), message("b", "a"))
    assert shape(tree) == {"a": None, "b": "a"}
    assert len(tree.notes) == 1


def test_a_circle_is_opened_once() -> None:
    tree = repaired(message("a", "c"), message("b", "a"), message("c", "b"), message("self", "self"))
    assert [one.parent for one in tree.messages].count(None) == 2
    assert "2 places" in tree.notes[0]


def test_a_second_message_of_the_id_stays() -> None:
    tree = repaired(message("a"), message("b", "a", text="One"), message("b", "a", text="Two"), message("c", "b"))
    assert sorted(one.parts[0]["text"] for one in tree.messages) == ["One", "Two", "a", "c"]
    assert {one.parent for one in tree.messages if one.id != "a"} == {"a", "b"}


def test_what_nobody_said_is_left_out_and_what_hung_on_it_stays() -> None:
    tree = repaired(
        message("s", role="system"),
        message("h", "s", HIDDEN),
        message("a", "h"),
        message("t", "a", "tool"),
        message("b", "t"),
    )
    assert shape(tree) == {"a": None, "b": "a"}
    assert (tree.places["t"], tree.places["h"]) == ("a", None)
    assert ["system" in note or "tool" in note for note in tree.notes] == [True, True]


def test_an_answer_in_pieces_is_one() -> None:
    pieces = [
        message("q"),
        message("one", "q", "assistant"),
        message("t", "one", "tool"),
        message("two", "t", "assistant"),
        message("next", "two"),
    ]
    tree = tree_of(pieces, joins_answers=True)
    assert shape(tree) == {"q": None, "one": "q", "next": "one"}
    assert "".join(part["text"] for part in tree.messages[1].parts) == "one\n\ntwo"
    assert shape(tree_of(pieces, joins_answers=False)) == {"q": None, "one": "q", "two": "one", "next": "two"}


def test_a_chain_of_any_length() -> None:
    chain = [message(str(n), str(n - 1), "assistant" if n % 2 else "user") for n in range(20_000)]
    assert len(tree_of(chain[::-1], joins_answers=True).messages) == 20_000


names = st.sampled_from("abcdefgh")
roles = st.sampled_from(["user", "assistant", "tool", HIDDEN, "\n"])
nodes = st.lists(st.tuples(names, st.none() | names | st.just("gone"), roles), max_size=12)


@how(max_examples=200)
@given(nodes=nodes, joins=st.booleans())
def test_any_tree_comes_out_sound(nodes: list[tuple[str, str | None, str]], joins: bool) -> None:
    messages = [message(name, parent, role, text=f"<{place}>") for place, (name, parent, role) in enumerate(nodes)]
    tree = tree_of(messages, joins_answers=joins)
    parents = shape(tree)
    assert len(parents) == len(tree.messages)
    for name in parents:
        at, steps = parents[name], 0
        while at is not None:
            at, steps = parents[at], steps + 1
            assert steps <= len(parents)
    said = "".join(part["text"] for one in tree.messages for part in one.parts)
    for place, (_name, _parent, role) in enumerate(nodes):
        assert said.count(f"<{place}>") == (role in ("user", "assistant"))
    assert {one for one in tree.places.values() if one} <= parents.keys()
