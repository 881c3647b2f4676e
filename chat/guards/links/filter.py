"""Unsafe links taken out of a text while it streams."""

from __future__ import annotations

import re
from html import unescape

from chat.guards.links.reading import Step, read

# Of a link that says nothing but where it leads.
LEFT_OUT = "[REDACTED:LINK]"
# An address that goes on past what was judged of it.
_MORE_OF_ADDRESS = re.compile(r"[^\s()\[\]<>\"`]*")
_ADDRESS = re.compile(r"[/\\]{2}|[:<>]")
# What may stand between white space and text that is left of a link, or after that, without making another link of it.
_BEFORE = re.compile(r"(?:.*\s)?[*_~\"'.,;>|\[-]*\Z", re.DOTALL)
_SPACE = re.compile(r"\s")
_AFTER = frozenset(" \t\r\n*_~\"'.,;!?)|-]")


class LinkFilter:
    """The same whole or cut: what is an unsafe link becomes its text, an image what it says of itself, and an address
    alone a mark. It is held until its address is known, for 300 characters at most, or 200 for its text."""

    def __init__(self, allowed: frozenset[str] | None) -> None:
        self._allowed = allowed
        self._text = ""
        self._may_be_joined = True
        self._is_open = False
        self._is_left = False
        # How many were taken out
        self.left_out = 0

    @property
    def held(self) -> str:
        return self._text

    def feed(self, text: str) -> str:
        self._text += text
        return self._take(final=False)

    def finish(self) -> str:
        return self._take(final=True)

    def _take(self, *, final: bool) -> str:
        place = self._skipped(0)
        parts: list[str] = []
        while not self._is_open:
            step = read(self._text, place, self._allowed, final=final)
            if step is None:
                self._show(parts, self._text[place:])
                place = len(self._text)
                break
            self._show(parts, self._text[place : step.start])
            place = step.start
            if step.waits:
                break
            if step.rule:
                self._leave(parts, step)
                self._is_open = step.is_open
                place = self._skipped(step.end)
            else:
                self._show(parts, self._text[step.start : step.end])
                place = step.end
        self._text = self._text[place:]
        return "".join(parts)

    def _skipped(self, place: int) -> int:
        if not self._is_open:
            return place
        match = _MORE_OF_ADDRESS.match(self._text, place)
        end = match.end() if match is not None else place
        self._is_open = end == len(self._text)
        return end

    def _show(self, parts: list[str], text: str) -> None:
        if not text:
            return
        if self._is_left and text[0] not in _AFTER:
            parts.append(" ")
        self._is_left = False
        parts.append(text)
        self._may_be_joined = bool(_SPACE.search(text) or self._may_be_joined) and bool(_BEFORE.match(text))

    def _leave(self, parts: list[str], step: Step) -> None:
        self.left_out += 1
        left = step.text
        if left != "]":
            inner = LinkFilter(self._allowed)
            left = inner.feed(left) + inner.finish()
            if not left.strip() or _ADDRESS.search(left) or _ADDRESS.search(unescape(left)):
                left = LEFT_OUT
            if not self._may_be_joined:
                parts.append(" ")
        parts.append(left)
        self._may_be_joined = False
        self._is_left = True
