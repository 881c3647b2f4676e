"""Draws a request: its trace large, over the waterfall of its stages, on one time axis.

Places along the axis are percentages, so that the drawing takes any width without its words being stretched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from chat.inspect.parts import InspectedRequest, Mark, Stage
from chat.inspect.words import MARKS, in_words
from chat.templatetags.figures import duration
from chat.trace import BUCKETS_PER_S, FULL_TOKENS_PER_BUCKET, trace_path
from convoscope.numbers import number

# The narrowest panel; what fits there fits everywhere.
ASSUMED_WIDTH_PX = 340
LABEL_PX_PER_CHAR = 6.5
LABEL_MAX_CHARS = 34
GRID_LINES = 4
LANES = 3
LANE_PX = 15
# For the rate that stands on the trace's upper line.
RATE_PX = 14
TRACE_PX = 72
AXIS_PX = 26
ROW_PX = 28
# More rows than these are a list, not a picture: the middle of a long row of retries is left out.
ROWS_MAX = 24
LARGE_MAX_POINTS = 720
MS_PER_BUCKET = 1000 // BUCKETS_PER_S
# At the trace's upper line.
TOP_TOKENS_PER_S = FULL_TOKENS_PER_BUCKET * BUCKETS_PER_S


@dataclass(frozen=True, slots=True)
class Bar:
    """`kind` is `wait`, `first` (until the first token) or `work`."""

    x: str
    width: str
    kind: str


@dataclass(frozen=True, slots=True)
class Row:
    y: int
    label: str
    figure: str
    bars: tuple[Bar, ...]
    outcome: str = ""
    is_call: bool = False
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class GridLine:
    x: str
    label: str
    is_last: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """`y` is where its word stands, None where there was no room for it."""

    x: str
    kind: str
    label: str
    y: int | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class LargeTrace:
    """`path` in a box of `span` by 16, as of the small one; the box spans `x` to `x + width`."""

    path: str
    span: int
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Units: `y`, `height` and the like are pixels; `x` and `width` percentages."""

    height: int
    trace: LargeTrace | None
    trace_y: int
    axis_y: int
    top_tokens_per_s: int
    grid: tuple[GridLine, ...]
    ticks: tuple[Tick, ...]
    rows: tuple[Row, ...]


def draw(request: InspectedRequest) -> Drawing | None:
    """None if nothing of the request was timed."""
    trace_end_ms = request.trace_start_ms + len(request.trace) * MS_PER_BUCKET if request.trace else 0
    ends = [*(stage.end_ms for stage in request.stages), *(mark.at_ms for mark in request.marks), trace_end_ms]
    total_ms = max(ends, default=0)
    if total_ms <= 0:
        return None
    ticks, lanes = _ticks(request.marks, total_ms)
    trace_y = lanes * LANE_PX + RATE_PX
    axis_y = trace_y + (TRACE_PX if request.trace else 0)
    rows = tuple(_rows(request.stages, total_ms, axis_y + AXIS_PX))
    return Drawing(
        height=axis_y + AXIS_PX + len(rows) * ROW_PX,
        trace=_trace(request, total_ms),
        trace_y=trace_y,
        axis_y=axis_y,
        top_tokens_per_s=TOP_TOKENS_PER_S,
        grid=tuple(_grid(total_ms)),
        ticks=ticks,
        rows=rows,
    )


def _trace(request: InspectedRequest, total_ms: int) -> LargeTrace | None:
    if not request.trace:
        return None
    span = len(request.trace)
    return LargeTrace(
        path=trace_path(request.trace, max_points=LARGE_MAX_POINTS),
        span=span,
        x=_percent(request.trace_start_ms, total_ms),
        width=_percent(span * MS_PER_BUCKET, total_ms),
    )


def _ticks(marks: Sequence[Mark], total_ms: int) -> tuple[tuple[Tick, ...], int]:
    """The ticks, and how many lanes their words take. A word that meets others in every lane is left out: the table
    below has it."""
    free_from = [0.0] * LANES
    ticks = []
    for mark in sorted(marks, key=lambda mark: mark.at_ms):
        x = ASSUMED_WIDTH_PX * mark.at_ms / total_ms
        word = in_words(MARKS, mark.kind)
        width = len(word) * LABEL_PX_PER_CHAR + 12
        is_late = x + width > ASSUMED_WIDTH_PX
        start = x - width if is_late else x
        lane = next((lane for lane in range(LANES) if free_from[lane] <= start), None)
        if lane is not None:
            free_from[lane] = start + width
        y = None if lane is None else lane * LANE_PX + 11
        ticks.append(Tick(_percent(mark.at_ms, total_ms), mark.kind, word, y, is_late))
    return tuple(ticks), sum(1 for end in free_from if end)


def _grid(total_ms: int) -> Iterator[GridLine]:
    step_ms = _step(total_ms / GRID_LINES)
    at_ms = 0
    while at_ms <= total_ms:
        yield GridLine(_percent(at_ms, total_ms), _round(at_ms), is_last=at_ms > 0.9 * total_ms)
        at_ms += step_ms


def _step(least_ms: float) -> int:
    """The least of 1, 2, 5, 10, 20, 50, ... that is no smaller."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if factor * size >= least_ms:
                return factor * size
        size *= 10


def _round(ms: int) -> str:
    return f"{ms} ms" if 0 < ms < 1000 and ms % 100 else _("%(count)s s") % {"count": number(ms / 1000)}


def _rows(stages: Sequence[Stage], total_ms: int, y: int) -> Iterator[Row]:
    left_out = max(0, len(stages) - ROWS_MAX + 1) if len(stages) > ROWS_MAX else 0
    head = (ROWS_MAX - 1) // 2
    for place, stage in enumerate(stages):
        if left_out and head <= place < head + left_out:
            if place == head:
                yield Row(y, "⋮", f"+{left_out}", ())
                y += ROW_PX
            continue
        yield _row(stage, total_ms, y)
        y += ROW_PX


def _row(stage: Stage, total_ms: int, y: int) -> Row:
    label = f"{stage.call_number} {stage.label}" if stage.call_number else stage.label
    return Row(
        y=y,
        label=label if len(label) <= LABEL_MAX_CHARS else f"{label[: LABEL_MAX_CHARS - 1]}…",
        figure="" if stage.is_open else duration(stage.took_ms),
        bars=tuple(_bars(stage, total_ms)),
        outcome=stage.outcome,
        is_call=bool(stage.call_number),
        is_open=stage.is_open,
    )


def _bars(stage: Stage, total_ms: int) -> Iterator[Bar]:
    called_ms = stage.start_ms if stage.called_ms is None else stage.called_ms
    if called_ms > stage.start_ms:
        yield _bar(stage.start_ms, called_ms, total_ms, "wait")
    if not stage.call_number:
        yield _bar(called_ms, stage.end_ms, total_ms, "work")
        return
    first_ms = stage.end_ms if stage.first_token_ms is None else stage.first_token_ms
    yield _bar(called_ms, first_ms, total_ms, "first")
    if stage.first_token_ms is not None:
        yield _bar(first_ms, stage.end_ms, total_ms, "work")


def _bar(start_ms: int, end_ms: int, total_ms: int, kind: str) -> Bar:
    return Bar(_percent(start_ms, total_ms), _percent(end_ms - start_ms, total_ms), kind)


def _percent(ms: float, total_ms: int) -> str:
    return f"{100 * max(0.0, ms) / total_ms:.2f}%"
