"""Structural changes of a page's body as ops, each small enough for a frame. Their form: `chat/rendering/__init__`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_FRAME_CHARS = 60_000
CHUNK_CHARS = 20_000
"""What one op carries at most, unless a single tag or table header is longer: so a frame never reaches its limit."""

# A formula is one piece: HTML's own elements, such as a placeholder, would end it.
_TOKEN = re.compile(r'(?s:<math[ >].*?</math>)|<(/?)([a-z0-9-]+)(?:[^>"]|"[^"]*")*>|[^<]+')
_VOID = frozenset({"br", "hr", "input"})
_PLACEHOLDERS = {"ol": "li", "table": "tbody", "tbody": "tr", "thead": "tr", "tr": "td", "ul": "li"}


@dataclass(frozen=True, slots=True)
class Container:
    """An element whose children are sent one by one: `levels` elements deep, `child` is the name of the children."""

    start: str
    end: str
    levels: int
    child: str


Event = str | Container | None
"""HTML of a finished unit; a container that opens; the innermost container closes."""


@dataclass(slots=True)
class Tail:
    """The one element that still grows: HTML before and behind the spot (as shown, and as it will be when kept)
    and the escaped text appended there since."""

    start: str
    end: str
    kept_start: str
    appended: list[str] = field(default_factory=list)

    @property
    def html(self) -> str:
        return "".join((self.start, *self.appended, self.end))

    @property
    def kept_html(self) -> str:
        return "".join((self.kept_start, *self.appended, self.end)) if self.kept_start else ""


def make_tail(parts: list[str], spot: int, end: int, appended: str = "") -> Tail:
    """A tail from a unit's HTML in parts: the first opens its element, `spot` the one that text is appended to."""
    shown = parts[:end]
    if spot:
        shown[spot] = _with_attribute(shown[spot], "data-in")
    shown[0] = _with_attribute(shown[0], "data-tail")
    return Tail("".join(shown), "".join(parts[end:]), "".join(parts[:end]), [appended] if appended else [])


def placeholder(stack: list[Container]) -> Tail:
    """Where the next op goes while nothing is open; it is never kept."""
    name = stack[-1].child if stack else "span"
    return Tail(f"<{name} data-tail>", f"</{name}>", "")


def _with_attribute(html: str, name: str) -> str:
    """For the last tag of a part, such as `code` in the opening of a code block."""
    return f"{html[:-1]} {name}>"


def chunks(text: str) -> list[str]:
    """Escaped text in pieces that don't cut an entity."""
    pieces: list[str] = []
    start = 0
    while start < len(text):
        end = start + CHUNK_CHARS
        if end < len(text):
            entity = text.rfind("&", end - 6, end)
            end = entity if entity != -1 and ";" not in text[entity:end] else end
        pieces.append(text[start:end])
        start = end
    return pieces


class OpWriter:
    """Writes events as ops; `stack` is the containers open where the tail stands, and follows the events."""

    def __init__(self, stack: list[Container], *, is_kept: bool = False, is_redo: bool = False) -> None:
        self.ops: list[str] = []
        self._stack = stack
        self._attributes = " data-keep" if is_kept else " data-redo" if is_redo else ""
        self._up = 0
        self._content: list[str] = []
        self._size = 0
        self._opened = 0

    def write(self, event: Event) -> None:
        if isinstance(event, str):
            self._html(event)
        elif event is None:
            self._close()
        else:
            self._open(event)

    def finish(self, tail: Tail | None) -> list[str]:
        """The ops, the last of them with the tail; without one the stream has ended."""
        if tail is None:
            self._flush("")
            return self.ops
        text = "".join(tail.appended)
        around = len(tail.start) + len(tail.end)
        if self._content and self._size + around + len(text) > CHUNK_CHARS:
            self._flush(placeholder(self._stack).html)
        if around + len(text) <= CHUNK_CHARS:
            self._flush(tail.start + text + tail.end)
        else:
            self._flush(tail.start + tail.end)
            self.ops += chunks(text)
        return self.ops

    def _html(self, html: str) -> None:
        if self._content and self._size + len(html) > CHUNK_CHARS:
            self._flush(placeholder(self._stack).html)
        if len(html) <= CHUNK_CHARS:
            self._add(html)
        else:
            self._split(html)

    def _open(self, container: Container) -> None:
        if self._content and self._size + len(container.start) > CHUNK_CHARS:
            self._flush(placeholder(self._stack).html)
        self._add(container.start)
        self._stack.append(container)
        self._opened += 1

    def _close(self) -> None:
        if self._opened:
            self._opened -= 1
            self._add(self._stack.pop().end)
            return
        if self._content:
            self._flush(placeholder(self._stack).html)
        self._up += self._stack.pop().levels

    def _split(self, html: str) -> None:
        """A unit too long for one op: its elements become containers."""
        for match in _TOKEN.finditer(html):
            name = match[2]
            if name is None:
                for piece in chunks(match[0]):
                    self._html(piece)
            elif match[1]:
                self._close()
            elif name in _VOID:
                self._html(match[0])
            else:
                self._open(Container(match[0], f"</{name}>", 1, _PLACEHOLDERS.get(name, "span")))

    def _add(self, html: str) -> None:
        self._content.append(html)
        self._size += len(html)

    def _flush(self, tail_html: str) -> None:
        up = f' data-up="{self._up}"' if self._up else ""
        opened = self._stack[len(self._stack) - self._opened :]
        ends = "".join(container.end for container in reversed(opened))
        self.ops.append(f"<template data-op{self._attributes}{up}>{''.join(self._content)}{tail_html}{ends}</template>")
        self._attributes = ""
        self._content, self._size, self._up, self._opened = [], 0, 0, 0
