"""From where the end of a text can still become something that is looked for. Rather too early than too late: what is
shown can't be taken back, and what is held back is shown a few characters later."""

from __future__ import annotations

import re

from chat.guards.pii.growth import USER_INFO
from chat.guards.pii.iban import COUNTRY
from chat.guards.pii.numbers import SEPARATORS
from chat.guards.pii.window import LATIN, WINDOW_CHARS

_LETTERS = frozenset("".join(chr(code) for code in range(0xC0, 0x1EFF + 1) if re.match(f"[{LATIN}]", chr(code))))
# Without a space: e-mail addresses, keys, tokens, passwords, addresses of hosts.
_IN_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-./:=?@\\^_~") | _LETTERS
_DIGITS = frozenset("0123456789")
# A and B stand in French numbers; one letter more may end a Spanish one.
_IN_NUMBER = _DIGITS | frozenset(SEPARATORS) | frozenset("+AB")
_SIGNS = frozenset(":,@%=")
_NUMBER = re.compile(r"[+(]{0,2}[0-9]|[+(]{1,2}\Z")
_BETWEEN = f"[{re.escape(SEPARATORS)}]{{0,4}}"
_LETTERED = re.compile(
    rf"(?<![{LATIN}0-9])(?:{COUNTRY}[0-9]{{2}}(?:{_BETWEEN}[A-Za-z0-9])*{_BETWEEN}"
    r"|[A-Z]{2} (?:[0-9]{2}[0-9 ]*[A-D]?)?[0-9]?|[XYZ] (?:[0-9]{1,7}[ -]?[A-Z]?)?)\Z"
)
_ENDS_LETTERED = frozenset(SEPARATORS) | frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_HEAD = re.compile(r"-{1,5}\Z|-----B[A-Z0-9 ]{0,30}-{0,5}(?:\r|\\)?\Z")
_IN_ADDRESS = re.compile(rf"{USER_INFO}*")


def undecided_from(text: str, begin: int) -> int:
    """The text's length if nothing is."""
    length = len(text)
    begin = max(begin, length - WINDOW_CHARS + 1)
    if begin >= length:
        return length
    place = _run_of(_IN_WORD, text, begin, length)
    # Whether a number ends with a letter or before a sign is said by the next character.
    end = length - (text[-2:-1] in _IN_NUMBER and (text[-1].isalpha() or text[-1] in _SIGNS))
    number = _NUMBER.search(text, _run_of(_IN_NUMBER, text, begin, end))
    if number is not None:
        place = min(place, number.start())
    slashes = text.rfind("://", max(0, begin - 3))
    if slashes >= 0 and _IN_ADDRESS.fullmatch(text, slashes + 3):
        place = min(place, max(begin, slashes + 3))
    if text[-1] in _ENDS_LETTERED:
        lettered = _LETTERED.search(text, begin)
        place = place if lettered is None else min(place, lettered.start())
    if "-" in text[begin:]:
        head = _HEAD.search(text, begin)
        place = place if head is None else min(place, head.start())
    return place


def _run_of(chars: frozenset[str], text: str, begin: int, end: int) -> int:
    while end > begin and text[end - 1] in chars:
        end -= 1
    return end
