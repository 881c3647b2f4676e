"""What is kept of answers that were to be titles."""

from __future__ import annotations

import pytest

from chat.actions.conversations import TITLE_MAX_CHARS
from chat.actions.title_text import clean_title

PLAIN = [
    "Swimming pools",
    "Bể bơi ở Hà Nội",
    "泳池的历史",
    "It's a dog's life",
    "'Tis the season",
    '"War" and "peace"',
    "f(*args, **kwargs) explained",
    "2 * 3 * 4",
    "C# and F#",
    "snake_case and __init__",
    "Node.js streams",
    "-5 degrees in July",
    "1984 by George Orwell",
    "Rust: lifetimes",
]


@pytest.mark.parametrize("title", PLAIN)
def test_a_plain_title_stays_as_it_is(title: str) -> None:
    assert clean_title(title) == title


@pytest.mark.parametrize(
    "answer",
    [
        " Swimming  pools \n",
        "Swimming pools.",
        '"Swimming pools"',
        '"Swimming pools."',
        "“Swimming pools”.",
        "„Swimming pools“",
        "«Swimming pools»",
        "'Swimming pools'",
        "Title: Swimming pools",
        "TITLE: “Swimming pools”",
        "Conversation title: Swimming pools",
        "Tiêu đề: Swimming pools",
        "**Swimming pools**",
        "***Swimming** pools*",
        "**Title:** Swimming pools",
        '**Title: "Swimming pools"**',
        "# Swimming pools",
        "## *Swimming pools*\n\nA conversation about pools.",
        "- Swimming pools",
        "1. Swimming pools\n2. Pools to swim in",
        "> Swimming pools",
        "_Swimming pools_",
        "`Swimming pools`",
        "Swimming `pools`",
        "[Swimming pools](https://example.org/)",
        "```\nSwimming pools\n```",
        "```markdown\n# Swimming pools\n```",
        "Here is a title for this conversation:\n\n**Swimming pools**",
        "Title:\nSwimming pools",
        "<think>\nThey ask about pools: “Pools”?\n</think>\n\nSwimming pools",
        "They ask about pools.\n</think>\nSwimming pools",
        "Swimming\x00 pools\x1b\r\n",
        "\u2028Swimming pools\u2028and more",
    ],
)
def test_what_models_put_around_a_title_comes_off(answer: str) -> None:
    assert clean_title(answer) == "Swimming pools"


@pytest.mark.parametrize(
    "answer",
    ["", " \n ", '""', "...", "**", "Title:", "Here is a title:", "---", "\u200b", "<think>They ask about", "x" * 500],
)
def test_what_holds_no_title_is_blank(answer: str) -> None:
    assert clean_title(answer) == ""


def test_what_is_far_too_long_is_cut_between_words() -> None:
    title = clean_title("Pools and how to swim in them " * 1_000)
    assert TITLE_MAX_CHARS - 10 < len(title) <= TITLE_MAX_CHARS
    assert title.removesuffix("…").split()[-1] in ["Pools", "and", "how", "to", "swim", "in", "them"]
