"""The line under an answer: what is drawn from which timings."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.models import Message, Run
from chat.trace import FULL_TOKENS_PER_BUCKET, MAX_POINTS, finished_trace, line, live_trace


def ended(buckets: list[int], status: Message.Status = Message.Status.COMPLETE) -> tuple[Message, Run]:
    return Message(role="assistant", status=status, output_tokens=7), Run(timings={"trace": buckets})


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](\d+) ([\d.]+)", path)]


def test_an_answer_of_half_a_second() -> None:
    trace = finished_trace(*ended([0, 0, 5, 5, 20]))
    assert trace is not None
    assert points(trace.path) == [(0, 15), (0, 15), (1, 15), (2, 8), (3, 8), (4, 1), (5, 15)]
    assert (trace.span, trace.ticks, trace.label) == (120, (), "7 tokens in 0.5 s")


def test_what_was_never_timed_has_no_trace() -> None:
    assert finished_trace(*ended([])) is None
    assert finished_trace(*ended([0, 0])) is None
    assert finished_trace(Message(status="complete"), Run()) is None


@pytest.mark.parametrize(("status", "kind"), [(Message.Status.STOPPED, "stop"), (Message.Status.FAILED, "fail")])
def test_an_early_end_is_a_tick_and_a_word(status: Message.Status, kind: str) -> None:
    trace = finished_trace(*ended([3] * 130, status))
    assert trace is not None
    assert (trace.span, trace.ticks) == (130, ((130, kind),))
    assert trace.label == f"7 tokens in 13.0 s, {'stopped' if kind == 'stop' else 'failed'}"


def test_what_happened_is_a_tick_while_the_answer_is_written() -> None:
    trace = live_trace([3] * 20, [{"at_ms": 1_290, "kind": "retry", "label": ""}])
    assert (trace.ticks, trace.span) == (((12, "retry"),), 120)
    assert live_trace([], [{"at_ms": 45_000, "kind": "switch", "label": ""}]).span == 450, "it stands in its box"


@given(st.lists(st.integers(0, 10_000), max_size=3_000))
@settings(deadline=None)
def test_the_line_stays_in_its_box_and_is_bounded(buckets: list[int]) -> None:
    trace = finished_trace(*ended(buckets))
    if trace is None:
        assert not any(buckets)
        return
    drawn = points(trace.path)
    assert len(drawn) <= MAX_POINTS + 2
    assert all(0 <= x <= trace.span and 1 <= y <= 15 for x, y in drawn)
    assert [x for x, _ in drawn] == sorted(x for x, _ in drawn)


@given(st.lists(st.integers(0, FULL_TOKENS_PER_BUCKET), max_size=200), st.integers(0, 200))
@settings(deadline=None)
def test_a_line_drawn_in_pieces_is_the_whole_line(buckets: list[int], cut: int) -> None:
    assert live_trace(buckets[:cut]).path + line(buckets, start=min(cut, len(buckets))) == live_trace(buckets).path


def test_what_happened_on_the_way_is_a_tick_and_a_word() -> None:
    message, run = ended([5] * 100)
    run.timings["marks"] = [
        {"at_ms": 340, "kind": "retry", "label": "OpenAI is rate-limited"},
        {"at_ms": 2_000, "kind": "retry", "label": ""},
        {"at_ms": 6_040, "kind": "switch", "label": "Switched to Anthropic"},
        {"at_ms": 99_999, "kind": "cache", "label": ""},
    ]
    trace = finished_trace(message, run)
    assert trace is not None
    assert trace.ticks == ((3, "retry"), (20, "retry"), (60, "switch"), (100, "cache"))
    words = "7 tokens in 10.0 s, 2 retries, switched to another model after 6.0 s, answered from the cache"
    assert trace.label == words


def test_an_early_end_that_was_noted_is_one_tick() -> None:
    message, run = ended([5] * 100, Message.Status.STOPPED)
    run.timings["marks"] = [{"at_ms": 9_900, "kind": "stop", "label": "Stopped"}]
    trace = finished_trace(message, run)
    assert trace is not None
    assert trace.ticks == ((99, "stop"),)
    assert trace.label.endswith(", stopped")
