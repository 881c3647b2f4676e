"""What the built-in model suggests to ask next: more about what an answer names, or nothing."""

from __future__ import annotations

import pytest

from providers.adapters.offline.follow_ups import make_follow_ups
from tests.providers.adapters.offline_requests import ask


def suggested(answer: str, *, question: str = "What is there?") -> list[str]:
    made = make_follow_ups(ask(f"user: {question}\n\nassistant: {answer}", earlier=(), feature="follow_ups"))
    return made.splitlines()


@pytest.mark.parametrize(
    ("answer", "topics"),
    [
        ("# Pools\n\n## Depth\n\n## Covers\n", ["Depth", "Covers"]),
        ("- **Depth**: how deep\n- **Covers**: of which kind\n- **Heat**\n- **Light**", ["Depth", "Covers", "Heat"]),
        ("1. Depth: how deep\n2. Covers: of which kind", ["Depth", "Covers"]),
    ],
)
def test_what_it_names_is_asked_about(answer: str, topics: list[str]) -> None:
    assert suggested(answer) == [f"Tell me more about “{topic}”" for topic in topics]


@pytest.mark.parametrize(
    "answer",
    [
        "It is deep.",
        "- The nightly settlement starts at 02:00.",
        "- See https://example.org/a.",
        "```\n# a comment\n# another\n```",
        "- ...\n- !",
    ],
)
def test_sentences_and_code_are_no_names(answer: str) -> None:
    assert suggested(answer) == ["NONE"]


def test_what_was_asked_about_is_left_out() -> None:
    assert suggested("- **Depth**: how deep\n- **Covers**", question="How about depth?") == [
        "Tell me more about “Covers”"
    ]
