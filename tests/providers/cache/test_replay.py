"""What becomes of an answer's events: what may be kept, and how it comes back."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.cache.bounds import ANSWER_MAX_BYTES
from providers.cache.replay import PIECES_IN_A_ROW, Keepable, replay
from providers.cache.store import CachedAnswer
from providers.contract import (
    AttemptStarted,
    Failed,
    FellBack,
    Finished,
    FinishReason,
    GatewayEvent,
    ReasoningDelta,
    Retrying,
    Routed,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
)
from providers.errors import ProviderUnavailable

MODEL = "openai/gpt-5"
START = AttemptStarted(1, "openai", "gpt-5", "first")
USAGE = Usage(20, 9)
ERROR = ProviderUnavailable("Gone.")
WHOLE: list[GatewayEvent] = [
    Routed("gpt-5", ()),
    START,
    ReasoningDelta("Hm."),
    TextDelta("Vien"),
    TextDelta("na."),
    USAGE,
    Finished("complete"),
]


def seen(events: list[GatewayEvent]) -> Keepable:
    keepable = Keepable(MODEL)
    for event in events:
        keepable.see(event)
    return keepable


def test_a_complete_answer_of_one_call_may_be_kept() -> None:
    keepable = seen(WHOLE)
    assert (keepable.text, keepable.usage) == ("Vienna.", USAGE)


SPOILT: dict[str, list[GatewayEvent]] = {
    "nothing": [],
    "not finished": WHOLE[:-1],
    "no call": [TextDelta("x"), Finished("complete")],
    "no text": [START, Finished("complete")],
    "retried": [START, Retrying("openai", "gpt-5", ERROR, 1.0), *WHOLE],
    "a second call": [START, *WHOLE],
    "fell back": [*WHOLE[:4], FellBack("openai", "gpt-5", "anthropic", "c", ERROR, True), *WHOLE[4:]],
    "broke": [*WHOLE[:-1], Failed(ERROR)],
    "another model": [AttemptStarted(1, "openai", "gpt-5-mini", "first"), *WHOLE[2:]],
    "another endpoint": [AttemptStarted(1, "openrouter", "gpt-5", "first"), *WHOLE[2:]],
    "from the cache": [AttemptStarted(1, "openai", "gpt-5", "cache", "cache"), *WHOLE[2:]],
    "shared": [AttemptStarted(1, "openai", "gpt-5", "shared", "shared"), *WHOLE[2:]],
    "a tool": [*WHOLE[:-1], ToolCall("1", "now", "{}"), Finished("complete")],
    "the beginning of a tool": [*WHOLE[:-1], ToolCallDelta(0, "now", "{"), Finished("complete")],
    "with a gap": [*WHOLE[:-1], Finished("complete", skipped_chunks=1)],
    "too long": [*WHOLE[:-1], TextDelta("x" * (ANSWER_MAX_BYTES + 1)), TextDelta("x"), Finished("complete")],
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_may_not_be_kept(name: str) -> None:
    assert seen(SPOILT[name]).text == ""


@pytest.mark.parametrize("reason", ["length", "tool_call", "content_filter", "stopped"])
def test_an_incomplete_answer_is_not_kept(reason: FinishReason) -> None:
    assert seen([*WHOLE[:-1], Finished(reason)]).text == ""


def kept(text: str) -> CachedAnswer:
    return CachedAnswer(UUID(int=1), "exact", 1.0, text, USAGE, timezone.now())


@settings(deadline=None)
@given(st.text(max_size=400))
def test_a_replay_is_the_whole_answer_in_pieces(text: str) -> None:
    events = asyncio.run(collected(kept(text)))
    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert "".join(pieces) == text
    assert all(pieces)
    assert max((len(piece.strip()) for piece in pieces), default=0) <= 16
    assert events[len(pieces) :] == [USAGE, Finished("complete")]


async def collected(answer: CachedAnswer) -> list[GatewayEvent]:
    return [event async for event in replay(answer)]


async def test_others_have_their_turn_meanwhile() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(count())
    events = await collected(kept("word " * 10 * PIECES_IN_A_ROW))
    other.cancel()
    assert len(events) > 10 * PIECES_IN_A_ROW
    assert turns >= 10
