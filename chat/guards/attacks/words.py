"""The ideas that `data/attack_words.toml` lists words for, and where they stand in a text."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from chat.guards.attacks.hits import Hit
from chat.guards.attacks.tokens import Said
from chat.guards.normalising import folded

WORDS_PATH = Path(__file__).parents[1] / "data" / "attack_words.toml"
# Chinese and Japanese put no spaces between words.
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
# Shorter ones are other words turned round, or endings of other stems.
SHORTEST_TELLTALE, SHORTEST_SCRAMBLED = 5, 5
WORDS_REMEMBERED = 16_384
# "And", "with", "for" and "so" are written together with the next word.
_ARABIC_PREFIXES, _SHORTEST_PREFIXED = frozenset("وبلف"), 4


# An idea and the language of the words for it.
Idea = tuple[str, str]


class _Phrase(NamedTuple):
    """What follows the first word; a word of it that ends in a star is the beginning of one."""

    idea: Idea
    rest: tuple[str, ...]


class _Phrases(NamedTuple):
    """Those that begin with a word: it is one itself, or they go on with a second word or the beginning of one."""

    alone: tuple[Idea, ...]
    by_second: dict[str, tuple[_Phrase, ...]]
    by_beginning: tuple[_Phrase, ...]
    ideas: frozenset[Idea]


class Words:
    def __init__(self, listed: dict[str, dict[str, str]]) -> None:
        self._whole: defaultdict[str, list[_Phrase]] = defaultdict(list)
        self._stems: defaultdict[str, list[_Phrase]] = defaultdict(list)
        self._unspaced: defaultdict[str, set[Idea]] = defaultdict(set)
        for idea, languages in listed.items():
            for language, phrases in languages.items():
                for phrase in phrases.split(","):
                    self._learn((idea, language), folded(phrase).split())
        self._stem_lengths = sorted({len(stem) for stem in self._stems})
        rest = (word for phrases in self._whole.values() for phrase in phrases for word in phrase.rest)
        # Whole words, those of phrases too.
        self.single = frozenset(word for word in (*self._whole, *rest) if not word.endswith("*"))
        # People read words whose inner letters changed places, and so do models.
        self._scrambled = {_inner_sorted(word): word for word in self.single if len(word) >= SHORTEST_SCRAMBLED}
        self.phrases_of = lru_cache(WORDS_REMEMBERED)(self._phrases_of)
        self.mended = lru_cache(WORDS_REMEMBERED)(self._mended)

    def _learn(self, idea: Idea, written: list[str]) -> None:
        text = " ".join(written)
        if UNSPACED.search(text):
            self._unspaced[text].add(idea)
            return
        # The text's words have no apostrophes or hyphens either; a star belongs to the word before it.
        first, *rest = re.findall(r"\w+\*?", text)
        stems = self._stems if first.endswith("*") else self._whole
        stems[first.removesuffix("*")].append(_Phrase(idea, tuple(rest)))

    @cached_property
    def telltales(self) -> frozenset[str]:
        return frozenset(word for word in self.single if len(word) >= SHORTEST_TELLTALE and word.isascii())

    def _phrases_of(self, word: str) -> _Phrases:
        phrases = self._listed(word)
        if not phrases and len(word) > _SHORTEST_PREFIXED and word[0] in _ARABIC_PREFIXES:
            phrases = self._listed(word[1:])
        by_second: defaultdict[str, list[_Phrase]] = defaultdict(list)
        for phrase in phrases:
            if phrase.rest and not phrase.rest[0].endswith("*"):
                by_second[phrase.rest[0]].append(phrase)
        return _Phrases(
            tuple({phrase.idea for phrase in phrases if not phrase.rest}),
            {second: tuple(listed) for second, listed in by_second.items()},
            tuple(phrase for phrase in phrases if phrase.rest and phrase.rest[0].endswith("*")),
            frozenset(phrase.idea for phrase in phrases),
        )

    def _listed(self, word: str) -> list[_Phrase]:
        found = list(self._whole.get(word, ()))
        for length in self._stem_lengths:
            if length > len(word):
                break
            found += self._stems.get(word[:length], ())
        return found

    def _mended(self, word: str) -> str:
        if word in self.single or len(word) < SHORTEST_SCRAMBLED or self._listed(word):
            return word
        return self._scrambled.get(_inner_sorted(word), word)

    def knows(self, word: str) -> bool:
        return word in self.single or bool(self._listed(word))

    def begun(self, words: Iterable[str]) -> set[Idea]:
        """The ideas that a text of these words can have at most."""
        return set().union(*(self.phrases_of(word).ideas for word in words))

    def hits(self, said: Said, wanted: Container[Idea]) -> Iterator[Hit]:
        words, spans, _ = said
        for number, (word, second) in enumerate(zip(words, [*words[1:], ""], strict=True)):
            alone, by_second, by_beginning, _ = self.phrases_of(word)
            for idea in alone:
                if idea in wanted:
                    yield Hit(*spans[number], *idea)
            for idea, rest in (*by_second.get(second, ()), *by_beginning):
                if idea in wanted and _follow(rest, words, number + 1):
                    yield Hit(spans[number][0], spans[number + len(rest)][1], *idea)

    @cached_property
    def _unspaced_by_beginning(self) -> dict[str, list[tuple[str, frozenset[Idea]]]]:
        """Under its first two characters each phrase, the longest first, with its ideas and those of what it begins
        with. A phrase of one character is under that."""
        by_beginning: defaultdict[str, list[tuple[str, frozenset[Idea]]]] = defaultdict(list)
        for phrase in sorted(self._unspaced, key=len, reverse=True):
            begun = (ideas for other, ideas in self._unspaced.items() if phrase.startswith(other))
            by_beginning[phrase[:2]].append((phrase, frozenset().union(*begun)))
        return dict(by_beginning)

    def unspaced_hits(self, text: str) -> Iterator[Hit]:
        by_beginning = self._unspaced_by_beginning
        for start, (first, second) in enumerate(zip(text, [*text[1:], ""], strict=True)):
            for phrase, ideas in by_beginning.get(first + second) or by_beginning.get(first, []):
                if text.startswith(phrase, start):
                    yield from (Hit(start, start + len(phrase), *idea) for idea in ideas)
                    break


def _follow(rest: tuple[str, ...], words: list[str], number: int) -> bool:
    """Whether the words from this number on are these."""
    if number + len(rest) > len(words):
        return False
    for expected, word in zip(rest, words[number : number + len(rest)], strict=True):
        if word != expected and not (expected.endswith("*") and word.startswith(expected[:-1])):
            return False
    return True


def _inner_sorted(word: str) -> str:
    return word[:1] + "".join(sorted(word[1:-1])) + word[-1:]


def read_words() -> Words:
    return Words(tomllib.loads(WORDS_PATH.read_text(encoding="utf-8")))
