"""A run as the process that holds it knows it: its text, its rendering, and the pages that watch it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from uuid import UUID

import orjson

from chat.models import Checkpoint, Message
from chat.rendering import MarkdownStream
from chat.runs.leases import Claim
from chat.runs.ticker import Ticker
from chat.trace import line
from providers.actions.attempts import AttemptRecord
from providers.contract import Routed

if TYPE_CHECKING:
    from chat.runs.hub import Watcher

# Above this rate frames join on the shared tick: the eye sees no difference and each frame saved is CPU for others.
FAST_TOKENS_PER_S = 60.0
TRACE_BUCKET_S = 0.1
# The line on the page grows once a second, by the buckets that are over.
TRACE_PUSH_BUCKETS = 10

Interruption: TypeAlias = Literal["stop", "time_limit", "handover", "lost"]


def encode(kind: str, run_id: object, fence: int, seq: int, html: str) -> str:
    """One pushed object. By hand: at a frame per token a dictionary and its serialisation would double the cost."""
    return f'{{"type":"{kind}","run":"{run_id}","fence":{fence},"seq":{seq},"html":{_quote(html)}}}'


def _quote(html: str) -> str:
    try:
        return orjson.dumps(html).decode()
    except TypeError:  # lone surrogates, which UTF-8 can't carry
        return orjson.dumps(html.encode("utf-8", "replace").decode()).decode()


@dataclass(slots=True)
class Unsaved:
    """What the journal has not yet written of a run."""

    text: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    next_n: int = 0
    _in_flight: list[Checkpoint] = field(default_factory=list)
    _outcomes: dict[int, str] = field(default_factory=dict)

    def take(self, claim: Claim) -> list[Checkpoint]:
        """The checkpoints to write now, with those of a batch that failed.

        Those keep their number `n`: should the failed batch have been committed after all, they are known by it.
        """
        for kind, parts in ((Checkpoint.Kind.REASONING, self.reasoning), (Checkpoint.Kind.TEXT, self.text)):
            if parts:
                row = Checkpoint(
                    run_id=claim.run_id, fence=claim.fence, n=self.next_n, kind=kind, text_delta="".join(parts)
                )
                self._in_flight.append(row)
                self.next_n += 1
                parts.clear()
        return list(self._in_flight)

    def forget_reasoning(self, claim: Claim) -> None:
        self.reasoning.clear()
        if self.next_n:
            self._in_flight.append(
                Checkpoint(run_id=claim.run_id, fence=claim.fence, n=self.next_n, kind=Checkpoint.Kind.ANEW)
            )
            self.next_n += 1

    def take_attempts(self, attempts: list[AttemptRecord]) -> list[AttemptRecord]:
        """Those that began or ended since they were last saved, as they are now."""
        return [copy(one) for one in attempts if self._outcomes.get(one.started.call_number) != one.outcome]

    def saved(self, checkpoints: list[Checkpoint], attempts: list[AttemptRecord]) -> None:
        del self._in_flight[: len(checkpoints)]
        self._outcomes |= {one.started.call_number: one.outcome for one in attempts}


class LiveRun:
    """Belongs to the event loop of its engine. `seq` numbers what was pushed since the claim, from 1."""

    def __init__(
        self,
        *,
        claim: Claim,
        message: Message,
        settings: dict[str, Any],
        siblings: tuple[UUID, ...],
        saved_text: str,
        saved_reasoning: str,
        ticker: Ticker,
        started_s: float,
    ) -> None:
        self.claim = claim
        self.message = message
        self.settings = settings
        self.siblings = siblings
        self.watchers: set[Watcher] = set()
        self.seq = 0
        self._envelope = f'","run":"{claim.run_id}","fence":{claim.fence},"seq":'
        self.phase = ""
        self.phase_words = ""
        self.reasoning = [saved_reasoning] if saved_reasoning else []
        self._earlier_reasoning = len(self.reasoning)
        self.unsaved = Unsaved()
        self.attempts: list[AttemptRecord] = []
        self.routed: Routed | None = None
        self.context: dict[str, Any] = {}
        self.understanding: dict[str, Any] = {}
        self.started_s = started_s
        self.first_token_s: float | None = None
        self._reasoning_from_s: float | None = None
        self.reasoning_ms = 0
        self.token_count = 0
        self.trace: list[int] = []
        self.marks: list[dict[str, Any]] = []
        self.notices: list[str] = []
        self.traced = 0
        self.interruption: Interruption | None = None
        self.generation: asyncio.Task[None] | None = None
        self._markdown = MarkdownStream()
        self._pending: deque[str] = deque()
        self._ticker = ticker
        self._last_token_s = started_s
        self._loop = asyncio.get_running_loop()
        self._stages: dict[str, int] = {}
        # Starts slow, so that the first tokens go out one by one.
        self._mean_gap_s = 1.0
        if saved_text:
            self._markdown.feed(saved_text, started_s)

    # What the pipeline reports

    def add_attempt(self, attempt: AttemptRecord) -> None:
        """Its beginning and its outcome are saved with the next checkpoint after each."""
        self.attempts.append(attempt)

    def add_text(self, text: str, now_s: float) -> None:
        """Take a token: count it, keep it for the journal, show it at once or on the next tick."""
        if self.first_token_s is None:
            self.first_token_s = now_s - self.started_s
            self._end_reasoning(now_s)
        self.unsaved.text.append(text)
        self.token_count += 1
        self._draw(now_s)
        self._mean_gap_s += 0.2 * (now_s - self._last_token_s - self._mean_gap_s)
        self._last_token_s = now_s
        if not self.watchers:
            self._pending.append(text)
        elif self._pending or self._ticker.is_late or self._mean_gap_s * FAST_TOKENS_PER_S < 1:
            self._pending.append(text)
            self._ticker.mark(self)
        else:
            self._push_text(text, now_s)

    def add_reasoning(self, text: str, now_s: float) -> None:
        if self._reasoning_from_s is None:
            self._reasoning_from_s = now_s
        self.reasoning.append(text)
        self.unsaved.reasoning.append(text)
        self._draw(now_s)

    def set_phase(self, phase: str, show: Callable[[LiveRun], str], *, words: str = "") -> None:
        """Enter a phase, with its own words where it has some; `show` makes what stands under the answer from then."""
        self.phase, self.phase_words = phase, words
        self.push("phase", show(self))

    def begin_anew(self) -> None:
        """Forget the reasoning of a call that failed before it wrote anything: the next one reasons for itself."""
        del self.reasoning[self._earlier_reasoning :]
        self.unsaved.forget_reasoning(self.claim)
        self._reasoning_from_s = None

    def interrupt(self, interruption: Interruption) -> None:
        """End the generation early. A lost lease outranks every other reason, otherwise the first one stands."""
        is_first = self.interruption is None
        if is_first or interruption == "lost":
            self.interruption = interruption
        if is_first and self.generation is not None:
            # Once: a second time would cut off what the first one has it put in order.
            self.generation.cancel()

    # What the pages get

    def flush(self, now_s: float) -> None:
        """Show what waited for the tick."""
        if self._pending:
            text = "".join(self._pending)
            self._pending.clear()
            self._push_text(text, now_s)

    def push(self, kind: str, html: str) -> None:
        self.seq += 1
        if self.watchers:
            pushed = f'{{"type":"{kind}{self._envelope}{self.seq},"html":{_quote(html)}}}'
            for watcher in self.watchers:
                watcher.deliver(pushed)

    def snapshot(self, now_s: float) -> list[str]:
        """The body as rendered so far: operations on an empty body, each small enough for one push."""
        self.flush(now_s)
        return self._markdown.snapshot()

    def finish_text(self, now_s: float) -> tuple[str, str]:
        """Close what is still open in the rendering. Returns the source text and its HTML."""
        self.flush(now_s)
        self._end_reasoning(now_s)
        for html in self._markdown.finish():
            self.push("frame", html)
        return self._markdown.text, self._markdown.html

    # What is kept about its course

    def elapsed_ms(self) -> int:
        return round((self._loop.time() - self.started_s) * 1000)

    def tick(self, kind: str, label: str) -> None:
        """Note what happened just now, for the trace: a `retry`, a `switch` of the model, an answer of the `cache`. The
        line is drawn up to there, so that the tick stands on it."""
        self.traced = max(self.traced, self._bucket(self._loop.time()))
        self.marks.append({"at_ms": self.elapsed_ms(), "kind": kind, "label": label})

    def mark(self, stage: str) -> None:
        """Note that a stage has just ended."""
        self._stages[f"{stage}_ms"] = self.elapsed_ms()

    def timings(self) -> dict[str, Any]:
        """Shape: `{"<stage>_ms": end of the stage, "first_token_ms", "tokens", "trace": tokens per 100 ms, "marks"}`.

        Units: milliseconds since the run was claimed.
        """
        first_ms = None if self.first_token_s is None else round(self.first_token_s * 1000)
        figures = {"first_token_ms": first_ms, "tokens": self.token_count, "trace": self.trace, "marks": self.marks}
        return {**self._stages, **figures}

    @property
    def text(self) -> str:
        return self._markdown.text + "".join(self._pending)

    def _end_reasoning(self, now_s: float) -> None:
        if self._reasoning_from_s is not None:
            self.reasoning_ms += round((now_s - self._reasoning_from_s) * 1000)
            self._reasoning_from_s = None

    def _push_text(self, text: str, now_s: float) -> None:
        html = self._markdown.feed(text, now_s)
        if html is not None:
            self.push("frame", html)

    def _draw(self, now_s: float) -> None:
        bucket = self._bucket(now_s)
        self.trace[bucket] += 1
        if bucket - self.traced >= TRACE_PUSH_BUCKETS:
            start, self.traced = self.traced, bucket
            self.push("trace", line(self.trace[:bucket], start=start))

    def _bucket(self, now_s: float) -> int:
        """The trace's place for this moment; what was silent before it is 0."""
        bucket = int((now_s - self.started_s) / TRACE_BUCKET_S)
        self.trace.extend([0] * (bucket + 1 - len(self.trace)))
        return bucket
