"""A text as rules compare it, with the way back to the places of the original: compatibility forms, case, marks,
invisible characters and homoglyphs are gone. Leet, spaced and scrambled words are mended in `attacks/tokens.py`.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, chain, repeat
from typing import NamedTuple

# The tables learn characters as they come, this many at most: more than a text has that is not made to fill them.
LEARNED_AT_MOST = 20_000


def _pairs(lookalikes: str, letters: str) -> dict[str, str]:
    return dict(zip(lookalikes, letters, strict=True))


# What looks like a Latin letter and is another one after NFKD. Words that are looked for are folded in the same way, so
# that Russian is still compared with Russian. Greek, which no rule is written in, may differ by case.
LOOKALIKES = {
    **_pairs("авгекмнорпстухьіјѕһԁԛԝӏєԍ", "abrekmhopnctyxbijshdqwleg"),
    **_pairs("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abezhikmnoptyx"),
    **_pairs("αβγεηικμνορτυχω", "abyenikuvoptuxw"),
    **_pairs("օոսհցզ", "onuhgq"),
    **_pairs("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz"),
    **_pairs("ıɩłøđħɑɡǝɛɔɐɯɹʇʌʍʎ", "iilodhageecamrtvwy"),
    # Letters in boxes and of flags, of which Unicode keeps no plain form.
    **{chr(first + at): chr(97 + at) for first in (0x1F150, 0x1F170, 0x1F1E6) for at in range(26)},
}
# Formats, controls and marks, of which joiners, tags and variation selectors are some.
_DROPPED = frozenset({"Cf", "Cc", "Mn", "Me"})
# Letters by their category that show nothing.
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")
# Of the invisible kinds, what parts words and lines.
_PARTING = frozenset("\t\n\r\v\f\x85")


class Table(dict[int, str]):
    """For `str.translate`: what each character becomes."""

    def __init__(self, become: Callable[[str], str]) -> None:
        super().__init__()
        self._become = become

    def __missing__(self, code: int) -> str:
        made = self._become(chr(code))
        if len(self) < LEARNED_AT_MOST:
            self[code] = made
        return made


def _cleaned(character: str) -> str:
    """With its case and its marks: what can be decoded is written with them."""
    is_kept = character in _PARTING or not (character in _FILLERS or _is_dropped(character))
    return unicodedata.normalize("NFKC", character) if is_kept else ""


def _is_dropped(character: str) -> bool:
    return unicodedata.category(character) in _DROPPED


def _folded(character: str) -> str:
    # An underscore parts the words of a name.
    if character in _PARTING or character == "_":
        return " " if character in "\t_" else "\n"
    if character in _FILLERS:
        return ""
    for _ in range(2):
        # Case and marks of what a homoglyph or a compatibility form stood for.
        letters = unicodedata.normalize("NFKD", "".join(LOOKALIKES.get(one, one) for one in character))
        lowered = (LOOKALIKES.get(one, one).casefold() for one in letters if not _is_dropped(one))
        character = "".join(lowered)
    return character


CLEANING, FOLDING = Table(_cleaned), Table(_folded)


def folded(text: str) -> str:
    return text.translate(FOLDING)


@dataclass(frozen=True, slots=True)
class Mapped:
    """A text that was made of another. `span` gives the stretch of the original that a stretch of it, which is not
    empty, was made of."""

    text: str
    span: Callable[[int, int], tuple[int, int]]


def given(text: str) -> Mapped:
    return Mapped(text, lambda start, end: (start, end))


def translated(source: Mapped, table: Table) -> Mapped:
    text = source.text.translate(table)

    # Most texts are found to be harmless, and none of their places is ever asked for.
    @cache
    def places() -> list[int]:
        return list(chain.from_iterable(repeat(at, len(table[ord(one)])) for at, one in enumerate(source.text)))

    return Mapped(text, lambda start, end: source.span(places()[start], places()[end - 1] + 1))


class Piece(NamedTuple):
    """A piece of a text and the stretch that it was made of, as a whole or character by character."""

    text: str
    start: int
    end: int
    is_literal: bool = False


def made_of(source: Mapped, pieces: list[Piece]) -> Mapped:
    """Pieces of the source, in order; none is empty."""
    ends = list(accumulate(len(piece.text) for piece in pieces))

    def stretch(at: int) -> tuple[int, int]:
        number = bisect_right(ends, at)
        piece = pieces[number]
        within = at - ends[number] + len(piece.text)
        return (piece.start + within, piece.start + within + 1) if piece.is_literal else (piece.start, piece.end)

    return Mapped(
        "".join(piece.text for piece in pieces),
        lambda start, end: source.span(stretch(start)[0], stretch(end - 1)[1]),
    )
