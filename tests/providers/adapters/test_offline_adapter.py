"""The stream: pieces, pace, limits, usage, and going on from text that was already shown."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.adapters.offline import OfflineAdapter, make_adapter
from providers.adapters.offline.adapter import full_text
from providers.adapters.offline.phrases import PHRASES
from providers.adapters.offline.tokens import split_tokens
from providers.catalog import resolve_model
from providers.contract import Adapter, AdapterEvent, ChatMessage, ChatRequest, Finished, TextDelta, Usage
from providers.registry import OFFLINE
from providers.tokens import estimate_input_tokens
from tests.providers.adapters.offline_requests import REQUEST_ID, ask

MODEL = resolve_model("offline", endpoints={"offline"})
LONG = ask("Write 300 words about the sea")


class Clock:
    """Time that moves only by sleeping, plus `late_s` for every sleep."""

    def __init__(self, late_s: float = 0.0) -> None:
        self.now_s = 100.0
        self.late_s = late_s
        self.slept_s: list[float] = []

    def read(self) -> float:
        return self.now_s

    async def sleep(self, delay_s: float) -> None:
        self.slept_s.append(delay_s)
        self.now_s += delay_s + (self.late_s if delay_s else 0.0)


async def _collect(request: ChatRequest, adapter: Adapter) -> list[AdapterEvent]:
    return [event async for event in adapter.stream(request, MODEL)]


def events_of(request: ChatRequest, adapter: OfflineAdapter | None = None) -> list[AdapterEvent]:
    return asyncio.run(_collect(request, adapter or OfflineAdapter(tokens_per_s=0)))


def text_of(request: ChatRequest) -> str:
    return "".join(event.text for event in events_of(request) if isinstance(event, TextDelta))


def test_a_stream_is_deltas_then_usage_then_the_end() -> None:
    *deltas, usage, finished = events_of(ask("Hello!"))

    assert deltas
    assert all(isinstance(event, TextDelta) for event in deltas)
    assert usage == Usage(input_tokens=estimate_input_tokens(ask("Hello!"), MODEL), output_tokens=len(deltas))
    assert finished == Finished("complete")


def test_the_deltas_are_the_whole_answer_in_pieces_of_a_few_characters() -> None:
    tokens = split_tokens(full_text(LONG))

    assert text_of(LONG) == full_text(LONG)
    assert 3.0 <= len(full_text(LONG)) / len(tokens) <= 5.0


@given(st.text())
def test_no_text_loses_anything_in_pieces(text: str) -> None:
    tokens = split_tokens(text)

    assert "".join(tokens) == text
    assert all(tokens)
    assert max(map(len, tokens), default=0) <= 6


def test_the_first_token_comes_at_once_and_the_others_on_schedule() -> None:
    clock = Clock()
    deltas = len(events_of(LONG, OfflineAdapter(50.0, clock=clock.read, sleep=clock.sleep))) - 2

    assert len(clock.slept_s) == deltas - 1
    assert clock.now_s - 100.0 == pytest.approx((deltas - 1) / 50.0)


def test_a_late_timer_does_not_lower_the_rate() -> None:
    clock = Clock(late_s=0.05)
    deltas = len(events_of(LONG, OfflineAdapter(50.0, clock=clock.read, sleep=clock.sleep))) - 2

    assert clock.now_s - 100.0 == pytest.approx((deltas - 1) / 50.0, abs=0.08)


def test_without_a_rate_there_is_no_waiting_but_others_may_run() -> None:
    clock = Clock()
    events_of(LONG, OfflineAdapter(0, clock=clock.read, sleep=clock.sleep))

    assert set(clock.slept_s) == {0}


def test_closing_the_stream_ends_it() -> None:
    async def close_early() -> None:
        stream = OfflineAdapter(tokens_per_s=0).stream(LONG, MODEL)
        assert isinstance(await anext(stream), TextDelta)
        await stream.aclose()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)

    asyncio.run(close_early())


@pytest.mark.parametrize(
    ("limit", "reason"), [(1, "length"), (10, "length"), (100_000, "complete"), (None, "complete")]
)
def test_the_output_limit_is_obeyed(limit: int | None, reason: str) -> None:
    *deltas, usage, finished = events_of(ask("help", max_output_tokens=limit))

    assert len(deltas) == min(limit or 100_000, len(split_tokens(full_text(ask("help")))))
    assert isinstance(usage, Usage)
    assert usage.output_tokens == len(deltas)
    assert isinstance(finished, Finished)
    assert finished.reason == reason


def test_the_models_own_limit_holds() -> None:
    deltas = [
        event for event in events_of(ask("Write 99999 words", max_output_tokens=50_000)) if isinstance(event, TextDelta)
    ]

    assert len(deltas) <= MODEL.max_output_tokens


@settings(max_examples=50)
@given(st.integers(0, 3_000))
def test_text_already_shown_is_continued_to_the_letter(shown_chars: int) -> None:
    full = full_text(LONG)
    partial_text = full[:shown_chars]

    rest = text_of(ask("Write 300 words about the sea", partial_text=partial_text))
    assert partial_text + rest == full


def test_a_prefilled_message_is_not_taken_for_an_earlier_answer() -> None:
    full = full_text(ask("Hello!", earlier=()))
    messages = (ChatMessage.of_text("user", "Hello!"), ChatMessage.of_text("assistant", full[:40].rstrip()))

    assert full[:40] + text_of(ChatRequest(REQUEST_ID, messages, "offline", partial_text=full[:40])) == full


def test_an_answer_that_was_complete_gets_nothing_more() -> None:
    request = ask("Hello!", partial_text=full_text(ask("Hello!")))

    assert events_of(request) == [Usage(estimate_input_tokens(request, MODEL), 0), Finished("complete")]


@pytest.mark.parametrize(
    ("partial_text", "joint"),
    [
        ("Another model wrote", "\n\n"),
        ("Another model wrote.\n", "\n"),
        ("Another model wrote.\n\n", ""),
        ("See:\n```python\nx = 1", "\n```\n\n"),
    ],
)
def test_after_another_models_text_comes_a_paragraph_that_says_so(partial_text: str, joint: str) -> None:
    request = ask("What is 12 * 7?", partial_text=partial_text)

    assert text_of(request) == f"{joint}{PHRASES['en'].continued}\n\n**12 × 7 = 84**"


def test_that_paragraph_is_continued_to_the_letter_too() -> None:
    start = "Another model wrote"
    whole = start + text_of(ask("What is 12 * 7?", partial_text=start))

    for cut in range(len(start) + 6, len(whole) + 1):
        assert whole[:cut] + text_of(ask("What is 12 * 7?", partial_text=whole[:cut])) == whole


def test_a_title_is_streamed_like_an_answer() -> None:
    *_, usage, finished = events_of(ask("How do tides work?", earlier=(), feature="title"))

    assert text_of(ask("How do tides work?", earlier=(), feature="title")) == "How do tides work"
    assert isinstance(usage, Usage)
    assert finished == Finished("complete")


def test_no_messages_at_all_are_answered() -> None:
    assert text_of(ChatRequest(REQUEST_ID, (), "offline"))
    assert text_of(ChatRequest(REQUEST_ID, (), "offline", feature="title")) == "A new conversation"


def test_the_registry_can_make_it() -> None:
    adapter = make_adapter(OFFLINE)

    assert isinstance(adapter, OfflineAdapter)
    asyncio.run(adapter.aclose())
