"""The trace: an answer's pace as a line, drawn from the tokens that came in each tenth of a second."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

from django.utils.translation import gettext as _

from chat.models import Message, Run

BASE_Y = 15
# Twelve seconds are the line's whole width; longer answers are drawn closer.
SPAN_BUCKETS = 120
# A point for each half pixel of the drawn line.
MAX_POINTS = 240
# 200 tokens a second reach the top. The scale is the same for every answer, so that traces can be compared; its root
# keeps a slow answer visible.
FULL_TOKENS_PER_BUCKET = 20
BUCKETS_PER_S = 10
MS_PER_BUCKET = 100


@dataclass(frozen=True, slots=True)
class Trace:
    """`path` and `ticks` in a box of `span` by 16: one unit is a tenth of a second. A tick is its place and its kind
    (`retry`, `switch`, `cache`, `stop`, `fail`); `label` says the same in words."""

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
    step = ceil(end / MAX_POINTS)
    means = buckets if step == 1 else [sum(buckets[x : x + step]) / step for x in range(0, end, step)]
    path = "".join(f"L{x * step} {_height(mean)}" for x, mean in enumerate(means))
    marks = run.timings.get("marks") or []
    ticks = tuple((min(mark["at_ms"] // MS_PER_BUCKET, end), mark["kind"]) for mark in marks)
    if message.status in (Message.Status.STOPPED, Message.Status.FAILED):
        ticks += ((end, "stop" if message.status == Message.Status.STOPPED else "fail"),)
    tokens = message.output_tokens or run.timings.get("tokens") or 0
    return Trace(
        path=f"M0 {BASE_Y}{path}L{end} {BASE_Y}",
        span=max(SPAN_BUCKETS, end),
        ticks=ticks,
        label=_label(message, marks, tokens=tokens, seconds=end / BUCKETS_PER_S),
    )


@functools.lru_cache(maxsize=1024)
def _height(tokens: float) -> str:
    y = BASE_Y - (BASE_Y - 1) * min(1.0, sqrt(tokens / FULL_TOKENS_PER_BUCKET))
    return f"{y:.1f}".removesuffix(".0")


def _label(message: Message, marks: Sequence[Mapping[str, Any]], *, tokens: int, seconds: float) -> str:
    """ "812 tokens in 13.0 s; OpenAI timed out after 4 s; stopped"."""
    told = [_("%(tokens)d tokens in %(seconds)s s") % {"tokens": tokens, "seconds": f"{seconds:.1f}"}]
    told += [
        _("%(what)s after %(seconds)d s") % {"what": mark["label"], "seconds": mark["at_ms"] // 1000} for mark in marks
    ]
    if message.status == Message.Status.STOPPED:
        told.append(_("stopped"))
    elif message.status == Message.Status.FAILED:
        told.append(_("failed"))
    return ", ".join(told)
