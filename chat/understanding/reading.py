"""A message as the phrases of `words.py` are looked up in it, in English and Vietnamese."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import TypeAlias

# What a message wants stands in its beginning; one that goes on for longer brings its own material.
EXAMINED_CHARS = 400

Index: TypeAlias = Mapping[str, list[tuple[str, ...]]]

_WORD = re.compile(r"\w+(?:['-]\w+)*")
_SENTENCE_END = re.compile(r"[.!?;:\n\u2026\uff1f\u3002\uff01]+")
_MARKED = re.compile(r"[\u00c0-\u024f\u1ea0-\u1ef9]")
_QUOTES = str.maketrans("\u2018\u2019", "''")
QUESTION_MARKS = ("?", "\N{FULLWIDTH QUESTION MARK}", "\N{ARABIC QUESTION MARK}")


class Reading:
    """The words of a message in lower case, by sentences. Many people type Vietnamese without its marks: then phrases
    of it are found without them, too, if they have several words; one alone may be an English word."""

    def __init__(self, text: str) -> None:
        self.text = unicodedata.normalize("NFC", text[:EXAMINED_CHARS].translate(_QUOTES)).strip()
        self.is_whole = len(text) <= EXAMINED_CHARS
        self.has_marks = bool(_MARKED.search(self.text))
        self.asks = any(mark in self.text for mark in QUESTION_MARKS)
        lower = self.text.lower()
        sentences = (tuple(_WORD.findall(one)) for one in _SENTENCE_END.split(lower))
        self.sentences = [words for words in sentences if words]
        self.words = tuple(word for words in self.sentences for word in words)


class Phrases:
    """A list of phrases, separated by commas, of each language."""

    def __init__(self, english: str = "", vietnamese: str = "") -> None:
        plain = [_words_of(one) for one in english.split(",")]
        marked = [_words_of(one) for one in vietnamese.split(",")]
        unmarked = [tuple(without_marks(word) for word in words) for words in marked if len(words) > 1]
        self._with_marks = _index([*plain, *marked])
        self._without = _index([*plain, *unmarked])

    def at(self, reading: Reading, words: tuple[str, ...], place: int) -> int:
        """How many words the longest phrase has that stands there; 0 without one."""
        index = self._with_marks if reading.has_marks else self._without
        found = index.get(words[place]) if place < len(words) else None
        if found is None:
            return 0
        return next((len(one) for one in found if words[place : place + len(one)] == one), 0)

    def open(self, reading: Reading) -> bool:
        return bool(self.at(reading, reading.words, 0))

    def open_a_sentence(self, reading: Reading) -> bool:
        return any(self.at(reading, words, 0) for words in reading.sentences)

    def are_in(self, reading: Reading) -> bool:
        return any(self.at(reading, words, place) for words in reading.sentences for place in range(len(words)))

    def end(self, reading: Reading) -> bool:
        words = reading.sentences[-1] if reading.sentences else ()
        return any(self.at(reading, words, place) == len(words) - place for place in range(len(words)))

    def skip(self, reading: Reading, words: tuple[str, ...], place: int = 0) -> int:
        """The place behind all phrases that stand there one after the other."""
        while length := self.at(reading, words, place):
            place += length
        return place

    def cover(self, reading: Reading) -> bool:
        """Whether the message consists of them alone."""
        return bool(reading.words) and reading.is_whole and self.skip(reading, reading.words) == len(reading.words)


def without_marks(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _words_of(phrase: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(unicodedata.normalize("NFC", phrase).lower()))


def _index(phrases: Iterable[tuple[str, ...]]) -> Index:
    """By the first word, the longest first."""
    index: dict[str, list[tuple[str, ...]]] = {}
    for words in dict.fromkeys(phrases):
        if words:
            index.setdefault(words[0], []).append(words)
    for found in index.values():
        found.sort(key=len, reverse=True)
    return index
