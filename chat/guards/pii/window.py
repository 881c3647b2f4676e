"""How far a decision may look. Whether something begins at a place is decided by what stands around it, so that a text
that streams is judged as it would be whole, however it is cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chat.guards.contract import Finding

# Characters from where something begins that decide whether it is one: the longest that a stream is held back. What is
# longer is recognised by so many.
WINDOW_CHARS = 40
# Characters before it that are looked at for words which make it more or less likely.
CONTEXT_CHARS = 60

LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Words that may still follow decide about what begins here."""

    start: int


Finder = Callable[[str, int, int, bool], Iterator["Finding | Waiting"]]
"""What begins between two places of a text; the last argument says whether the text ends where it ends."""


def is_word(char: str) -> bool:
    """Latin letters and digits. Other scripts write numbers and addresses into a sentence without a space."""
    return char.isalnum() if char.isascii() else "\u00c0" <= char <= "\u1eff" and char.isalpha()


def stands_alone(text: str, start: int, end: int) -> bool:
    """No part of a longer word."""
    return not (start and is_word(text[start - 1])) and not (end < len(text) and is_word(text[end]))


def reaches_end(text: str, place: int, end: int) -> bool:
    """Of a window: what goes on within words may stop before a point, since what follows that isn't in sight."""
    return place == end or (place == end - 1 and text.startswith(".", place))
