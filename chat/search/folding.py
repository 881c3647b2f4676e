"""Text as the index has it: words in lower case without diacritics, one space between them.

SQLite's triggers call `fold`; PostgreSQL's have the same rules in SQL (`chat/search/postgresql.py`).
"""

from __future__ import annotations

import re
from unicodedata import normalize

# What is written without spaces is indexed sign by sign, so that any part of it is found: Thai to Myanmar, Khmer,
# kana, Chinese characters, Hangul.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
# Accents, and the vowel signs that Hebrew and Arabic are mostly written without.
MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670"
# Letters that no decomposition takes apart, though people type them without their strokes.
PLAIN = dict(zip("đðøłħ\u0131ς", "ddolhi\u03c3", strict=True))
PAIRS = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}

_MARKS = re.compile(f"[{MARKS}]+")
_UNSPACED = re.compile(f"([{UNSPACED}])")
# In the scripts of India and its neighbours, signs that are no letters are parts of words.
_SEPARATORS = re.compile("(?:[^\\w\u0900-\u0963\u0966-\u0eff\u1000-\u109f\u1780-\u17ff]|_)+")
_LETTERS = str.maketrans(PLAIN | PAIRS)


def fold(text: str) -> str:
    if not text.isascii():
        text = _MARKS.sub("", normalize("NFKD", text)).lower().translate(_LETTERS)
        text = _UNSPACED.sub(r" \1 ", normalize("NFC", text))
    return _SEPARATORS.sub(" ", text.lower()).strip()


def is_unspaced(word: str) -> bool:
    return _UNSPACED.match(word) is not None
