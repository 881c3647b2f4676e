"""What a provider says is stored on every database: no NUL, no surrogates, no number beyond an integer column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.contract import AdapterEvent, Finished, ReasoningDelta, TextDelta, ToolCall, ToolCallDelta, Usage
from providers.errors import RateLimited
from providers.storable import MAX_COUNT, storable_error, storable_event, storable_text


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("", ""),
        ("plain", "plain"),
        ("đẹp 😀\n\t\x7f", "đẹp 😀\n\t\x7f"),
        ("a\x00b\x00", "ab"),
        ("lone \ud83d high", "lone \ufffd high"),
        ("lone \ude00 low", "lone \ufffd low"),
        ("\ud83d\ude00 together", "😀 together"),
        ("\ude00\ud83d wrong way", "\ufffd\ufffd wrong way"),
        ("\ud83d\x00\ude00", "😀"),
        ("end \ud83d", "end \ufffd"),
    ],
)
def test_text(said: str, stored: str) -> None:
    assert storable_text(said) == stored
    assert storable_event(TextDelta(said)) == TextDelta(stored)
    assert storable_event(ReasoningDelta(said)) == ReasoningDelta(stored)
    assert storable_event(ToolCallDelta(0, said, said)) == ToolCallDelta(0, stored, stored)


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_text_can_be_encoded_and_is_left_alone_the_second_time(text: str) -> None:
    stored = storable_text(text)
    assert "\x00" not in stored
    assert stored.encode().decode() == stored
    assert storable_text(stored) == stored


@pytest.mark.parametrize(
    "event", [TextDelta("text"), Usage(1, 2, 3, 4), Finished("complete", 2), ToolCall("id", "name", "{}")]
)
def test_what_can_be_stored_is_left_as_it_is(event: AdapterEvent) -> None:
    assert storable_event(event) == event


def test_counts_stay_within_an_integer_column() -> None:
    assert storable_event(Usage(-5, 10**30)) == Usage(0, MAX_COUNT)


def test_an_error_keeps_its_kind_and_flags() -> None:
    error = storable_error(RateLimited("wait\x00", detail="429 \ud800", retry_after_s=3))
    assert (error.user_message, error.detail, error.retry_after_s) == ("wait", "429 \ufffd", 3)
