"""What a text may hold in another writing: escapes, base64, hexadecimal, binary, ROT13, reversed, tags. Each reading is
a text of its own, hardly longer than what it was read from, however many stretches it was put together from.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Iterator
from functools import cache
from string import ascii_letters, ascii_lowercase, ascii_uppercase

from chat.guards.invisible import hidden_tags
from chat.guards.normalising import CLEANING, Mapped, Piece, made_of, translated

# Base64 in hexadecimal in base64 is read; deeper nobody asks a model to go.
DEPTH = 3
# All readings of a text together: this many times its length, and this many characters for a short one.
TIMES, AT_LEAST = 4, 2_000

_ESCAPES = re.compile(
    r"(?P<percent>(?:%[0-9A-Fa-f]{2})+)"
    r"|(?P<entity>&(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});)"
    r"|(?P<bytes>(?:\\x[0-9A-Fa-f]{2})+)"
    r"|\\u\{?(?P<unicode>[0-9A-Fa-f]{4})\}?"
)
_BASE64 = re.compile(r"={0,2}[A-Za-z0-9+/_-]{16,}={0,2}(?:\r?\n[A-Za-z0-9+/_-]+={0,2})*")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:(?:0x)?[0-9A-Fa-f]{2}[\s,:;-]?){8,}")
_BINARY = re.compile(r"(?:[01]{8}[\s,]?){4,}")
_FROM_TAGS = {0xE0000 + code: code for code in range(0x20, 0x80)}
_STANDARD = str.maketrans("-_", "+/")
_ROT13 = str.maketrans(
    ascii_letters, ascii_lowercase[13:] + ascii_lowercase[:13] + ascii_uppercase[13:] + ascii_uppercase[:13]
)
_WORD = re.compile(r"[a-z]{4,}")
# Words read the other way, of which one alone may be chance ("drawer").
_TELLTALES = 2
# Of what a true text has, nearly all can be printed.
_PRINTABLE = 0.95


def readings(source: Mapped, words: frozenset[str]) -> Iterator[tuple[str, Mapped]]:
    """Each with the names of its encodings, outermost first. `words`, in lower case, are those by which ROT13 and
    reversed text are told from nonsense."""
    budget = max(AT_LEAST, TIMES * len(source.text))
    level = [("", translated(source, CLEANING))]
    yield from _tags(source)
    for _ in range(DEPTH):
        deeper = []
        for names, text in level:
            for name, reading in _once(text, words):
                budget -= len(reading.text)
                if budget < 0:
                    return
                deeper.append((f"{names}>{name}" if names else name, reading))
                yield deeper[-1]
        level = deeper


def _once(source: Mapped, words: frozenset[str]) -> Iterator[tuple[str, Mapped]]:
    yield from _escapes(source)
    yield from _stretches("base64", _BASE64, _from_base64, source)
    yield from _stretches("hex", _HEX, _from_hex, source)
    yield from _stretches("binary", _BINARY, _from_binary, source)
    yield from _turned(source, words)


def _tags(source: Mapped) -> Iterator[tuple[str, Mapped]]:
    hidden = [] if source.text.isascii() else hidden_tags(source.text)
    if hidden:
        text = source.text.translate(_FROM_TAGS)
        yield "tags", made_of(source, [Piece(text[start:end], start, end, is_literal=True) for start, end in hidden])


def _escapes(source: Mapped) -> Iterator[tuple[str, Mapped]]:
    text, done = source.text, 0
    pieces = []
    for match in _ESCAPES.finditer(text) if any(sign in text for sign in "%&\\") else ():
        pieces += [
            Piece(text[done : match.start()], done, match.start(), is_literal=True),
            Piece(_unescaped(match), match.start(), match.end()),
        ]
        done = match.end()
    if pieces:
        pieces.append(Piece(text[done:], done, len(text), is_literal=True))
        yield "escapes", made_of(source, [piece for piece in pieces if piece.text])


def _unescaped(match: re.Match[str]) -> str:
    if match["entity"]:
        return html.unescape(match["entity"])
    if match["unicode"]:
        return chr(int(match["unicode"], 16))
    return bytes.fromhex(re.sub(r"%|\\x", "", match[0])).decode("utf-8", "replace")


def _stretches(
    name: str, pattern: re.Pattern[str], decode: Callable[[str], str], source: Mapped
) -> Iterator[tuple[str, Mapped]]:
    # Without what parts it from the next word.
    stretches = ((match.start(), match[0].rstrip(" \t\r\n,:;")) for match in pattern.finditer(source.text))
    decoded = ((decode(stretch), start, start + len(stretch)) for start, stretch in stretches)
    # What stands in two stretches is no one sentence.
    pieces = [Piece(f"{text}\n", start, end) for text, start, end in decoded if text]
    if pieces:
        yield name, made_of(source, pieces)


def _from_base64(stretch: str) -> str:
    """Also of ROT13 or reversed base64, and with a line after it that is no part of it any more."""
    if stretch.islower() or stretch.isupper():
        return ""
    lines = stretch.split()
    for kept in (lines, lines[:-1], lines[:1]) if len(lines) > 1 else (lines,):
        digits = "".join(kept).strip("=").translate(_STANDARD)
        for written in (digits, digits.translate(_ROT13), digits[::-1]):
            # A last digit alone stands for no byte.
            whole = written[: len(written) - (len(written) % 4 == 1)]
            if text := _as_text(base64.b64decode(whole + "=" * (-len(whole) % 4))):
                return text
    return ""


def _from_hex(stretch: str) -> str:
    digits = re.sub(r"0x|[^0-9A-Fa-f]", "", stretch)
    return _as_text(bytes.fromhex(digits[: len(digits) // 2 * 2]))


def _from_binary(stretch: str) -> str:
    return _as_text(bytes(int(byte, 2) for byte in re.findall("[01]{8}", stretch)))


def _as_text(data: bytes) -> str:
    """Empty if it is none."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    printable = sum(one.isprintable() or one.isspace() for one in text)
    return text if printable >= _PRINTABLE * len(text) else ""


@cache
def _telltales(words: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(word.translate(_ROT13) for word in words), frozenset(word[::-1] for word in words)


def _turned(source: Mapped, words: frozenset[str]) -> Iterator[tuple[str, Mapped]]:
    """ROT13, and read from right to left, as a whole or word by word."""
    text = source.text
    found = set(_WORD.findall(text.lower()))
    rotated, mirrored = _telltales(words)
    if len(found & rotated) >= _TELLTALES:
        yield "rot13", Mapped(text.translate(_ROT13), source.span)
    if len(found & mirrored) >= _TELLTALES:
        length = len(text)
        yield "reversed", Mapped(text[::-1], lambda start, end: source.span(length - end, length - start))
        # A word's place is its own, whichever way it is read.
        yield "reversed words", Mapped(re.sub(r"\w+", lambda word: word[0][::-1], text), source.span)
