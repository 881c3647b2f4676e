"""The words of a folded text, those that were written so that a filter misses them put right: leet, spaced, glued and
scrambled letters, words broken by a sign. Each keeps its place in the folded text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise, product
from typing import NamedTuple, Protocol

_WORD = re.compile(r"\w+")
# Chinese and Japanese are looked through without words; what is Latin between them is a word.
_LATIN_OR_OTHER = re.compile(r"[^\W\u3040-\u30ff\u3400-\u9fff]+|[\u3040-\u30ff\u3400-\u9fff]+")
# Letters that leet writes as digits and signs; what stands for two letters is tried as both.
_LEET = str.maketrans("0345789@$+", "oeastbgast")
_EITHER = {"1": "il", "!": "il", "|": "il"}
_LEET_WORD = re.compile(r"[\w@$!|+]+")
# A sign within a word, at its beginning or at its end.
_LEET_HINT = re.compile(
    r"[0134578@$!|+](?:(?<=[a-z].)[0134578@$!|+]*[a-z]|(?<!\w.)[a-z]{2}|(?<=[a-z][a-z][0134578$])(?!\w))"
)
_LONGEST_LEET, _MOST_EITHER, _MOST_LEET_WORDS = 24, 3, 300
# Single letters with something between them, which is a space or a sign, and at most three of it between two words.
_SPACED = re.compile(r"(?<!\w)(?:\w[^\w\n]{1,3}){4,}\w(?!\w)")
_FEWEST_LETTERS = 5
# Shorter words are seldom two, and no word that is looked for is longer.
_SHORTEST_JOINED, _SHORTEST_PART, _SHORTEST_GLUED, _LONGEST_WORD, _MOST_GLUED = 6, 4, 15, 14, 2_000
# How much of a glued word must be words that are known.
_KNOWN_SHARE = 0.8
_CONNECTING = frozenset(
    re.findall(
        r"\w+",
        "a all an and any are as at be been by do for from go have i in is it me my not now of on or our please say so"
        " that the their them then these this those to up us want was we what will with you your",
    )
)

Span = tuple[int, int]


class Said(NamedTuple):
    """The words of a text, and the place of each; those whose places are `disguised` were written otherwise."""

    words: list[str]
    spans: list[Span]
    disguised: list[int]


class Vocabulary(Protocol):
    """The words that are looked for: whole ones, and whether one is known by its beginning too; `mended` has its
    letters in their order."""

    single: frozenset[str]

    def knows(self, word: str) -> bool: ...

    def mended(self, word: str) -> str: ...


def said(text: str, vocabulary: Vocabulary, *, is_unspaced: bool) -> Said:
    is_leet = bool(_LEET_HINT.search(text))
    pattern = _LATIN_OR_OTHER if is_unspaced else _LEET_WORD if is_leet else _WORD
    words, spans = pattern.findall(text), [match.span() for match in pattern.finditer(text)]
    if is_leet:
        words, spans = _unleeted(words, spans, vocabulary)
    words = [vocabulary.mended(word) for word in words]
    words, spans = _joined(text, words, spans, vocabulary)
    words, spans = _parted(text, words, spans, vocabulary)
    disguised = [
        start
        for word, (start, end) in zip(words, spans, strict=True)
        if len(word) >= _SHORTEST_PART and text[start:end] != word
    ]
    return Said(words, spans, disguised)


def _unleeted(words: list[str], spans: list[Span], vocabulary: Vocabulary) -> tuple[list[str], list[Span]]:
    budget = _MOST_LEET_WORDS
    mended: list[str] = []
    places: list[Span] = []
    for word, (start, end) in zip(words, spans, strict=True):
        plain = ""
        if not word.isalpha() and len(word) <= _LONGEST_LEET and budget > 0:
            budget -= 1
            plain = next((one for one in _plain(word) if one.isalpha() and vocabulary.knows(one)), "")
        if plain or word.isalnum():
            mended.append(plain or word)
            places.append((start, end))
            continue
        # Signs that stand beside a word, and are no letters of it.
        for part in _WORD.finditer(word):
            mended.append(part[0])
            places.append((start + part.start(), start + part.end()))
    return mended, places


def _plain(word: str) -> Iterator[str]:
    """What it may stand for: first without what ends a sentence."""
    for written in dict.fromkeys((word.rstrip("!|+"), word)):
        choices = [_EITHER.get(letter, letter) for letter in written.translate(_LEET)]
        if sum(len(choice) > 1 for choice in choices) <= _MOST_EITHER:
            yield from map("".join, product(*choices))


def _joined(text: str, words: list[str], spans: list[Span], vocabulary: Vocabulary) -> tuple[list[str], list[Span]]:
    """Words that one sign, or two, were put into."""
    single = vocabulary.single
    wholes = [(at, 2) for at, (one, two) in enumerate(pairwise(words)) if one + two in single]
    triples = enumerate(zip(words, words[1:], words[2:], strict=False))
    wholes += [(at, 3) for at, (one, two, three) in triples if one + two + three in single]
    if not wholes:
        return words, spans
    joined: list[str] = []
    places: list[Span] = []
    done = 0
    for at, count in sorted(wholes):
        parts, of = words[at : at + count], spans[at : at + count]
        whole = "".join(parts)
        if at < done or len(whole) < _SHORTEST_JOINED or single.issuperset(parts) or not _stand_together(text, of):
            continue
        joined += [*words[done:at], whole]
        places += [*spans[done:at], (of[0][0], of[-1][1])]
        done = at + count
    return joined + words[done:], places + spans[done:]


def _stand_together(text: str, spans: list[Span]) -> bool:
    return all(start == end + 1 and text[end] != "\n" for (_, end), (start, _) in pairwise(spans))


def _parted(text: str, words: list[str], spans: list[Span], vocabulary: Vocabulary) -> tuple[list[str], list[Span]]:
    """Letters that stand apart are put together to words, and words that stand together parted."""
    stretches = [
        span
        for word, span in zip(words, spans, strict=True)
        if len(word) >= _SHORTEST_GLUED and word.isalpha() and word not in vocabulary.single
    ]
    if sum(map((1).__eq__, map(len, words))) >= _FEWEST_LETTERS:
        stretches += [match.span() for match in _SPACED.finditer(text)]
    budget = _MOST_GLUED
    made: dict[int, tuple[int, list[str], list[Span]]] = {}
    for start, end in stretches:
        places = [at for at in range(start, end) if text[at].isalnum() or text[at] in "@$!|"]
        if len(places) > budget:
            continue
        budget -= len(places)
        letters = "".join(_EITHER.get(text[at], text[at])[0] for at in places).translate(_LEET)
        parts = _parts(letters, vocabulary.single)
        if sum(to - since for since, to in parts) >= _KNOWN_SHARE * len(letters):
            of = [(places[since], places[to - 1] + 1) for since, to in parts]
            made[start] = (end, [letters[since:to] for since, to in parts], of)
    return _replaced(words, spans, made) if made else (words, spans)


def _replaced(
    words: list[str], spans: list[Span], made: dict[int, tuple[int, list[str], list[Span]]]
) -> tuple[list[str], list[Span]]:
    kept: list[str] = []
    places: list[Span] = []
    done = 0
    for word, (start, end) in zip(words, spans, strict=True):
        if start in made:
            done, parts, of = made[start]
            kept += parts
            places += of
        elif start >= done:
            kept.append(word)
            places.append((start, end))
    return kept, places


def _parts(letters: str, words: frozenset[str]) -> list[Span]:
    """The words that leave the fewest letters over, and of these the fewest words."""
    length = len(letters)
    best: list[tuple[int, int, int]] = [(0, 0, 0)] * (length + 1)
    for start in range(length - 1, -1, -1):
        left, count, _ = best[start + 1]
        best[start] = (left + 1, count, 0)
        for end in range(start + 1, min(length, start + _LONGEST_WORD) + 1):
            word = letters[start:end]
            if word in _CONNECTING or (end - start >= _SHORTEST_PART and word in words):
                left, count, _ = best[end]
                best[start] = min(best[start], (left, count + 1, end))
    found, at = [], 0
    while at < length:
        end = best[at][2]
        if end:
            found.append((at, end))
        at = end or at + 1
    return found
