"""An administrator's words are found, by their lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.guards.contract import Finding
from chat.guards.keywords import KeywordList, Keywords

LISTS = [
    KeywordList("projects", words=["Nightjar", "top secret", "bí mật"], parts=["geheim"]),
    KeywordList("more", words=["top", "c++", "Straße", "東京", "thread pool"]),
]
KEYWORDS = Keywords(LISTS)


def found(text: str) -> list[tuple[str, str]]:
    return [(one.rule, text[one.start : one.end]) for one in KEYWORDS(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("about Nightjar.", [("projects", "Nightjar")]),
        ("NIGHTJAR!", [("projects", "NIGHTJAR")]),
        ("Nightjars", []),
        ("a top  secret\nplan", [("projects", "top  secret")]),
        ("a top plan", [("more", "top")]),
        ("BÍ MẬT và bi mat", [("projects", "BÍ MẬT"), ("projects", "bi mat")]),
        ("bi\u0301 ma\u0323\u0302t", [("projects", "bi\u0301 ma\u0323\u0302t")]),
        ("Staatsgeheimnis", [("projects", "geheim")]),
        ("in C++ and STRASSE", [("more", "C++"), ("more", "STRASSE")]),
        ("STRAẞE Straße", [("more", "STRAẞE"), ("more", "Straße")]),
        ("東京都", [("more", "東京")]),
        ("thread-pool", [("more", "thread-pool")]),
        ("nothing", []),
        ("", []),
    ],
)
def test_found(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_a_finding_names_its_list() -> None:
    assert KEYWORDS("Nightjar") == [Finding(0, 8, "keyword", 1.0, "projects")]


def test_a_word_of_two_lists_is_found_for_both() -> None:
    keywords = Keywords([KeywordList("one", words=["x"]), KeywordList("other", words=["X"])])

    assert [one.rule for one in keywords("x")] == ["one", "other"]


def test_no_list_finds_nothing() -> None:
    assert Keywords([])("anything") == []
    assert Keywords([KeywordList("empty", words=["", "  "])])("anything") == []


def test_thousands_of_entries_and_a_long_text() -> None:
    entries = [f"word{number:05}" for number in range(20_000)] + ["a" * length for length in range(1, 300)]
    keywords = Keywords([KeywordList("many", words=entries, parts=[f"{entry}-" for entry in entries])])

    assert len(keywords("word01234 word99999 " * 2_000)) == 2_000
    assert keywords("a" * 100_000) == []


@given(st.lists(st.text(max_size=6), max_size=5), st.text(max_size=30))
def test_an_entry_is_found_in_a_text_that_holds_it(entries: list[str], text: str) -> None:
    keywords = Keywords([KeywordList("list", words=entries, parts=entries)])
    for one in keywords(text):
        assert 0 <= one.start < one.end <= len(text)
    for entry in entries:
        if entry.strip().isascii() and entry.strip():
            assert keywords(f"{text} {entry}")
