"""Which questions a model is asked to judge: hardly any."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.runs.asking_back import clean_question
from chat.understanding.doubt import doubt_about
from tests.chat.understanding.test_standalone import FRAMEWORKS, LEANING, STANDING, talk

LIST = talk("Which frameworks are there?", FRAMEWORKS)


@pytest.mark.parametrize(
    "question",
    [
        "Fix it", "Translate this to English", "Summarise", "Please translate", "Can you fix this code for me?",
        "Dịch giúp tôi", "sửa cái này", "Tóm tắt văn bản này", "Explain that please", "tom tat giup toi",
    ],
)  # fmt: skip
def test_a_first_message_without_anything_to_work_on(question: str) -> None:
    assert doubt_about(question, []) == "nothing_given"
    assert doubt_about(question, LIST) is None


@pytest.mark.parametrize(
    ("question", "doubt"),
    [
        ("What about the seventh one?", "no_such_item"),
        ("Giải thích mục 9", "no_such_item"),
        ("that one", "which_item"),
        ("Tell me about the other one", "which_item"),
        ("Cái kia thì sao?", "which_item"),
    ],
)
def test_a_place_that_the_list_does_not_have(question: str, doubt: str) -> None:
    assert doubt_about(question, LIST) == doubt
    # Without a list there is nothing to miss.
    assert doubt_about(question, talk("Hello", "Good morning.")) is None


@pytest.mark.parametrize(
    "question",
    [
        "What is it?", "Explain quantum physics", "Fix my car", "Translate 'cat'", "Explain this: foo", "Fix `x=1`",
        "Summarise Hamlet", "Write a poem", "Hello", "thanks", "", "Fix this.\nprint(1", "Dịch câu này: mưa",
        "Translate this text into English and keep the tone of a letter", *STANDING,
    ],
)  # fmt: skip
def test_a_clear_first_message(question: str) -> None:
    assert doubt_about(question, []) is None


@pytest.mark.parametrize("question", [*LEANING, *STANDING, "the second one", "both of them"])
def test_a_clear_follow_up(question: str) -> None:
    items = talk("Which?", "- Django\n- Flask")
    assert doubt_about(question, items) is None or "3" in question


@given(st.text(max_size=300), st.lists(st.text(max_size=300), max_size=3))
def test_nothing_said_breaks_it(question: str, earlier: list[str]) -> None:
    assert doubt_about(question, talk(*earlier)) in (None, "nothing_given", "no_such_item", "which_item")


@pytest.mark.parametrize(
    ("answer", "question"),
    [
        ("Which text should I translate?", "Which text should I translate?"),
        (' "Which one do you mean?" ', "Which one do you mean?"),
        ("<think>unclear</think>Which one?", "Which one?"),
        ("Bạn muốn dịch đoạn nào?", "Bạn muốn dịch đoạn nào?"),
        ("哪一个？", "哪一个？"),
        ("ANSWER", ""),
        ("**ANSWER**", ""),
        ("answer: which one?", ""),
        ("Here is the translation.", ""),
        ("Which one?\nOr all?", ""),
        ("Which? " * 100, ""),
        ("", ""),
        ("<think>Which one?", ""),
    ],
)
def test_what_a_judge_asks(answer: str, question: str) -> None:
    assert clean_question(answer) == question
