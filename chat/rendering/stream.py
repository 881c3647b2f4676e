"""An answer that is still being written, as frames. Text of an open paragraph, item or row is appended as it comes; the
parser is asked when a line may begin or end a block, and, seldom, to show the open part's markup."""

from __future__ import annotations

import re
from math import inf

from .document import document_events
from .escaping import escape
from .fence import OpenFence
from .lines import is_plain, line_matters, line_start
from .markup import MAX_UNIT_CHARS, Rendered, plain_text
from .ops import CHUNK_CHARS, Event, Tail, make_tail
from .parser import normalize
from .reader import BlockReader, Step
from .tails import raw_tail, raw_text, row_tail, simple_block
from .view import View, events_html

RENDER_INTERVAL_S = 0.1
READ_RATIO = 4
"""Parser work allowed for each character of the text; what isn't allowed is done with a later line, or at the end."""
SHOW_RATIO = 1
"""The same for showing the open part's markup before it is final."""
FREE_CHARS = 2_000
"""What both may be ahead of the text: a short answer is never held back."""
MAX_DIRECT_CHARS = 2_000
MAX_HELD_CHARS = 500
"""Spaces held back are copied with every token; more of them take the other way."""

_NOT_PLAIN = re.compile(r"[\n\r\x00\ud800-\udfff*_`\[\]<>&\\~/|$]")
_MARKUP = re.compile(r"[*_`\[\]<&\\~/|$]|  \n")


class MarkdownStream:
    def __init__(self) -> None:
        self._view = View()
        self._reader = BlockReader()
        self._fence: OpenFence | None = None
        self._done: list[str] = []
        self._open: list[str] = []
        """The text in two: final, and from the first block, item or row that isn't."""
        self._chars = 0
        self._done_chars = 0
        self._backlog: list[str] = []
        self._held = ""
        """The end of the open text that isn't shown yet: spaces, or what may become a marker."""
        self._line = ""
        self._is_line_known = False
        self._is_line_unsure = False
        self._is_after_gap = True
        self._is_direct = False
        self._is_plain_tail = False
        self._shown_chars = 0
        self._render_at_s = inf
        self._last_render_s = -inf
        self._is_finished = False

    @property
    def text(self) -> str:
        """All that was fed, with line ends as "\\n" and characters that can't be stored replaced."""
        return "".join((*self._done, *self._open, normalize("".join(self._backlog))))

    @property
    def html(self) -> str:
        return self._view.html

    @property
    def work_chars(self) -> int:
        """How many characters the parser was given so far."""
        return self._reader.parsed_chars

    def feed(self, text: str, now_s: float) -> str | None:
        """The frame to push, None if nothing visible changed. Units: `now_s` is any clock that doesn't go back."""
        if (
            self._is_direct
            and now_s < self._render_at_s
            and len(text) < MAX_DIRECT_CHARS
            and _NOT_PLAIN.search(text) is None
        ):
            self._open.append(text)
            self._chars += len(text)
            text = self._held + text
            shown = text.rstrip()
            self._held = text[len(shown) :]
            self._is_direct = len(text) < MAX_HELD_CHARS
            if not shown:
                return None
            return self._view.append_direct(shown)
        self._backlog.append(text)
        return self.tick(now_s)

    def tick(self, now_s: float) -> str | None:
        """The frame that still waits, or what changes by time alone."""
        if not self._view.is_waiting:
            self._take(now_s)
        frame = self._view.next_frame()
        self._is_direct = self._can_be_direct()
        return frame

    def finish(self) -> list[str]:
        """The last frames: all is rendered, nothing stays open."""
        frames: list[str] = []
        self._drain(frames)
        if not self._is_finished:
            self._is_finished = True
            self._is_direct = False
            self._take(-inf, is_end=True)
            self._end()
            self._drain(frames)
        return frames

    def snapshot(self) -> list[str]:
        """Frames that give the present state when applied to an empty body."""
        return self._view.snapshot()

    def _drain(self, frames: list[str]) -> None:
        while (frame := self._view.next_frame()) is not None:
            frames.append(frame)

    def _can_be_direct(self) -> bool:
        return (
            self._is_line_known
            and self._fence is None
            and not self._backlog
            and not self._view.is_waiting
            and self._view.has_spot
            and (self._is_plain_tail or self._chars - self._done_chars < MAX_UNIT_CHARS)
        )

    def _take(self, now_s: float, *, is_end: bool = False) -> None:
        rest: str | None = "".join(self._backlog)
        self._backlog = []
        if rest and rest[-1] == "\r" and not is_end:
            rest = rest[:-1]
            self._backlog = ["\r"]
        rest = normalize(rest or "")
        self._chars += len(rest)
        if not rest and self._fence is None:
            self._show([], now_s)
        while rest:
            rest = self._take_text(rest, now_s) if self._fence is None else self._take_code(rest)

    def _take_code(self, text: str) -> str | None:
        assert self._fence is not None
        shown, rest = self._fence.feed(text)
        taken = text if rest is None else text[: len(text) - len(rest)]
        self._done.append(taken)
        self._done_chars += len(taken)
        if shown:
            self._view.append(shown)
        if rest is not None:
            self._view.apply([self._fence.finish()], None)
            self._fence = None
            self._begin_line("")
            self._is_after_gap = True
        return rest

    def _take_text(self, text: str, now_s: float) -> str | None:
        self._open.append(text)
        self._held += text
        events: list[Event] = []
        newline = text.rfind("\n")
        if newline >= 0:
            self._append_rest_of_line(text)
            matters = self._end_lines(text[:newline].split("\n"))
            self._begin_line(text[newline + 1 :])
            if matters:
                step = self._read(len(self._line))
                events += step.events
                if step.fence is not None:
                    return self._enter_fence(step)
        elif not self._is_line_known:
            self._line += text
        if not self._is_line_known and self._line:
            step = self._start_line()
            events += step.events
            if step.fence is not None:
                return self._enter_fence(Step(events, step.used_chars, step.fence))
        if _MARKUP.search(text) or self._is_line_unsure:
            self._want_render(now_s)
        self._show(events, now_s)
        return None

    def _end_lines(self, parts: list[str]) -> bool:
        """Note complete lines (the first is the rest of the present one); whether one may begin or end a block."""
        kind = self._reader.kind
        matters = self._is_line_known and (self._is_line_unsure or kind == "table")
        lines = parts[1:] if self._is_line_known else [self._line + parts[0], *parts[1:]]
        is_after_gap = self._is_after_gap and not self._is_line_known
        for line in lines:
            is_gap = not line.strip(" \t")
            matters = matters or line_matters(line, kind, is_gap=is_gap, is_after_gap=is_after_gap)
            is_after_gap = is_gap
        self._is_after_gap = is_after_gap
        return matters

    def _begin_line(self, text: str) -> None:
        self._line = text
        self._is_line_known = False
        self._is_line_unsure = False

    def _start_line(self) -> Step:
        kind = self._reader.kind
        start = line_start(self._line, is_after_gap=self._is_after_gap, is_in_list=kind == "list_item")
        if start == "wait":
            return Step()
        self._is_line_known = True
        self._is_line_unsure = start == "unsure" or "#" in self._line[:4]
        # Nothing stands before it, and only lists are opened by their first characters.
        is_first = not kind and len(self._held) >= self._chars - self._done_chars
        is_due = start == "block" and not (is_first and (is_plain(self._line) or self._line[0] in "#>"))
        return self._read(0) if is_due else Step()

    def _read(self, uncertain_chars: int) -> Step:
        """Ask which blocks are final, if that is due; move their text from open to done."""
        text = self._join_open()
        certain = text[: len(text) - uncertain_chars]
        if self._reader.parsed_chars + self._reader.cost(certain) > READ_RATIO * self._chars + FREE_CHARS:
            return Step()
        step = self._reader.read(certain)
        self._done.append(text[: step.used_chars])
        self._done_chars += step.used_chars
        self._open = [text[step.used_chars :]]
        return step

    def _enter_fence(self, step: Step) -> str:
        """Shape: the text after the opening line, which is code."""
        assert step.fence is not None
        self._fence = OpenFence(step.fence, self._done[-1].rstrip("\n").rpartition("\n")[2])
        self._view.apply(step.events, self._fence.tail(""))
        rest = self._join_open()
        self._open = []
        self._held = ""
        self._render_at_s = inf
        self._begin_line("")
        return rest

    def _join_open(self) -> str:
        text = "".join(self._open)
        self._open = [text]
        return text

    def _show(self, events: list[Event], now_s: float) -> None:
        """Bring the page up to the open text: anew where something became final or it is time, else by appending."""
        is_long = self._chars - self._done_chars > MAX_UNIT_CHARS and not self._is_plain_tail
        is_due = now_s >= self._render_at_s and self._may_render()
        if events or is_long or is_due or not self._view.has_spot:
            self._show_anew(events, now_s)
        else:
            if now_s >= self._render_at_s:
                self._render_at_s = now_s + RENDER_INTERVAL_S
            self._append_held()

    def _show_anew(self, events: list[Event], now_s: float) -> None:
        self._last_render_s = now_s
        text = self._join_open()
        visible = text[: len(text) - self._waiting_chars()].rstrip()
        tail = self._make_tail(visible.lstrip("\n"), now_s)
        if events or tail is None or not self._view.shows(tail):
            self._view.apply(events, tail)
        self._held = text[len(visible) :] if tail is not None else text

    def _append_held(self) -> None:
        text = self._held[: len(self._held) - self._waiting_chars()].rstrip()
        if text:
            self._view.append(escape(text) if self._is_plain_tail else raw_text(text))
            self._held = self._held[len(text) :]

    def _append_rest_of_line(self, text: str) -> None:
        """The end of a line without markup comes before what follows from the line's end: then what is shown can be
        what is final, and is not sent again."""
        rest = text[: text.index("\n")]
        if self._is_direct and self._render_at_s == inf and rest and _MARKUP.search(rest) is None:
            shown = self._held[: len(self._held) - len(text) + len(rest)].rstrip()
            if shown:
                self._view.append(escape(shown))
                self._held = self._held[len(shown) :]

    def _waiting_chars(self) -> int:
        return 0 if self._is_line_known else len(self._line)

    def _make_tail(self, text: str, now_s: float) -> Tail | None:
        kind = self._reader.kind
        self._is_plain_tail = len(text) > MAX_UNIT_CHARS
        self._render_at_s = inf
        if not text:
            return None
        if self._is_plain_tail:
            plain = plain_text(kind, "")
            return make_tail(plain.parts, plain.spot or 0, plain.end, escape(text))
        self._shown_chars += len(text)
        if kind == "table":
            return row_tail(text)
        simple = simple_block(text, kind, is_loose=self._reader.is_loose)
        if simple is not None and _MARKUP.search(simple[1]) is None:
            parts, content = simple
            return make_tail(parts, len(parts) - 2, len(parts) - 1, escape(content))
        if not self._may_render():
            self._want_render(now_s)
            return raw_tail(text, kind)
        if simple is not None:
            parts, content = simple
            parts.insert(-1, self._reader.inline(content))
            rendered: Rendered | None = Rendered(parts, len(parts) - 3, len(parts) - 1)
        else:
            rendered = self._reader.preview(text)
        return self._rendered_tail(rendered, text)

    def _rendered_tail(self, rendered: Rendered | None, text: str) -> Tail | None:
        if rendered is None or len(rendered.parts) == 1 or len(rendered.html) > CHUNK_CHARS:
            return raw_tail(text, self._reader.kind)
        if not rendered.parts:
            return None
        return make_tail(rendered.parts, rendered.spot or 0, rendered.end or len(rendered.parts) - 1)

    def _may_render(self) -> bool:
        cost = self._chars - self._done_chars + len(self._reader.prefix)
        return self._shown_chars + cost <= SHOW_RATIO * self._chars + FREE_CHARS

    def _want_render(self, now_s: float) -> None:
        if self._render_at_s == inf and not self._is_plain_tail:
            self._render_at_s = max(now_s, self._last_render_s + RENDER_INTERVAL_S)

    def _end(self) -> None:
        if self._fence is not None:
            events: list[Event] = [self._fence.finish()]
        else:
            text = self._join_open()
            events = self._reader.read(text, is_end=True).events
        if self._reader.is_uncertain:
            expected = document_events(self.text)
            if events_html(expected) != self._view.html_after(events):
                self._view.redo(expected)
                return
        self._view.finish(events)
