"""How much work a question is: what makes it light, middling or work, with Vietnamese marks and without."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.routing.auto import rules_in_force
from providers.routing.work import EXAMINED_CHARS, WorkScore, refers_back, work_score
from tests.providers.tokens.texts import ENGLISH_LETTER, JAVASCRIPT, PYTHON, SHELL, SQL, TRACEBACK

STANDARD_FROM, PREMIUM_FROM = 0.3, 0.6


def scored(text: str, *, work_words: tuple[str, ...] | None = None, min_words: int = 8) -> WorkScore:
    words = rules_in_force().work_words if work_words is None else work_words
    return work_score(text, work_words=words, min_words=min_words)


@pytest.mark.parametrize(
    "text",
    [
        "Implement a queue",
        "Analyze our churn",
        "Analysing the causes took a while, go on",
        "Which algorithms sort in linear time?",
        "Please build me a shed plan",
        "Can you create a quiz about birds?",
        "And now design it for children",
        "Add a method to this class in Python",
        "Phân tích bài thơ này",
        "phan tich bai tho nay",
        "Bạn có thể thiết kế một tấm thiệp không?",
        "thuat toan nao nhanh nhat",
    ],
)
def test_a_word_of_work_makes_work(text: str) -> None:
    assert scored(text).score >= PREMIUM_FROM


@pytest.mark.parametrize(
    "text",
    [
        "My class was fun",
        "What class is a newt?",
        "The function room is on the left",
        "Did Gustave Eiffel build the tower?",
        "Postal code of Bern?",
        "Lớp mình hôm nay vui quá",
        "Hàm răng của mình đau quá",
        "Ai tạo ra bóng đèn?",
    ],
)
def test_everyday_uses_of_these_words_do_not(text: str) -> None:
    assert scored(text).score < STANDARD_FROM


@pytest.mark.parametrize("text", [PYTHON, JAVASCRIPT, SQL, SHELL, TRACEBACK, "why?\n```\nx\n```", "a === b ?"])
def test_code_makes_work(text: str) -> None:
    assert scored(text, work_words=()).score >= PREMIUM_FROM


@pytest.mark.parametrize(
    "text",
    [
        "If you have a minute, let me know: tea or coffee?",
        "From my point of view: lovely",
        "Import duties on tea, what are they?",
        "Public holidays in May?",
        "Is 5 (five) odd?",
    ],
)
def test_prose_is_not_taken_for_code(text: str) -> None:
    assert scored(text).score < PREMIUM_FROM


def test_more_than_eight_words_make_a_middling_question() -> None:
    assert scored("pear " * 8).score == 0
    assert STANDARD_FROM <= scored("pear " * 9).score <= scored("pear " * 40).score < PREMIUM_FROM


def test_a_very_long_question_is_work() -> None:
    assert scored("pear " * 200).score >= PREMIUM_FROM


def test_the_number_of_words_is_a_setting() -> None:
    assert scored("pear " * 9, min_words=9).score == 0
    assert scored("pear " * 3, min_words=2).score >= STANDARD_FROM


def test_syllables_and_characters_are_joined_to_words() -> None:
    assert scored("một hai ba bốn năm sáu bảy tám chín mười").words == pytest.approx(10 / 1.35)
    assert scored("早上七点雨还没有").words == pytest.approx(8 / 1.6)
    assert scored("早上 at seven").words == pytest.approx(2 + 2 / 1.6)


@pytest.mark.parametrize(
    "text", ["Thanks a lot, that was just what I was looking for today!", "lol", "Cảm ơn bạn nhiều nhé"]
)
def test_small_talk_is_light_however_long(text: str) -> None:
    assert scored(text).is_talk
    assert scored(text).score == 0


def test_a_letter_that_says_thanks_is_no_small_talk() -> None:
    assert not scored(ENGLISH_LETTER).is_talk
    assert scored(ENGLISH_LETTER).score >= STANDARD_FROM


def test_a_greeting_does_not_hide_a_question() -> None:
    assert scored("Hi! Explain how tides work").score >= STANDARD_FROM
    assert scored("Xin chào, viết hàm Python đảo ngược chuỗi").score >= PREMIUM_FROM


def test_marks_count_where_there_are_any() -> None:
    """`lop` may be lớp, lốp or lợp: a tyre is no class of a program."""
    assert scored("Thay lốp xe và viết script").score == scored("Thay xe và viết script").score


def test_words_of_ones_own_count_everywhere() -> None:
    assert scored("the tender of Bern", work_words=("tender",)).score >= PREMIUM_FROM
    assert scored("ĐẤU THẦU ở Huế", work_words=("đấu thầu",)).score >= PREMIUM_FROM
    assert scored("Implement a queue", work_words=("tender",)).score < PREMIUM_FROM


def test_the_beginning_and_the_end_of_a_long_text_are_read() -> None:
    filling = "pear " * EXAMINED_CHARS

    assert scored(f"Debug this. {filling}").score >= PREMIUM_FROM
    assert scored(f"{filling} ... debug this").why == scored("debug this").why
    assert scored(filling).words <= 2 * EXAMINED_CHARS / 5 + 1


@pytest.mark.parametrize(
    ("text", "refers"),
    [
        ("And in Rust?", True),
        ("Is it faster?", True),
        ("còn Java thì sao", True),
        ("What is the capital of Peru?", False),
        ("", False),
    ],
)
def test_what_leans_on_earlier_words_is_seen(text: str, refers: bool) -> None:
    assert refers_back(text) is refers


@given(st.text(max_size=400))
def test_any_text_has_a_score_and_a_reason(text: str) -> None:
    found = scored(text)

    assert 0 <= found.score <= 1
    assert str(found.why)
