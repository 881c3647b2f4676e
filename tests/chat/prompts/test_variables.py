"""Places to be filled in: which there are, and that filling them changes nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.prompts.variables import NAME_MAX_CHARS, Variable, fill, is_name, variables_of

NAMES = st.text(st.characters(categories=("L", "M", "Nd"), include_characters="-_"), min_size=1, max_size=12)
WITHOUT_BRACES = st.text(st.characters(exclude_characters="{}", codec="utf-8"), max_size=20)
# Braces that come near to being places.
PIECES = st.sampled_from(["{", "}", "{{", "}}", "{{}}", "{{a b}}", ":", "a", "{{a", "{ {a}}", "{{:a}}", "\n"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("About {{topic}}", [("topic", "")]),
        ("{{topic}} and {{ topic }}", [("topic", "")]),
        ("{{tone:friendly}}", [("tone", "friendly")]),
        ("{{ tone : kind, but firm }}", [("tone", "kind, but firm")]),
        ("{{tone}} {{tone:kind}} {{tone:firm}}", [("tone", "kind")]),
        ("{{b}}{{a}}", [("b", ""), ("a", "")]),
        ("{{code:first\nsecond}}", [("code", "first\nsecond")]),
        ("{{time:10:30}}", [("time", "10:30")]),
        ("{{ngôn_ngữ}} {{भाषा}} {{言語-2}}", [("ngôn_ngữ", ""), ("भाषा", ""), ("言語-2", "")]),
        ("{{{a}}}", [("a", "")]),
        ("{a} {{}} {{ }} {{a b}} {{a.b}} {{a {{b}}", [("b", "")]),
        ("{% if a %} ${{ }} {{:a}} {{" + "a" * (NAME_MAX_CHARS + 1) + "}}", []),
    ],
)
def test_what_is_asked_for(text: str, expected: list[tuple[str, str]]) -> None:
    assert variables_of(text) == [Variable(*one) for one in expected]


@pytest.mark.parametrize("name", ["", " ", "a b", "a/b", "a:b", "{a}", "a" * (NAME_MAX_CHARS + 1), "½", "a\n"])
def test_what_is_no_name(name: str) -> None:
    assert not is_name(name)


@given(
    parts=st.lists(st.tuples(WITHOUT_BRACES, NAMES, WITHOUT_BRACES, st.text(max_size=20)), max_size=5),
    end=WITHOUT_BRACES,
)
def test_values_take_their_places_and_nothing_else_changes(parts: list[tuple[str, str, str, str]], end: str) -> None:
    values = {name: value for _, name, _, value in parts}
    text = "".join(f"{before}{{{{{name}:{default}}}}}" for before, name, default, _ in parts) + end
    assert fill(text, values) == "".join(before + values[name] for before, name, _, _ in parts) + end
    assert [variable.name for variable in variables_of(text)] == list(values)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_what_has_no_value_stays(text: str) -> None:
    assert fill(text, {}) == text
    assert fill(text, {"another": "x"}) == text


@given(text=st.lists(PIECES, max_size=12).map("".join), value=st.text())
def test_what_is_found_is_what_is_filled(text: str, value: str) -> None:
    found = variables_of(text)
    changed = fill(text, {variable.name: value for variable in found})
    assert found or changed == text
    assert {variable.name for variable in found} <= {"a"}


def test_a_value_is_not_read_as_a_prompt() -> None:
    assert fill("{{a}} {{b}}", {"a": "{{b}}", "b": r"\1 {{a}}"}) == r"{{b}} \1 {{a}}"


def test_braces_that_are_never_closed_cost_no_time() -> None:
    assert variables_of("{{a:" * 5_000) == []
