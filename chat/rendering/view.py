"""What the page shows: finished HTML, open containers, the tail, and the frames that brought it there."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from .ops import CHUNK_CHARS, MAX_FRAME_CHARS, Container, Event, OpWriter, Tail, chunks, placeholder


@dataclass(frozen=True, slots=True)
class _Shown:
    """A page's state while later frames wait to be sent: the lists only ever grow, so lengths are enough."""

    events: list[Event]
    event_count: int
    tail: Tail | None
    appended_count: int

    def frames(self) -> list[str]:
        writer = OpWriter([])
        for event in self.events[: self.event_count]:
            writer.write(event)
        if self.tail is None:
            return _in_frames(writer.finish(None)) if self.event_count else []
        tail = self.tail
        return _in_frames(writer.finish(Tail(tail.start, tail.end, "", tail.appended[: self.appended_count])))


class View:
    def __init__(self) -> None:
        self.tail: Tail | None = None
        self._events: list[Event] = []
        self._stack: list[Container] = []
        self._deferred: list[Event] = []
        self._waiting: deque[str] = deque()
        self._before: _Shown | None = None
        self._sent_since: list[str] = []

    @property
    def html(self) -> str:
        return self.html_after([])

    def html_after(self, events: list[Event]) -> str:
        return events_html(self._events + self._deferred + events)

    @property
    def is_waiting(self) -> bool:
        return bool(self._waiting)

    @property
    def has_spot(self) -> bool:
        """Whether text can be appended: something is open, and it isn't already final."""
        return self.tail is not None and bool(self.tail.kept_start) and not self._deferred

    def shows(self, tail: Tail) -> bool:
        return self.has_spot and self.tail is not None and self.tail.kept_html == tail.kept_html

    def append_direct(self, text: str) -> str:
        """Text without a character to escape, while nothing waits: the frame is the text."""
        assert self.tail is not None
        self.tail.appended.append(text)
        return text

    def append(self, html: str) -> None:
        assert self.tail is not None
        self._remember()
        self.tail.appended.append(html)
        self._send([html] if len(html) <= CHUNK_CHARS else chunks(html))

    def apply(self, events: list[Event], tail: Tail | None) -> None:
        """Finish what `events` say and show `tail`. Where the page shows it already, nothing is sent again; and if
        then nothing visible changes, it is told with the next change."""
        events = self._deferred + events
        shown = self.tail.kept_html if self.tail is not None else ""
        is_kept = bool(events and shown) and events[0] == shown
        rest = events[1:] if is_kept else events
        self._deferred = []
        is_visible = tail is not None or any(event is not None for event in rest)
        if not is_visible and (is_kept or not shown):
            self._deferred = events
            return
        self._change(events, OpWriter(self._stack, is_kept=is_kept), rest, tail)

    def finish(self, events: list[Event]) -> None:
        """The last change: no tail is left."""
        if self.tail is None and not events:
            return
        events = self._deferred + events
        is_kept = self.tail is not None and bool(events and self.tail.kept_html) and events[0] == self.tail.kept_html
        self._change(events, OpWriter(self._stack, is_kept=is_kept), events[1:] if is_kept else events, None, True)

    def redo(self, events: list[Event]) -> None:
        """The last change, when what was shown turned out wrong."""
        self._remember()
        self._events, self._stack, self._deferred = [], [], []
        self._change(events, OpWriter(self._stack, is_redo=True), events, None, True)

    def next_frame(self) -> str | None:
        if not self._waiting:
            return None
        frame = self._waiting.popleft()
        self._sent_since.append(frame)
        return frame

    def snapshot(self) -> list[str]:
        if self._waiting and self._before is not None:
            return [*self._before.frames(), *self._sent_since]
        return self._shown().frames()

    def _change(
        self, events: list[Event], writer: OpWriter, written: list[Event], tail: Tail | None, is_last: bool = False
    ) -> None:
        self._remember()
        for event in written:
            writer.write(event)
        self._events += events
        self._deferred = []
        self.tail = None if is_last else tail or placeholder(self._stack)
        self._send(writer.finish(self.tail))

    def _remember(self) -> None:
        if not self._waiting:
            self._before = self._shown()
            self._sent_since = []

    def _shown(self) -> _Shown:
        return _Shown(self._events, len(self._events), self.tail, len(self.tail.appended) if self.tail else 0)

    def _send(self, ops: list[str]) -> None:
        for op in ops:
            if self._waiting and len(self._waiting[-1]) + len(op) <= MAX_FRAME_CHARS:
                self._waiting[-1] += op
            else:
                self._waiting.append(op)


def events_html(events: list[Event]) -> str:
    parts: list[str] = []
    ends: list[str] = []
    for event in events:
        if isinstance(event, str):
            parts.append(event)
        elif event is None:
            parts.append(ends.pop())
        else:
            parts.append(event.start)
            ends.append(event.end)
    return "".join((*parts, *reversed(ends)))


def _in_frames(ops: list[str]) -> list[str]:
    frames: list[str] = []
    for op in ops:
        if frames and len(frames[-1]) + len(op) <= MAX_FRAME_CHARS:
            frames[-1] += op
        else:
            frames.append(op)
    return frames
