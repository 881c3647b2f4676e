"""A text as the words of `words.py` are looked up in it: in one pass, whatever its length and however many words."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TypeAlias

from providers.routing import words

# Of what is looked up, by its first word: the name it is found under, and all its words.
Index: TypeAlias = Mapping[str, list[tuple[str, list[str]]]]

# Vietnamese writes each syllable apart; its words have about one and a third.
SYLLABLES_PER_WORD = 1.35
CJK_CHARS_PER_WORD = 1.6
VERB_ENDINGS = ("e", "es", "s", "ed", "d", "ing", "er")

# A hyphen parts words; what is left of "C++", "C#" and "Node.js" stays one.
_WORD = re.compile(r"\w+(?:'\w+|\.js\b|\+\+|#)*")
_SENTENCE_END = re.compile(r"[?!;:\n]|\.(?=\s|$)|\s[-\u2013\u2014]\s")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_VIETNAMESE = re.compile(r"[ăđơưĂĐƠƯ\u1ea0-\u1ef9]")
_QUOTES = str.maketrans("\u2018\u2019", "''")

_LISTS = {
    name: getattr(words, name)
    for name in (
        *("TECHNICAL", "MAKING", "TROUBLE", "HARD", "DEPTH", "EXPLAINING", "SMALL_TALK", "LIGHT", "TELLING"),
        *("FACT_OPENINGS", "FACT_WORDS", "REFERRING", "GOING_ON"),
    )
}


class Reading:
    """With its marks if it has any, else without those of the words: many people type Vietnamese without."""

    def __init__(self, text: str) -> None:
        self.has_marks = bool(_VIETNAMESE.search(text))
        self.is_question = "?" in text
        plain = _plain(text, with_marks=self.has_marks)
        self._tokens: list[str] = []
        self._sentence_starts: list[int] = []
        for sentence in _SENTENCE_END.split(plain):
            if tokens := _WORD.findall(sentence):
                self._sentence_starts.append(len(self._tokens))
                self._tokens += tokens
        self.words = self._count_words(plain)
        self._places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for name, place, length in self._find(_list_index(self.has_marks)):
            self._places[name].append((place, length))

    def has(self, name: str) -> bool:
        return name in self._places

    def count(self, name: str) -> int:
        """How many different ones of the list there are."""
        return len({tuple(self._tokens[place : place + length]) for place, length in self._places.get(name, ())})

    def opens_with(self, name: str) -> bool:
        return any(place == 0 for place, _ in self._places.get(name, ()))

    def has_sentence_opening(self, name: str) -> bool:
        starts = set(self._sentence_starts)
        return any(place in starts for place, _ in self._places.get(name, ()))

    def work_words(self, work_words: tuple[str, ...]) -> dict[str, list[int]]:
        """Which of these there are, and where."""
        found: dict[str, list[int]] = defaultdict(list)
        for word, place, _ in self._find(_work_index(work_words, self.has_marks)):
            found[word].append(place)
        return found

    def request_places(self) -> set[int]:
        """Where the verb of a request may stand: at the beginning of a sentence, and after "please" and its like."""
        openings = {place: place + length for _, place, length in self._find(_request_index(self.has_marks))}
        places = set()
        for start in self._sentence_starts:
            place: int | None = start
            while place is not None:
                places.add(place)
                place = openings.get(place)
        return places

    def _count_words(self, plain: str) -> float:
        """Vietnamese syllables and Chinese characters are joined to words by their average."""
        if self.has_marks:
            return len(self._tokens) / SYLLABLES_PER_WORD
        if plain.isascii():
            return len(self._tokens)
        return len(_WORD.findall(_CJK.sub(" ", plain))) + len(_CJK.findall(plain)) / CJK_CHARS_PER_WORD

    def _find(self, index: Index) -> Iterable[tuple[str, int, int]]:
        tokens = self._tokens
        for place, token in enumerate(tokens):
            for name, phrase in index.get(token, ()):
                if len(phrase) == 1 or tokens[place : place + len(phrase)] == phrase:
                    yield name, place, len(phrase)


def _plain(text: str, *, with_marks: bool) -> str:
    text = unicodedata.normalize("NFC", text.translate(_QUOTES)).lower()
    if with_marks or text.isascii():
        return text
    decomposed = unicodedata.normalize("NFD", text.replace("đ", "d"))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _index(phrases: Iterable[tuple[str, str]], with_marks: bool) -> Index:
    index: dict[str, list[tuple[str, list[str]]]] = defaultdict(list)
    for name, phrase in phrases:
        tokens = _WORD.findall(_plain(phrase, with_marks=with_marks))
        if tokens:
            index[tokens[0]].append((name, tokens))
    # The longest last, so that of two request openings at one place the longer one is remembered.
    return {first: sorted(found, key=lambda one: len(one[1])) for first, found in index.items()}


@lru_cache(maxsize=2)
def _list_index(with_marks: bool) -> Index:
    return _index(((name, phrase) for name, phrases in _LISTS.items() for phrase in phrases), with_marks)


@lru_cache(maxsize=2)
def _request_index(with_marks: bool) -> Index:
    return _index((("", phrase) for phrase in words.REQUEST_OPENINGS), with_marks)


@lru_cache(maxsize=8)
def _work_index(work_words: tuple[str, ...], with_marks: bool) -> Index:
    return _index(((word, form) for word in work_words for form in _forms(word)), with_marks)


def _forms(word: str) -> set[str]:
    """With the endings of English verbs and plurals: analyze, analyzes, analyzing."""
    if len(word) > 3 and word.isascii() and word.isalpha():
        return {word, *(word.lower().removesuffix("e") + ending for ending in VERB_ENDINGS)}
    return {word}
