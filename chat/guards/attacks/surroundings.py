"""What is said around an attack that makes it a talk about one: a quotation, a question about attacks, code, somebody
else's instructions."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate

from chat.guards.attacks.hits import Hit
from chat.guards.attacks.matching import Match
from chat.guards.attacks.rules import SURROUNDINGS

# What is left of a rule's weight: quoted and spoken about; only quoted; in a question about attacks; in another text
# about them; among code; of instructions that are somebody else's.
QUOTED, ONLY_QUOTED, ASKED, ABOUT_ATTACKS, CODE, ELSEWHERE = 0.2, 0.5, 0.5, 0.75, 0.5, 0.55
# As far around as a text counts, in characters.
NEAR, UNTRUSTED_NEAR = 600, 250
# Of a line that holds a match as much as tells code or an introduction.
_LINE = 400
_QUOTES = re.compile(
    r"\"[^\"\n]{2,400}\"|“[^“”\n]{2,400}”|«[^«»\n]{2,400}»|„[^„“”\n]{2,400}[“”]|「[^「」\n]{2,400}」|`[^`\n]{2,400}`"
    r"|(?<!\w)'[^'\n]{2,400}'(?!\w)"
)
_ASKING = re.compile(r"\?|\b(?:how|why|explain|which)\b")
# A call, an operator, the end of a statement, the key of a mapping, a word that begins a line of code: at each place.
_CODE = re.compile(
    r"(?=(\w\(|\w\[|[=;{}][^\S\n]*$|=>|==|(?<!-)->|::|\w = |\"\s*:\s*[\[\"{\w]|/\*|\*/|^[^\S\n]*(?://|#!|\$ )"
    r"|^[^\S\n]*(?:def|class|function|const|let|var|import|export) \w+ ?[=({:]"
    r"|^[^\S\n]*(?:select .+ from|update \w+ set|insert into|create (?:table|policy)|git|npm|kubectl) ))",
    re.MULTILINE,
)


def lowered(text: str, found: set[Match], hits: Sequence[Hit], *, is_untrusted: bool) -> list[Match]:
    if not found:
        return []
    surroundings = _Surroundings(text, hits, is_untrusted=is_untrusted)
    return [one._replace(weight=one.weight * surroundings.leave(one)) for one in found]


class _Surroundings:
    def __init__(self, text: str, hits: Sequence[Hit], *, is_untrusted: bool) -> None:
        self.text, self.is_untrusted = text, is_untrusted
        self.around = sorted(hit for hit in hits if hit.idea in SURROUNDINGS)
        self.starts = [hit.start for hit in self.around]
        self.quotes = [match.span() for match in _QUOTES.finditer(text)]
        self.asks = bool(_ASKING.search(text))

    def leave(self, found: Match) -> float:
        near = UNTRUSTED_NEAR if self.is_untrusted else NEAR
        ideas = self._ideas(found.start - near, found.end + near)
        first, last = self._quote(found.start), self._quote(found.end - 1)
        # "What does" may stand before the quotation that it asks about.
        if (first or last) and ideas & ({"topic"} if self.is_untrusted else {"topic", "mention"}):
            return QUOTED
        is_one_text = first is not None and first == last
        if not is_one_text and self._is_among_code(found):
            return CODE
        if self.is_untrusted:
            return 1
        if is_one_text:
            return ONLY_QUOTED
        if self._is_introduced(found):
            return QUOTED
        if "topic" in ideas:
            return ASKED if self.asks else ABOUT_ATTACKS
        return ELSEWHERE if "elsewhere" in ideas else 1

    def _ideas(self, start: int, end: int) -> set[str]:
        within = slice(bisect_left(self.starts, start), bisect_right(self.starts, end))
        return {hit.idea for hit in self.around[within]}

    def _quote(self, place: int) -> tuple[int, int] | None:
        number = bisect_right(self.quotes, (place, len(self.text))) - 1
        return self.quotes[number] if number >= 0 and place < self.quotes[number][1] else None

    def _is_among_code(self, found: Match) -> bool:
        end = self.text.find("\n", found.end, found.end + _LINE)
        starts, ends = self._code
        first = bisect_left(starts, self._line_start(found.start))
        return first < len(ends) and ends[first] <= (end if end >= 0 else found.end + _LINE)

    @cached_property
    def _code(self) -> tuple[list[int], list[int]]:
        """Where something of code begins, and where, from there on, the first ends. Of a text with many attacks each
        asks for it, so it is read once."""
        spans = [match.span(1) for match in _CODE.finditer(self.text)]
        ends = list(accumulate((end for _, end in reversed(spans)), min))
        return [start for start, _ in spans], ends[::-1]

    def _is_introduced(self, found: Match) -> bool:
        """ "Translate this: ...", where the rest of the line is what is spoken about."""
        colon = self.text.rfind(":", max(0, found.start - _LINE), found.end)
        return colon >= 0 and "mention" in self._ideas(self._line_start(colon), colon)

    def _line_start(self, place: int) -> int:
        since = max(0, place - _LINE)
        return max(since, self.text.rfind("\n", since, place) + 1)
