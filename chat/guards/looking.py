"""Which guards look for a category, so that none is asked whose answer nobody wants."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import replace

from chat.guards.attacks import find_attacks
from chat.guards.contract import Category, Finding, Place
from chat.guards.invisible import find_invisible
from chat.guards.pii import find_pii
from chat.guards.redaction import PII_CATEGORIES

ATTACKS: frozenset[Category] = frozenset({"injection", "jailbreak", "extraction"})
# A pattern's search over a whole book would let no other thread work meanwhile: streams would stand still.
PIECE_CHARS = 20_000
# Before and after a piece, more than any decision looks around.
AROUND_CHARS = 1_000


def look_for(categories: Set[Category], text: str, place: Place) -> list[Finding]:
    """Of these alone, in the order of the text. What is known by more than the text, leakage and links, has guards of
    its own."""
    if len(text) <= PIECE_CHARS + AROUND_CHARS:
        return sorted(_found(categories, text, place))
    found: list[Finding] = []
    for begin in range(0, len(text), PIECE_CHARS):
        first = max(0, begin - AROUND_CHARS)
        piece = text[first : begin + PIECE_CHARS + AROUND_CHARS]
        moved = (replace(one, start=one.start + first, end=one.end + first) for one in _found(categories, piece, place))
        found.extend(one for one in moved if begin <= one.start < begin + PIECE_CHARS)
    return sorted(found)


def _found(categories: Set[Category], text: str, place: Place) -> Iterator[Finding]:
    found: list[Finding] = []
    if categories & ATTACKS:
        found += find_attacks(text, place)
    if "invisible" in categories:
        found += find_invisible(text, place)
    if categories & PII_CATEGORIES:
        found += find_pii(text, place)
    return (one for one in found if one.category in categories)
