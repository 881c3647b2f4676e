"""Links and images as Markdown and HTML write them, one after another: what each spans, and what is left without its
address. Where it isn't sure that something is a link, it is read as one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chat.guards.links.addresses import verdict

TEXT_MAX_CHARS = 200
# What an address may take; of a longer one so much is judged, and all of it goes.
ADDRESS_MAX_CHARS = 300
TITLE_MAX_CHARS = 200
DEEPEST = 8

_TRIGGER = re.compile(r"!?\[|\]\(|<|https?:(?=[/\\]{2})", re.IGNORECASE)
# What may still become one at the end of a text
_TRIGGER_BEGUN = re.compile(r"(?:!|\]|https?|https?:[/\\]?|h|ht|htt)\Z", re.IGNORECASE)
_BRACKET = re.compile(r"\\.|[\[\]]", re.DOTALL)
_DESTINATION = re.compile(
    r"[ \t\r\n]*(?:<(?P<angled>[^<>\n]*)(?P<closed>>)?|(?P<plain>(?:\\.|[^\s()\\]|\((?:\\.|[^\s()\\])*\))*))"
)
_CLOSING = re.compile(r"[ \t\r\n]*(?:\"[^\"]*\"|'[^']*'|\([^()]*\))?[ \t\r\n]*\)")
# With brackets only around a host, so that those around an address stay pairs
_BARE = re.compile(r"https?:[/\\]{2,}(?:\[[^\s\[\]]*\])?[^\s<>\"`\[\]]*", re.IGNORECASE)
_HOST_BEGUN = re.compile(r"\[[^\s\[\]]*\Z")
_BARE_END = re.compile(r"[.,;:!?'*_~)]+\Z")
_SCHEME = re.compile(r"<(?:[A-Za-z][A-Za-z0-9+.-]{1,31}:)")
_AUTOLINK = re.compile(r"<[^\s<>]*")
_TAG_NAME = re.compile(
    r"<(?:a|img|image|iframe|frame|video|audio|source|track|link|script|form|button|object|embed|svg|use|input|body"
    r"|base|bgsound|area|meta|table|td|th|style|div|span|p|picture)(?=[\s/>])",
    re.IGNORECASE,
)
_TAG_BEGUN = re.compile(r"<(?:[A-Za-z][A-Za-z0-9+.-]{0,31})?\Z")
_TAG = re.compile(r"<(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
_ATTRIBUTE = re.compile(
    r"\b(?:src|href|srcset|poster|action|formaction|data|background|content|style)\s*=\s*"
    r"(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))",
    re.IGNORECASE,
)
_IN_ATTRIBUTE = re.compile(r"(?:https?:)?[/\\]{2}[^\s\"'),]+", re.IGNORECASE)
_ALT = re.compile(r"\balt\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.IGNORECASE)
_IS_IMAGE = re.compile(r"<im", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Step:
    """Up to `start` there is nothing. From there to `end` stands what stays as it is, or, with a rule, that of which
    `text` is left. `is_open`: the address goes on, and goes too. `waits`: what follows decides."""

    start: int
    end: int
    rule: str = ""
    score: float = 0.0
    text: str = ""
    is_open: bool = False
    waits: bool = False


def read(text: str, place: int, allowed: frozenset[str] | None, *, final: bool) -> Step | None:
    """The next step; None if there is nothing more."""
    match = _TRIGGER.search(text, place)
    if match is None:
        begun = None if final else _TRIGGER_BEGUN.search(text, max(place, len(text) - 8))
        return None if begun is None else Step(begun.start(), begun.start(), waits=True)
    start, sign = match.start(), match[0]
    reader = _Reader(text, start, allowed, final)
    if sign == "](":
        step = reader.destination(match.end(), "]")
    elif sign == "<":
        step = reader.tag()
    elif sign.endswith("["):
        step = reader.bracket(match.end(), is_image=sign[0] == "!")
    else:
        step = reader.bare()
    # What is none, or is safe, is passed, and looked into.
    return step or Step(start, match.end() if sign != "](" else start + 1)


@dataclass(frozen=True, slots=True)
class _Reader:
    all: str
    start: int
    allowed: frozenset[str] | None
    final: bool

    def waits(self, limit: int) -> bool:
        """Nothing is decided before so many characters are there."""
        return not self.final and len(self.all) - self.start < limit

    @property
    def waiting(self) -> Step:
        return Step(self.start, self.start, waits=True)

    def bracket(self, inner: int, *, is_image: bool) -> Step | None:
        close = _closing_bracket(self.all, inner)
        if close is None or close < 0:
            return self.waiting if close is not None and self.waits(TEXT_MAX_CHARS) else None
        if close + 1 == len(self.all) and not self.final:
            return self.waiting
        inside = self.all[inner:close]
        match self.all[close + 1 : close + 2]:
            case "(":
                return self.destination(close + 2, inside, is_image=is_image)
            case ":" if not is_image and not inside.startswith("^"):
                return self.definition(close + 2)
        return None

    def address(self, place: int) -> tuple[str, int, bool] | None:
        """With its end, and whether it goes on past what is judged of it. None as long as that is not all there."""
        limit = place - self.start + ADDRESS_MAX_CHARS
        last = self.start + limit
        match = _DESTINATION.match(self.all, place, last)
        assert match is not None
        end = match.end()
        # What stops at an open bracket or an escape goes on if it is closed.
        goes_on = end >= min(last, len(self.all)) or (self.all[end] in "(\\" and match["angled"] is None)
        if (goes_on or (match["angled"] is not None and match["closed"] is None)) and self.waits(limit):
            return None
        return match["angled"] or match["plain"] or "", end, end == last

    def destination(self, place: int, left: str, *, is_image: bool = False) -> Step | None:
        read = self.address(place)
        if read is None:
            return self.waiting
        address, end, is_open = read
        found = verdict(address, self.allowed, is_image=is_image)
        if found is None:
            return None
        if not is_open:
            closing = _CLOSING.match(self.all, end, end + TITLE_MAX_CHARS)
            if closing is None and self.waits(end - self.start + TITLE_MAX_CHARS):
                return self.waiting
            end = closing.end() if closing is not None else end
        return Step(self.start, end, *found, left, is_open)

    def definition(self, place: int) -> Step | None:
        read = self.address(place)
        if read is None:
            return self.waiting
        address, end, is_open = read
        # A picture may be defined by it.
        found = verdict(address, self.allowed, is_image=True)
        if found is None:
            return None
        return Step(self.start, end, "definition", found[1], "", is_open)

    def bare(self) -> Step | None:
        last = self.start + ADDRESS_MAX_CHARS
        match = _BARE.match(self.all, self.start, last)
        assert match is not None
        end = match.end()
        goes_on = end == len(self.all) or (match[0][-1] in "/\\" and _HOST_BEGUN.match(self.all, end))
        if goes_on and self.waits(ADDRESS_MAX_CHARS):
            return self.waiting
        address = match[0] if end == last else _BARE_END.sub("", match[0])
        found = verdict(address, self.allowed, is_image=False)
        return None if found is None else Step(self.start, self.start + len(address), *found, "", end == last)

    def tag(self) -> Step | None:
        if _TAG_BEGUN.match(self.all, self.start) and not self.final:
            return self.waiting
        if _TAG_NAME.match(self.all, self.start) is None:
            return self.autolink() if _SCHEME.match(self.all, self.start) else None
        last = self.start + ADDRESS_MAX_CHARS
        match = _TAG.match(self.all, self.start, last)
        if match is not None:
            return self._unsafe_tag(match)
        if self.waits(ADDRESS_MAX_CHARS):
            return self.waiting
        # Neither its end nor all of its addresses are in sight: with its first sign gone it is no tag.
        return Step(self.start, self.start + 1, "tag", 0.6) if len(self.all) >= last else None

    def autolink(self) -> Step | None:
        last = self.start + ADDRESS_MAX_CHARS
        match = _AUTOLINK.match(self.all, self.start, last)
        assert match is not None
        end = match.end()
        if end == len(self.all) and self.waits(ADDRESS_MAX_CHARS):
            return self.waiting
        if end < last and not self.all.startswith(">", end):
            return None
        found = verdict(match[0][1:], self.allowed, is_image=False)
        return None if found is None else Step(self.start, min(end + 1, last), *found, "", end == last)

    def _unsafe_tag(self, tag: re.Match[str]) -> Step | None:
        is_image = _IS_IMAGE.match(tag[0]) is not None
        for attribute in _ATTRIBUTE.finditer(tag[0]):
            value = attribute[1] or attribute[2] or attribute[3] or ""
            for address in (value, *_IN_ATTRIBUTE.findall(value)):
                found = verdict(address, self.allowed, is_image=is_image)
                if found is not None:
                    alt = _ALT.search(tag[0])
                    left = (alt[1] or alt[2] or alt[3] or "") if alt is not None else ""
                    return Step(self.start, tag.end(), *found, left)
        return None


def _closing_bracket(text: str, place: int) -> int | None:
    """-1 if there is none in sight; None if there are more within each other than any text has."""
    depth = 1
    for match in _BRACKET.finditer(text, place, place + TEXT_MAX_CHARS):
        depth += {"[": 1, "]": -1}.get(match[0], 0)
        if not depth:
            return match.start()
        if depth > DEEPEST:
            return None
    return -1
