from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.adapters.offline.arithmetic import MAX_STEPS, Calculation, find_calculation, format_number
from providers.adapters.offline.phrases import PHRASES


@pytest.mark.parametrize(
    ("question", "expression", "result"),
    [
        ("12*7", "12 × 7", "84"),
        ("what is 12 * 7?", "12 × 7", "84"),
        ("What's 7 times 8", "7 × 8", "56"),
        ("7 x 8 = ?", "7 × 8", "56"),
        ("12 × 7 ÷ 2 − 1", "12 × 7 ÷ 2 − 1", "41"),
        ("0.1 + 0.2", "0.1 + 0.2", "0.3"),
        ("10.50 - 0.25", "10.50 − 0.25", "10.25"),
        ("(1 + 2) * 3 - 4 / 2", "(1 + 2) × 3 − 4 ÷ 2", "7"),
        ("2 ** 10", "2^10", "1024"),
        ("2^10", "2^10", "1024"),
        ("(4 + 5)²", "(4 + 5)^2", "81"),
        ("3 squared", "3^2", "9"),
        ("2 ** -2", "2^-2", "0.25"),
        ("4 ** 0.5", "4^0.5", "2"),
        ("((((1 + 1))))", "((((1 + 1))))", "2"),
        ("-2 ** 2", "-2^2", "-4"),
        ("-5 + 3", "-5 + 3", "-2"),
        ("2 - -3", "2 − -3", "5"),
        ("5 * (-3)", "5 × (-3)", "-15"),
        ("10 // 3", "10 // 3", "3"),
        ("17 % 5", "17 % 5", "2"),
        ("1,000 * 3", "1000 × 3", "3000"),
        ("1,5 + 2", "1.5 + 2", "3.5"),
        ("15 % of 80", "(15 ÷ 100) × 80", "12"),
        ("15% of 80", "(15 ÷ 100) × 80", "12"),
        ("25 percent of 10", "(25 ÷ 100) × 10", "2.5"),
        ("15% của 80 là bao nhiêu?", "(15 ÷ 100) × 80", "12"),
        ("200 + 10%", "200 + 200 × 10 ÷ 100", "220"),
        ("200 - 10%", "200 − 200 × 10 ÷ 100", "180"),
        ("Tính 3 nhân 4", "3 × 4", "12"),
        ("10 chia 4 bằng mấy?", "10 ÷ 4", "2.5"),
        ("Please calculate 6 plus 5.", "6 + 5", "11"),
        ("how much is 100 divided by 8?", "100 ÷ 8", "12.5"),
    ],
)
def test_questions_are_worked_out_exactly(question: str, expression: str, result: str) -> None:
    found = find_calculation(question)

    assert found is not None
    assert (found.expression, found.result, found.is_exact, found.problem) == (expression, result, True, "")


@pytest.mark.parametrize(("question", "result"), [("1 / 3", "0.333333333333"), ("2 ** 0.5", "1.41421356237")])
def test_a_result_without_end_is_rounded_and_said_to_be(question: str, result: str) -> None:
    found = find_calculation(question)

    assert found is not None
    assert (found.result, found.is_exact) == (result, False)


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        ("5 / 0", "division_by_zero"),
        ("5 % 0", "division_by_zero"),
        ("0 ** -1", "division_by_zero"),
        ("0 ** -0.5", "division_by_zero"),
        ("9 ** 9 ** 9", "too_large"),
        ("2 ** 5000", "too_large"),
        ("(10 ** 300) * (10 ** 600)", "too_large"),
        ("(-8) ** 0.5", "not_real"),
    ],
)
def test_what_has_no_result_says_why(question: str, problem: str) -> None:
    found = find_calculation(question)

    assert found is not None
    assert (found.problem, found.result) == (problem, "")


@pytest.mark.parametrize(
    "question",
    [
        "",
        "12",
        "hello",
        "What is the capital of France?",
        "2024-01-15",
        "15/01/2024",
        "1.2.3",
        "let's meet 10-12",
        "x + 3",
        "2 (3)",
        "1 +",
        "12 * 7 and tell me about dogs",
        "my phone is 555-1234",
        "007 + 1",
        "__import__('os')",
        "1+" * 200 + "1",
        "(" * 250 + "1+1",
    ],
)
def test_other_questions_are_not_calculations(question: str) -> None:
    assert find_calculation(question) is None


def test_steps_are_in_the_order_they_were_done() -> None:
    found = find_calculation("(1 + 2) * 3 - 4 / 2")

    assert found is not None
    assert found.steps == ("1 + 2 = 3", "3 × 3 = 9", "4 ÷ 2 = 2", "9 − 2 = 7")


def assert_whole(found: Calculation | None) -> None:
    """It is no calculation, or has a number and how it came about, or a problem that there are words for."""
    if found is None:
        return
    if found.problem:
        assert found.result == ""
        assert all(found.problem in phrases.sum_problems for phrases in PHRASES.values())
    else:
        assert re.fullmatch(r"-?\d+(\.\d+)?(E[+-]\d+)?", found.result)
        assert 1 <= len(found.steps) <= MAX_STEPS


number = st.sampled_from(["0", "7", "-3", "0.5", "1000", "(2 - 9)", "99999999999"])
sign = st.sampled_from(["+", "-", "*", "/", "//", "%", "**", " % of "])
# What is typed at random is hardly ever a calculation.
expression = st.lists(st.tuples(number, sign), min_size=1, max_size=8).map(lambda terms: "".join(sum(terms, ())) + "5")


@given(expression | st.text(alphabet="0123456789+-*/%()., ^×÷−²xof", max_size=60))
def test_no_expression_makes_it_fail(question: str) -> None:
    assert_whole(find_calculation(question))


@given(st.text(max_size=320))
def test_no_text_makes_it_fail(question: str) -> None:
    assert_whole(find_calculation(question))


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_sums_of_whole_numbers_are_right(left: int, right: int) -> None:
    found = find_calculation(f"{left} + ({right})")

    assert found is not None
    assert found.result == str(left + right)


@given(st.decimals(-10_000, 10_000, places=4), st.decimals(-10_000, 10_000, places=4))
def test_products_of_decimals_are_exact(left: Decimal, right: Decimal) -> None:
    found = find_calculation(f"({left}) * ({right})")

    assert found is not None
    assert Decimal(found.result) == left * right
    assert found.is_exact


@given(st.fractions(-1000, 1000, max_denominator=10_000))
def test_a_number_is_exact_or_close(value: Fraction) -> None:
    text, is_exact = format_number(value)

    assert (Fraction(text) == value) == is_exact
    assert abs(Fraction(text) - value) <= abs(value) * Fraction(1, 10**11)
