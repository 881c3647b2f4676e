"""What claims give by the rules: values, patterns, circles, and that no rules and no claims keep it busy for ever."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.sso.claims import Rule, evaluate, loop_of, matches, values_of


def rule(claim: str, pattern: str, effect: Any, value: str) -> Rule:
    return Rule(f"{claim}/{pattern}/{effect}/{value}", claim, pattern, effect, value)


@pytest.mark.parametrize(
    ("claims", "path", "values"),
    [
        ({"groups": ["a", "b", "a"]}, "groups", ["a", "b"]),
        ({"department": "Bakery"}, "department", ["Bakery"]),
        ({"level": 7, "share": 0.5, "staff": True, "left": False}, "staff", ["true"]),
        ({"level": 7}, "level", ["7"]),
        ({"groups": []}, "groups", []),
        ({}, "groups", None),
        ({"groups": None}, "groups", None),
        ({"realm_access": {"roles": ["admin"]}}, "realm_access.roles", ["admin"]),
        ({"resource": {"my.app": {"roles": ["x"]}}}, "resource.my.app.roles", ["x"]),
        ({"https://example.org/groups": ["a"]}, "https://example.org/groups", ["a"]),
        ({"a.b": "whole", "a": {"b": "path"}}, "a.b", ["whole"]),
        ({"groups": [["a"], {"name": "b"}, None, 1]}, "groups", ["a", "1"]),
        ({"groups": "a"}, "groups.name", None),
    ],
    ids=str,
)
def test_values_of_a_claim(claims: dict[str, Any], path: str, values: list[str] | None) -> None:
    assert values_of(claims, path) == values


@pytest.mark.parametrize(
    ("pattern", "value", "does"),
    [
        ("staff", "staff", True),
        ("staff", "Staff", False),
        ("staff", "staff-2", False),
        ("*", "", True),
        ("eng-*", "eng-", True),
        ("eng-*", "peng-1", False),
        ("*-lead", "eng-lead", True),
        ("*-lead", "eng-leader", False),
        ("a*b*c", "axxbyyc", True),
        ("a*b*c", "abc", True),
        ("a*b*c", "acb", False),
        ("ab*ba", "aba", False),
        ("a**b", "axb", True),
        ("a.c", "abc", False),
        ("[a]", "a", False),
    ],
)
def test_patterns(pattern: str, value: str, does: bool) -> None:
    assert matches(pattern, value) is does


def test_each_rule_has_a_verdict() -> None:
    rules = [
        rule("groups", "eng-*", "role", "analyst"),
        rule("groups", "sales", "team", "7"),
        rule("tenant", "*", "tier", "free"),
        rule("groups", "eng-1", "tier", "starter"),
        rule("groups", "eng-2", "tier", "enterprise"),
    ]
    found = evaluate({"groups": ["eng-1", "eng-2", "ops"]}, rules)
    assert [(one.verdict, one.values, one.of) for one in found.rulings] == [
        ("matched", ("eng-1", "eng-2"), 3),
        ("no_match", (), 3),
        ("missing", (), 0),
        ("matched", ("eng-1",), 3),
        ("outranked", ("eng-2",), 3),
    ]
    assert found.grants == {("role", "analyst"), ("tier", "starter")}


def test_a_group_that_is_called_like_a_role_gives_none() -> None:
    found = evaluate({"groups": ["moderator", "administrator"], "roles": ["administrator"]}, [])
    assert found.grants == frozenset()


def test_what_counts_as_another_value_counts_on() -> None:
    rules = [
        rule("groups", "bakers", "counts_as", "makers"),
        rule("groups", "makers", "counts_as", "everyone"),
        rule("groups", "everyone", "team", "1"),
        rule("roles", "makers", "team", "2"),
    ]
    found = evaluate({"groups": "bakers", "roles": ["bakers"]}, rules)
    assert found.teams == {"1"}
    assert found.rulings[2].values == ("everyone",)


@pytest.mark.parametrize(
    ("rules", "loop"),
    [
        ([("a", "b"), ("b", "c")], []),
        ([("a", "b"), ("b", "a")], ["a", "b", "a"]),
        ([("a", "a")], ["a", "a"]),
        ([("x", "a"), ("a", "b"), ("b", "c"), ("c", "a")], ["a", "b", "c", "a"]),
        ([("eng-*", "eng-all")], ["eng-all", "eng-all"]),
        ([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")], []),
    ],
    ids=["chain", "two", "itself", "three", "pattern", "diamond"],
)
def test_circles_are_seen(rules: list[tuple[str, str]], loop: list[str]) -> None:
    assert loop_of([rule("groups", pattern, "counts_as", value) for pattern, value in rules]) == loop


def test_rules_of_different_claims_make_no_circle() -> None:
    assert loop_of([rule("a", "x", "counts_as", "y"), rule("b", "y", "counts_as", "x")]) == []


NAMES = st.sampled_from(["a", "b", "c", "ab", "ba"])
PATTERNS = NAMES | st.sampled_from(["*", "a*", "*b", "a*b", "**"])
RULES = st.lists(
    st.builds(rule, NAMES, PATTERNS, st.sampled_from(["counts_as", "role", "team", "tier"]), NAMES), max_size=12
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=5) | NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(NAMES, JSON, max_size=5), RULES)
def test_any_rules_come_to_an_end_on_any_claims(claims: dict[str, Any], rules: list[Rule]) -> None:
    found = evaluate(claims, rules)
    assert len(found.rulings) == len(rules)
    assert found.grants <= {(one.effect, one.value) for one in rules}


@given(st.lists(NAMES, max_size=4), RULES)
def test_the_closure_is_the_least_that_holds_all_that_counts(groups: list[str], rules: list[Rule]) -> None:
    """By trying: what is reached from the values by one rule after the other, and nothing else."""
    rules = [Rule(one.id, "groups", one.pattern, one.effect, one.value) for one in rules]
    reached = set(groups)
    for _ in range(len(rules) + 1):
        for one in rules:
            if one.effect == "counts_as" and any(matches(one.pattern, value) for value in reached):
                reached.add(one.value)
    found = evaluate({"groups": groups}, rules)
    for ruling in found.rulings:
        assert set(ruling.values) == {value for value in reached if matches(ruling.rule.pattern, value)}


@given(RULES)
def test_a_circle_that_is_named_is_one(rules: list[Rule]) -> None:
    loop = loop_of(rules)
    counting = [one for one in rules if one.effect == "counts_as"]
    for value, following in itertools.pairwise(loop):
        assert any(matches(one.pattern, value) and one.value == following for one in counting)
    if loop:
        assert loop[0] == loop[-1]


@given(st.text(alphabet="ab*", max_size=8), st.text(alphabet="ab", max_size=10))
def test_patterns_as_regular_expressions_have_them(pattern: str, value: str) -> None:

    assert matches(pattern, value) is bool(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), value))
