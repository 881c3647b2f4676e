"""Entities, relations and topics by rules: what sentences say, in English and Vietnamese, and what they don't."""

from __future__ import annotations

from time import process_time
from typing import Any
from uuid import uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.adapters.offline.adapter import full_text
from providers.contract import ChatMessage, ChatRequest

NOTHING = '{"entities": [], "topics": []}'


def found_in(new: str, known: str = NOTHING) -> dict[str, Any]:
    task = ChatMessage.of_text("user", f"Known so far:\n{known}\n\nNew messages:\n{new}")
    request = ChatRequest(request_id=uuid4(), messages=(task,), model="offline", feature="entities")
    document: dict[str, Any] = orjson.loads(full_text(request))
    return document


def types_in(new: str, known: str = NOTHING) -> dict[str, str]:
    return {one["name"]: one["type"] for one in found_in(new, known)["entities"]}


def facts_in(new: str) -> dict[str, dict[str, str]]:
    return {one["name"]: one["attributes"] for one in found_in(new)["entities"]}


def relations_in(new: str) -> list[tuple[str, str, str]]:
    return [(one["from"], one["kind"], one["to"]) for one in found_in(new)["relations"]]


@pytest.mark.parametrize(
    ("said", "types"),
    [
        ("My sister is called Ottilie.", {"Ottilie": "person"}),
        ("I met Dr. Weber in the end.", {"Weber": "person"}),
        ("We asked Paul Weber about it.", {"Paul Weber": "person"}),
        ("She works for Acme in the mornings.", {"Acme": "organisation"}),
        ("It is from the University of Bonn.", {"University of Bonn": "organisation"}),
        ("They moved to Berlin.", {"Berlin": "place"}),
        ("We flew to New York City.", {"New York City": "place"}),
        ("Paris is the capital of France.", {"Paris": "place", "France": "place"}),
        ("We use PostgreSQL and Windows 11.", {"PostgreSQL": "product", "Windows 11": "product"}),
        ("It begins on 2026-05-03.", {"2026-05-03": "date"}),
        ("It begins on May 3, 2026.", {"May 3, 2026": "date"}),
        ("Chị Lan sống ở Hà Nội.", {"Lan": "person", "Hà Nội": "place"}),
        ("Nguyễn Văn An làm ở Công ty Sao Mai.", {"Nguyễn Văn An": "person", "Công ty Sao Mai": "organisation"}),
        ("Họp vào ngày 3 tháng 5 năm 2026.", {"ngày 3 tháng 5 năm 2026": "date"}),
        # What nothing tells is left out.
        ("Write 300 words about it.", {}),
        ("Explain the API to me, please.", {}),
        ("In May we speak English on Monday.", {}),
        ("`Alice Smith` is a variable; see https://Example.org/Paul.", {}),
        ("Machine learning is fun. Machine tools are not.", {}),
    ],
)
def test_what_is_named(said: str, types: dict[str, str]) -> None:
    assert types_in(f"user: {said}") == types


def test_of_answers_names_are_taken_only_where_something_tells() -> None:
    assert types_in("assistant: **Key Benefits** of this: Cost Savings and more. He lives in Rome.") == {
        "Rome": "place"
    }


def test_a_known_name_is_known_again() -> None:
    known = '{"entities": [{"name": "Falcon", "type": "product"}], "topics": ["birds"]}'
    assert types_in("user: What of Falcon?", known) == {"Falcon": "product"}
    assert found_in("user: What of Falcon?", known)["topics"] == ["birds"]


@pytest.mark.parametrize(
    ("said", "relations"),
    [
        ("Paul Weber is the director of Acme Corporation.", [("Paul Weber", "director of", "Acme Corporation")]),
        ("My boss Tom lives in Rome.", [("Tom", "lives in", "Rome")]),
        ("Marie is Tom's cousin. Tom said so.", [("Marie", "cousin of", "Tom")]),
        ("My friend Ann came. She works for Acme.", [("Ann", "works for", "Acme")]),
        (
            "My wife Ann works for Acme Corporation in Bonn.",
            [("Ann", "works for", "Acme Corporation"), ("Acme Corporation", "is in", "Bonn")],
        ),
        ("Nguyễn Văn An là giám đốc của Công ty Sao Mai.", [("Nguyễn Văn An", "giám đốc của", "Công ty Sao Mai")]),
        (
            "Chị Lan sống ở Hà Nội và làm việc cho Công ty Sao Mai.",
            [("Lan", "sống ở", "Hà Nội"), ("Lan", "làm việc cho", "Công ty Sao Mai")],
        ),
        ("Is Paris the capital of France?", []),
    ],
)
def test_how_they_belong_together(said: str, relations: list[tuple[str, str, str]]) -> None:
    assert relations_in(f"user: {said}") == relations


def test_what_is_said_of_them() -> None:
    facts = facts_in("user: My sister is called Ottilie, and her birthday is the 3rd of May. Ottilie is an engineer.")
    assert facts["Ottilie"] == {"to the user": "sister", "birthday": "the 3rd of May", "is": "an engineer"}
    facts = facts_in("user: Chị gái tôi là Lan. Sinh nhật của Lan là ngày 3 tháng 5.")
    assert facts["Lan"] == {"với người dùng": "chị gái", "sinh nhật": "ngày 3 tháng 5"}


def test_topics_are_what_the_person_comes_back_to() -> None:
    said = "user: How do connection pools work?\n\nassistant: So.\n\nuser: "
    assert found_in(f"{said}And connection pools of Ottilie? Of my aunt Ottilie?")["topics"] == ["connection pools"]
    assert found_in("user: Hello")["topics"] == []


@given(st.text(max_size=300), st.text(max_size=60))
def test_whatever_was_said_it_is_json(said: str, known: str) -> None:
    document = found_in(f"user: {said}", known)
    assert set(document) == {"topics", "entities", "relations"}


@pytest.mark.parametrize("unit", ["Anna is ", "my Anna is "])
def test_what_has_no_end_of_a_sentence_takes_no_time(unit: str) -> None:
    began_s = process_time()
    found_in("\n\n".join(f"user: {unit * 500}" for _message in range(4)))
    assert process_time() - began_s < 3
