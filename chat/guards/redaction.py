"""Findings taken out of a text, whole or while it streams."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from chat.guards.contract import Category, Finding
from chat.guards.pii import find_between
from chat.guards.pii.growth import Growth
from chat.guards.pii.tail import undecided_from
from chat.guards.pii.window import CONTEXT_CHARS

PII_CATEGORIES: frozenset[Category] = frozenset(
    {"email", "phone", "iban", "card", "national_id", "ip", "api_key", "private_key", "jwt"}
)
# Before what is not yet shown, as much as a decision about it looks back.
_KEPT_CHARS = CONTEXT_CHARS + 4


# That begins or ends a string of JSON: not one that is written in it.
_QUOTE = re.compile(r'(?<!\\)(?:\\\\)*"')


def mark(category: Category) -> str:
    return f"[REDACTED:{category.upper()}]"


def apart(findings: Iterable[Finding]) -> list[Finding]:
    """In the order of the text. Those that overlap are one, over all that they span, which is what the surest of them
    says it is, or the longest of those."""
    parts: list[Finding] = []
    for found in sorted(findings):
        if not parts or found.start >= parts[-1].end:
            parts.append(found)
            continue
        last = parts.pop()
        best = max(last, found, key=lambda one: (one.score, one.end - one.start))
        parts.append(replace(best, start=last.start, end=max(last.end, found.end)))
    return parts


def redact(text: str, findings: Sequence[Finding]) -> str:
    parts, shown = [], 0
    for found in apart(findings):
        parts += [text[shown : found.start], mark(found.category)]
        shown = found.end
    return "".join([*parts, text[shown:]])


def redact_json(text: str, findings: Sequence[Finding]) -> str:
    """Of JSON, with or without words around it: what stands there bare, such as a number, becomes a string."""
    parts, shown, quotes = [], 0, 0
    for found in apart(findings):
        before = text[shown : found.start]
        quotes += len(_QUOTE.findall(before))
        parts += [before, mark(found.category) if quotes % 2 else f'"{mark(found.category)}"']
        quotes += len(_QUOTE.findall(text[found.start : found.end]))
        shown = found.end
    return "".join([*parts, text[shown:]])


class StreamRedactor:
    """The same as `redact(text, find_pii(text))`, however the text is cut.

    A decision about a place looks 40 characters ahead (`WINDOW_CHARS`), in a whole text too: so much is held back at
    most of what is nothing in the end. What is longer is known by its beginning and swallowed while it goes on. Of an
    e-mail address with more than 30 characters before its @ the last 30 are taken; one that goes on past the window is
    one by the point in its domain, whatever its end; an IBAN or card number that is stretched over more than 39
    characters is none.
    """

    def __init__(self, categories: frozenset[Category] = PII_CATEGORIES) -> None:
        self._categories = categories
        # A text with one of these ends before it.
        self.refuses: frozenset[Category] = frozenset()
        self.refused: Category | None = None
        self._text = ""
        self._shown = 0
        self._growth: Growth | None = None
        self._growing_is_shown = False

    @property
    def held(self) -> str:
        return self._text[self._shown :]

    def feed(self, text: str) -> str:
        self._text += text
        return self._take(final=False)

    def finish(self) -> str:
        return self._take(final=True)

    def go_on_after(self, mark_of: Category) -> None:
        """What was taken out at the end of a text that goes on here may go on too."""
        self._growth, self._growing_is_shown = Growth.after(mark_of), False

    def _take(self, *, final: bool) -> str:
        if self.refused is not None:
            return ""
        out = self._grown(final=final)
        if self._growth is None:
            end = len(self._text) if final else undecided_from(self._text, self._shown)
            if end > self._shown:
                out += self._decided(end, final=final)
        dropped = self._shown - _KEPT_CHARS
        if dropped > 0:
            self._text = self._text[dropped:]
            self._shown -= dropped
        return out

    def _grown(self, *, final: bool) -> str:
        if self._growth is None:
            return ""
        begin = self._shown
        self._shown = self._growth.take(self._text, begin, final=final)
        if self._growth.is_over:
            self._growth = None
        return self._text[begin : self._shown] if self._growing_is_shown else ""

    def _decided(self, end: int, *, final: bool) -> str:
        found = find_between(self._text, self._shown, end, final=final)
        parts = []
        for finding in found.findings:
            parts.append(self._text[self._shown : finding.start])
            if finding.category in self.refuses:
                self.refused = finding.category
                return "".join(parts)
            is_shown = finding.category not in self._categories
            parts.append(self._text[finding.start : finding.end] if is_shown else mark(finding.category))
            self._shown = finding.end
            self._growing_is_shown = is_shown
        self._growth = found.growth
        parts.append(self._text[self._shown : found.until])
        self._shown = found.until
        return "".join(parts)
