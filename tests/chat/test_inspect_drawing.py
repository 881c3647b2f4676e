"""The large drawing of a request: everything in its box, in order, whatever was timed."""

from __future__ import annotations

from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from chat.inspect.drawing import ROWS_MAX, draw
from chat.inspect.parts import Figures, InspectedCost, InspectedRequest, Mark, Stage
from chat.inspect.stages import stage_ends

MS = st.integers(0, 10_000_000)
STAGES = st.builds(
    lambda name, start, wait, first, took, number: Stage(
        name=name,
        label=name * 50,
        start_ms=start,
        end_ms=start + wait + first + took,
        call_number=number,
        called_ms=start + wait if number else None,
        first_token_ms=start + wait + first if number else None,
    ),
    st.sampled_from(["queue", "attempt", "what nobody knows"]),
    MS,
    MS,
    MS,
    MS,
    st.integers(0, 3),
)
MARKS = st.builds(Mark, MS, st.sampled_from(["retry", "switch", "stop", "fail", "cache", "else"]), st.text(max_size=9))


def request_of(stages: list[Stage], marks: list[Mark], trace: list[int], trace_start_ms: int = 0) -> InspectedRequest:
    return InspectedRequest(
        id=uuid4(),
        kind="answer",
        status="complete",
        asked_at=None,
        is_running=False,
        error_code="",
        error_message="",
        recoveries=0,
        figures=Figures(None, None, None, None, None, InspectedCost(), 0),
        stages=tuple(stages),
        marks=tuple(marks),
        trace_start_ms=trace_start_ms,
        trace=tuple(trace),
        attempts=(),
        context=None,
        understanding=None,
        routing=None,
        lines=(),
    )


def share(percent: str) -> float:
    assert percent.endswith("%")
    return float(percent[:-1])


@given(st.lists(STAGES, max_size=60), st.lists(MARKS, max_size=20), st.lists(st.integers(0, 99), max_size=900), MS)
def test_everything_stays_in_its_box(stages: list[Stage], marks: list[Mark], trace: list[int], start_ms: int) -> None:
    drawing = draw(request_of(stages, marks, trace, start_ms))
    if drawing is None:
        assert not any(stage.end_ms for stage in stages)
        assert not any(mark.at_ms for mark in marks)
        return
    assert len(drawing.rows) <= ROWS_MAX
    assert [row.y for row in drawing.rows] == sorted({row.y for row in drawing.rows})
    assert all(drawing.axis_y < row.y < drawing.height for row in drawing.rows)
    for bar in (bar for row in drawing.rows for bar in row.bars):
        assert share(bar.x) >= 0
        assert share(bar.x) + share(bar.width) <= 100.02
    assert all(0 <= share(x) <= 100 for x in [*(tick.x for tick in drawing.ticks), *(line.x for line in drawing.grid)])
    assert all(tick.y is None or 0 < tick.y < drawing.trace_y for tick in drawing.ticks)
    assert 2 <= len(drawing.grid) <= 6


@given(st.lists(MARKS, min_size=1, max_size=20))
def test_words_over_the_trace_do_not_meet(marks: list[Mark]) -> None:
    drawing = draw(request_of([], marks, [1] * 10))
    assert drawing is not None
    for lane in {tick.y for tick in drawing.ticks if tick.y is not None}:
        ends = 0.0
        for tick in (tick for tick in drawing.ticks if tick.y == lane):
            width = len(tick.label) * 6.5
            start = 3.4 * share(tick.x) - (width if tick.is_late else 0)
            assert start >= ends - 0.5
            ends = start + width


def test_the_trace_stands_where_the_work_began() -> None:
    drawing = draw(request_of([Stage("queue", "Queue", 0, 1_000)], [], [5] * 10, 1_000))
    assert drawing is not None
    assert drawing.trace is not None
    assert (drawing.trace.x, drawing.trace.width, drawing.trace.span) == ("50.00%", "50.00%", 10)
    assert [line.label for line in drawing.grid] == ["0 s", "0.5 s", "1 s", "1.5 s", "2 s"]


def test_what_was_never_timed_has_no_drawing() -> None:
    assert draw(request_of([], [], [])) is None


def test_stages_are_read_in_the_order_of_their_ends_whatever_they_are_called() -> None:
    timings = {"generate_ms": 90, "guard_ms": 3, "first_token_ms": 20, "tokens": 4, "trace": [1], "new_ms": 5.4}
    assert stage_ends(timings | {"context_ms": None}) == [("guard", 3), ("new", 5), ("generate", 90)]
