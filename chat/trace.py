"""The trace: an answer's pace as a line, drawn from the tokens that came in each tenth of a second."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.models import Message, Run
from convoscope.numbers import number

BASE_Y = 15
# Twelve seconds are the line's whole width; longer answers are drawn closer.
SPAN_BUCKETS = 120
# A point for each half pixel of the drawn line.
MAX_POINTS = 240
# 200 tokens a second reach the top. The scale is the same for every answer, so that traces can be compared; its root
# keeps a slow answer visible.
FULL_TOKENS_PER_BUCKET = 20
BUCKETS_PER_S = 10


@dataclass(frozen=True, slots=True)
class Trace:
    """`path` and `ticks` in a box of `span` by 16: one unit is a tenth of a second. A tick is its place and its kind
    (`retry`, `switch`, `stop`, `fail`, `cache`); `label` says the same in words."""

    path: str
    span: int
    ticks: tuple[tuple[int, str], ...]
    label: str


def line(buckets: Sequence[int], *, start: int = 0) -> str:
    """The path commands of the buckets from `start` on."""
    return "".join(f"L{x} {_height(buckets[x])}" for x in range(start, len(buckets)))


def live_trace(buckets: Sequence[int], marks: Sequence[Mapping[str, Any]] = ()) -> Trace:
    """The line of an answer that is being written, and what happened so far; the page adds to it."""
    ticks = tuple((mark["at_ms"] * BUCKETS_PER_S // 1000, str(mark["kind"])) for mark in marks)
    span = max(SPAN_BUCKETS, len(buckets), *(x for x, _kind in ticks))
    return Trace(f"M0 {BASE_Y}{line(buckets)}", span, ticks, "")


def finished_trace(message: Message, run: Run) -> Trace | None:
    """The line of an answer that has ended; None if it was never timed, or nothing was said."""
    buckets: list[int] = run.timings.get("trace") or []
    if not any(buckets):
        return None
    end = len(buckets)
    # Those of the time that is drawn; the message's own may be those of several claims.
    whole = message.output_tokens if run.kind != Run.Kind.CONTINUE else None
    tokens = run.timings.get("output_tokens") or whole or run.timings.get("tokens") or 0
    ticks = _ticks(message, run, end)
    return Trace(
        path=trace_path(buckets),
        span=max(SPAN_BUCKETS, end),
        ticks=ticks,
        label=_label(message, ticks, tokens=tokens, seconds=end / BUCKETS_PER_S),
    )


def trace_path(buckets: Sequence[int], *, max_points: int = MAX_POINTS) -> str:
    """The whole line of an ended answer. Where there are more buckets than points, a point is the mean of its few."""
    end = len(buckets)
    step = ceil(end / max_points)
    means = buckets if step <= 1 else [sum(buckets[x : x + step]) / step for x in range(0, end, step)]
    path = "".join(f"L{x * step} {_height(mean)}" for x, mean in enumerate(means))
    return f"M0 {BASE_Y}{path}L{end} {BASE_Y}"


def _ticks(message: Message, run: Run, end: int) -> tuple[tuple[int, str], ...]:
    """What the run noted, and an early end where it noted none."""
    marks = run.timings.get("marks") or ()
    ticks = [(min(end, round(mark["at_ms"] / 1000 * BUCKETS_PER_S)), str(mark["kind"])) for mark in marks]
    early = {Message.Status.STOPPED: "stop", Message.Status.FAILED: "fail"}.get(Message.Status(message.status))
    if early is not None and all(kind != early for _x, kind in ticks):
        ticks.append((end, early))
    return tuple(ticks)


@functools.lru_cache(maxsize=1024)
def _height(tokens: float) -> str:
    y = BASE_Y - (BASE_Y - 1) * min(1.0, sqrt(tokens / FULL_TOKENS_PER_BUCKET))
    return f"{y:.1f}".removesuffix(".0")


def _label(message: Message, ticks: Sequence[tuple[int, str]], *, tokens: int, seconds: float) -> str:
    words = [_("%(tokens)s tokens in %(seconds)s s") % {"tokens": number(tokens), "seconds": number(seconds, 1)}]
    at_s = {kind: number(x / BUCKETS_PER_S, 1) for x, kind in ticks}
    retries = sum(1 for _x, kind in ticks if kind == "retry")
    if retries:
        words.append(ngettext("%(count)d retry", "%(count)d retries", retries) % {"count": retries})
    if "switch" in at_s:
        words.append(_("switched to another model after %(seconds)s s") % {"seconds": at_s["switch"]})
    if "cache" in at_s:
        words.append(_("answered from the cache"))
    if message.status == Message.Status.STOPPED:
        words.append(_("stopped"))
    elif message.status == Message.Status.FAILED:
        words.append(_("failed"))
    return ", ".join(words)
