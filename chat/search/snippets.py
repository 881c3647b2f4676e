"""The part of a text that shows why it was found, in pieces: those that were searched for, and what stands between."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from unicodedata import category

from chat.rendering.words import words_of
from chat.search.folding import fold, is_unspaced
from chat.search.query import Query, Term

SNIPPET_CHARS = 180
# What stands before the first hit says what it is about.
BEFORE_CHARS = 40
MATCHES_LOOKED_AT = 50
# A longer text is indexed by its beginning (chat/search/sqlite.py).
LOOKED_AT_CHARS = 100_000
MARK = "\u0300"
# So many characters are read as Markdown, for a mark that is opened in the part that is shown ends behind it.
AROUND_CHARS = 2 * SNIPPET_CHARS
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    is_hit: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    start: int
    end: int
    term: str


def highlight(text: str, query: Query) -> list[Piece]:
    """All of a short text."""
    return [piece for piece in _pieces(text, _places(text, query), 0, len(text)) if piece.text]


def snippet(text: str, query: Query) -> list[Piece]:
    """The first part of a text that has the most of what was searched for; its beginning, if none is seen in it.
    Without its Markdown, unless that is where it was found."""
    text = text[:LOOKED_AT_CHARS]
    found = _places(text, query)
    begins, ends = _around(text, _best_start(found))
    around, fences = text[begins:ends], _FENCE.findall(text, 0, begins)
    # An odd one is still open: what follows is code.
    shown = words_of(f"{fences[-1]}\n{around}" if len(fences) % 2 else around)
    places = _places(shown, query)
    if _terms_from(_best_start(places), places) < _terms_from(_best_start(found), found):
        shown, places = around, _places(around, query)
    start = _best_start(places)
    start, end = _at_words(shown, start, min(len(shown), start + SNIPPET_CHARS))
    before, after = "… " if begins or start else "", " …" if end < len(shown) or ends < len(text) else ""
    pieces = [Piece(before), *_pieces(shown, places, start, end), Piece(after)]
    return [piece for piece in pieces if piece.text]


def _around(text: str, start: int) -> tuple[int, int]:
    """What is looked at for its Markdown: from the beginning of the line, where that is nearby."""
    line = text.rfind("\n", 0, start) + 1
    begins, ends = _at_words(text, start, min(len(text), start + AROUND_CHARS))
    return (line if start - line <= SNIPPET_CHARS else begins), ends


def _best_start(places: Sequence[_Place]) -> int:
    best = max(places, key=lambda one: _terms_from(one.start, places), default=None)
    return max(0, best.start - BEFORE_CHARS) if best else 0


def _terms_from(start: int, places: Sequence[_Place]) -> int:
    return len({one.term for one in places if start <= one.start < start + SNIPPET_CHARS - BEFORE_CHARS})


def _at_words(text: str, start: int, end: int) -> tuple[int, int]:
    """No word is cut, where there are spaces nearby."""
    if start and (space := text.find(" ", start, start + BEFORE_CHARS // 2)) >= 0:
        start = space + 1
    if end < len(text) and (space := text.rfind(" ", end - BEFORE_CHARS // 2, end)) >= 0:
        end = space
    return start, end


def _pieces(text: str, places: Iterable[_Place], start: int, end: int) -> Iterable[Piece]:
    at = start
    for place in places:
        if place.start < at or place.end > end:
            continue
        if place.start > at:
            yield Piece(_in_one_line(text[at : place.start]))
        yield Piece(_in_one_line(text[place.start : place.end]), is_hit=True)
        at = place.end
    if at < end:
        yield Piece(_in_one_line(text[at:end]))


def _in_one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _places(text: str, query: Query) -> list[_Place]:
    if not query.wanted:
        return []
    pattern = re.compile("|".join(f"(?P<t{number}>{_pattern(term)})" for number, term in enumerate(query.wanted)))
    found = islice(pattern.finditer(text.translate(_SIGN_BY_SIGN)), MATCHES_LOOKED_AT)
    return [_Place(match.start(), match.end(), match.lastgroup or "") for match in found]


def _pattern(term: Term) -> str:
    parts = [_word(term.words[0])]
    for before, word in zip(term.words, term.words[1:], strict=False):
        parts += [" *" if is_unspaced(before) or is_unspaced(word) else " +", _word(word)]
    begins = "" if is_unspaced(term.words[0]) else "(?<![^ ])"
    ends = "" if term.is_prefix or is_unspaced(term.words[-1]) else "(?![^ ])"
    return f"{begins}{''.join(parts)}{ends}"


def _word(word: str) -> str:
    return "".join(f"{re.escape(sign)}{MARK}*" for sign in word)


class _SignBySign(dict[int, int]):
    """Folds each sign to one, so that a place in the folded text is that in the text: separators to a space, accents
    that stand by themselves to one of them."""

    def __missing__(self, code: int) -> int:
        folded = fold(chr(code))
        plain = ord(folded[0]) if folded else ord(MARK) if category(chr(code)).startswith("M") else ord(" ")
        self[code] = plain
        return plain


_SIGN_BY_SIGN = _SignBySign()
