"""References, and messages that are made to stand alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.context.history import Said, said
from chat.models import Attachment
from chat.understanding.references import find_ordinal, leans_on_conversation, list_items
from chat.understanding.standalone import standalone_question

FRAMEWORKS = """There are three:

1. **Django**: everything is there
2. Flask - small and [plain](https://example.org)
   - with a sub-item
3. `FastAPI`

Choose one."""


def talk(*texts: str) -> list[Said]:
    """A person and an assistant in turn."""
    return [said("assistant" if place % 2 else "user", text) for place, text in enumerate(texts)]


LEANING = [
    "what about the second one?", "How does it scale?", "and its price?", "Which of them is cheaper?", "Why?",
    "Translate that", "Is this right?", "the last one", "What did he write?", "Compare these", "Do the same for Java",
    "more", "What about Java?", "You said it is slow", "the 3rd option", "number 2 please", "is that one free?",
    "cái thứ hai thì sao?", "Nó có miễn phí không?", "còn Java?", "điều đó có đúng không", "Ông ấy sinh năm nào?",
    "phương án 2", "mục cuối cùng", "tại sao?", "cai nay la gi",
]  # fmt: skip
STANDING = [
    "What is Django?", "Write a poem about the day that rain came", "Is it possible to fly to Mars?",
    "What is the first step to learn piano?", "How long does it take to learn Vietnamese?", "2 + 2", "",
    "What time is it in Hanoi?", "A number that divides 12", "Thủ đô của Pháp là gì?", "Viết một bài thơ về mưa",
    "Second World War", "The first man on the moon", "Chapter 3 of Dracula", "Nước nào lớn nhất?",
]  # fmt: skip


@pytest.mark.parametrize("text", LEANING)
def test_it_leans_on_the_conversation(text: str) -> None:
    assert leans_on_conversation(text)


@pytest.mark.parametrize("text", STANDING)
def test_it_stands_alone(text: str) -> None:
    assert not leans_on_conversation(text)
    assert standalone_question(text, talk("Which frameworks are there?", FRAMEWORKS)) == text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("the first one", 1), ("The tenth one?", 10), ("what about the second?", 2), ("the 3rd option", 3),
        ("option 4", 4), ("explain number 12", 12), ("step #2", 2), ("the last one", -1), ("your second tip?", 2),
        ("cái thứ hai", 2), ("cái đầu tiên", 1), ("ý thứ tư", 4), ("bước 5", 5), ("phương án cuối cùng", -1),
        ("the option 0", None), ("first aid", None), ("one", None), ("the second law of motion", None),
    ],
)  # fmt: skip
def test_places_in_a_list(text: str, number: int | None) -> None:
    found = find_ordinal(text)
    assert (found.number if found else None) == number


@pytest.mark.parametrize(
    ("answer", "items"),
    [
        (FRAMEWORKS, ["Django", "Flask", "FastAPI"]),
        ("- one: a\n- two\n\nThen:\n\n* three\n* four", ["three", "four"]),
        ("1. a\n2. b\n\nOr:\n\n1. c\n2. d", ["c", "d"]),
        ("1) Red\n2) Blue", ["Red", "Blue"]),
        ("- spaced\n\n- out", ["spaced", "out"]),
        ("**1. Rome**\n\nOld.\n\n**2. Paris**", ["Rome", "Paris"]),
        ("No list - at all.", []),
        ("", []),
        ("- " + "word " * 60, [("word " * 16).strip()]),
    ],
)
def test_the_items_of_the_last_list(answer: str, items: list[str]) -> None:
    assert list_items(answer) == items


@pytest.mark.parametrize(
    ("question", "earlier", "stands"),
    [
        ("What about the second one?", talk("Which?", FRAMEWORKS), "What about Flask?"),
        ("Is option 3 fast?", talk("Which?", FRAMEWORKS), "Is FastAPI fast?"),
        ("The last one?", talk("Which?", FRAMEWORKS), "FastAPI?"),
        ("Cái thứ hai thì sao?", talk("Khung nào?", FRAMEWORKS), "Flask thì sao?"),
        ("How does it scale?", talk("What is Apache Kafka?", "A log."), "How does Apache Kafka scale?"),
        ("And its price?", talk('Tell me of the "Model S"', "A car."), "And Model S's price?"),
        ("Is that free?", talk("what is kafka?", "**Apache Kafka** is a log."), "Is Apache Kafka free?"),
        ("Nó có miễn phí không?", talk("phần mềm Redis là gì?", "Một kho."), "Redis có miễn phí không?"),
        # Nothing is named, or there is no such item: the question before it says what both are about.
        ("How does it scale?", talk("what is kafka?", "a log"), "what is kafka? How does it scale?"),
        ("the seventh one", talk("Which frameworks?", FRAMEWORKS), "Which frameworks? the seventh one"),
        ("Why?", talk("Is the sky blue?", "Yes."), "Is the sky blue? Why?"),
        ("What about Java?", talk("Is Rust\nquick?", "Yes."), "Is Rust quick? What about Java?"),
        # Nothing was said
        ("What about it?", [], "What about it?"),
        ("What about it?", talk(""), "What about it?"),
    ],
)
def test_a_leaning_question_is_made_to_stand(question: str, earlier: list[Said], stands: str) -> None:
    assert standalone_question(question, earlier) == stands


@given(st.text(max_size=500), st.lists(st.text(max_size=500), max_size=4))
def test_whatever_was_said_there_is_a_question(question: str, earlier: list[str]) -> None:
    stands = standalone_question(question, talk(*earlier))
    assert bool(stands) >= bool(question)


@pytest.mark.parametrize("piece", ["1. ", "- a\n", "**", "A b ", "[", "`", '"', "A A ", "\u201c", "_ "])
def test_a_long_answer_takes_no_time(piece: str) -> None:
    earlier = talk(piece * (200_000 // len(piece)), piece * (200_000 // len(piece)))
    began_s = time.process_time()
    standalone_question("How does it scale?", earlier)
    standalone_question("the second one", earlier)
    assert time.process_time() - began_s < 0.5


def test_what_was_asked_before_is_taken_without_its_files() -> None:
    file = Attachment(name="notes.txt", kind="document", text="They wrote it in Rust. " * 300, text_tokens=1, file="x")
    earlier = [said("user", "How old is the Python project?", attached=[file]), said("assistant", "Quite old.")]
    assert standalone_question("tell me more", earlier) == "How old is the Python project? tell me more"
    assert standalone_question("Who maintains it?", earlier) == "Who maintains Python?"
