"""What a provider's error repeats of a request is gone from it, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.contract import ChatMessage, ChatRequest, ImagePart, TextPart, ToolCallPart, ToolResultPart
from providers.quotes import QUOTED, RUN_CHARS, without_quotes
from tests.support.stage import ASKED

SAID = st.text(alphabet="abc ", max_size=80)
# Of other characters than what is said around it.
AROUND = st.text(alphabet="xyz:'{}\n", max_size=40)
LONG = "an argument of a tool that nobody else is to read"


def asked(text: str) -> ChatRequest:
    return replace(ASKED, messages=(ChatMessage.of_text("user", text),))


@given(SAID, SAID)
def test_no_piece_of_the_text_stays(text: str, said: str) -> None:
    kept = without_quotes(said, asked(text), received=())
    pieces = (kept[start : start + RUN_CHARS] for start in range(len(kept) - RUN_CHARS + 1))
    assert not any(piece in text for piece in pieces)


@given(AROUND, st.text(alphabet="abc", min_size=RUN_CHARS, max_size=90), AROUND)
def test_what_stands_around_it_stays(before: str, text: str, after: str) -> None:
    kept = without_quotes(before + text + after, asked(text), received=())
    assert kept == before + QUOTED + after


@given(AROUND, SAID)
def test_what_quotes_nothing_stays(said: str, text: str) -> None:
    assert without_quotes(said, asked(text), received=()) == said


@pytest.mark.parametrize("text", ["Hi", "model", "invalid"])
def test_a_word_that_is_the_whole_question_does_not_break_the_error(text: str) -> None:
    said = "HTTP 404 invalid model: Hi"
    assert without_quotes(said, asked(text), received=()) == said


@pytest.mark.parametrize(
    "part", [TextPart(LONG), ToolCallPart("1", "look_up", f'{{"for": "{LONG}"}}'), ToolResultPart("1", "look_up", LONG)]
)
def test_every_part_of_a_message_counts(part: TextPart | ToolCallPart | ToolResultPart) -> None:
    request = replace(ASKED, messages=(ChatMessage("user", (ImagePart("image/png", b"x"), part)),))
    assert without_quotes(f"400: <{LONG}>", request, received=()) == f"400: <{QUOTED}>"


def test_the_beginning_of_the_answer_counts_and_a_piece_over_two_deltas() -> None:
    request = replace(ASKED, partial_text=LONG)
    assert without_quotes(f"400: <{LONG}>", request, received=()) == f"400: <{QUOTED}>"
    assert without_quotes(f"400: <{LONG}>", ASKED, received=(LONG[:11], LONG[11:])) == f"400: <{QUOTED}>"
