"""What is kept of answers that were to suggest how to go on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.understanding.follow_ups import (
    MAX_SUGGESTIONS,
    SUGGESTION_MAX_CHARS,
    clean_follow_ups,
    fit_suggestions,
    intent_in,
)

THREE = ["How cold may it get?", "Which cover is best?", "Show me a checklist"]


@pytest.mark.parametrize(
    "answer",
    [
        "\n".join(THREE),
        "\n\n".join(f"- {one}" for one in THREE),
        "\n".join(f"{number}. “{one}”" for number, one in enumerate(THREE, 1)),
        "Here are three:\n" + "\n".join(f"* **{one}**" for one in THREE),
        "<think>They ask of pools.</think>\n" + "\n".join(THREE),
        "INTENT: question\n" + "\n".join(THREE),
        "**Intent:** follow-up\n\n" + "\n".join(THREE),
        "\n".join([*THREE, "And a fourth?"]),
        "\n".join([THREE[0], THREE[0].upper(), "how do i swim", *THREE[1:]]),
        "\n".join([THREE[0], "x" * 121, *THREE[1:]]),
    ],
)
def test_three_lines_are_kept(answer: str) -> None:
    assert clean_follow_ups(answer, asked="How do I swim?") == THREE


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "NONE",
        "None.",
        "INTENT: goodbye",
        "...",
        "Sorry:",
        "<think>pools",
        "\n".join(f"Line {n}?" for n in range(9)),
    ],
)
def test_of_something_else_nothing_is(answer: str) -> None:
    assert clean_follow_ups(answer) == []


@pytest.mark.parametrize(
    ("answer", "intent"),
    [
        ("INTENT: feedback", "feedback"),
        ("intent: Follow-up\nWhy?", "follow_up"),
        ("**Intent:** new topic", "new_topic"),
        ("INTENT: nonsense", None),
        ("Why?", None),
        ("The intent is feedback", None),
    ],
)
def test_the_intent_has_a_line(answer: str, intent: str | None) -> None:
    assert intent_in(answer) == intent


@given(st.text(max_size=3_000), st.text(max_size=100))
def test_whatever_a_model_says_little_is_kept(answer: str, asked: str) -> None:
    kept = clean_follow_ups(answer, asked=asked)
    assert len(kept) == len({one.casefold() for one in kept}) <= MAX_SUGGESTIONS
    assert all(one.isprintable() and len(one) <= SUGGESTION_MAX_CHARS for one in kept)
    assert fit_suggestions(kept) == kept


def test_what_is_no_text_is_passed_over() -> None:
    assert fit_suggestions([3, None, {"a": 1}, "a\nb", ["x"], "Why?"]) == ["Why?"]
