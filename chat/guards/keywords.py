"""Words and phrases that an administrator lists."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from chat.guards.contract import Finding, Place

# Letters that are none with a mark.
_LIKE = {"đ": "d", "ð": "d", "ł": "l", "ø": "o", "ħ": "h", "ŧ": "t", "\u0131": "i"}
_SPACES = r"[\s-]{1,3}"
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
# Scripts that put no space between words: Thai, Japanese and Chinese
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_Trie = dict[str, "_Trie"]
# Where an entry ends.
_END = ""


@dataclass(frozen=True, slots=True)
class KeywordList:
    """`words` are found as whole words, where their script has such, `parts` also within one; neither by case or
    diacritics. A space of theirs may be a hyphen in the text."""

    name: str
    words: Sequence[str] = ()
    parts: Sequence[str] = ()


class Keywords:
    """Every list in one pass: what entries have in common at their beginning is compared once, so that thousands of
    them cost hardly more than one."""

    def __init__(self, lists: Iterable[KeywordList]) -> None:
        self._names: dict[tuple[bool, str], list[str]] = defaultdict(list)
        for one in lists:
            for is_whole, entries in ((True, one.words), (False, one.parts)):
                for entry in {_spaced(folded(entry)) for entry in entries} - {""}:
                    self._names[is_whole and not _UNSPACED.search(entry), entry].append(one.name)
        self._patterns = [(is_whole, pattern) for is_whole in (True, False) if (pattern := self._compiled(is_whole))]

    def __call__(self, text: str, place: Place = "input") -> list[Finding]:
        if not self._patterns:
            return []
        plain = folded(text)
        places = None if len(plain) == len(text) else _places(text)
        return sorted(
            Finding(*_span(match, places, text), "keyword", 1.0, name)
            for is_whole, pattern in self._patterns
            for match in pattern.finditer(plain)
            for name in self._names[is_whole, _spaced(match[0])]
        )

    def _compiled(self, is_whole: bool) -> re.Pattern[str] | None:
        trie: _Trie = {}
        for whole, entry in self._names:
            if whole == is_whole:
                node = trie
                for char in entry:
                    node = node.setdefault(char, {})
                node[_END] = {}
        if not trie:
            return None
        return re.compile(rf"(?<!\w)(?:{_regex(trie)})(?!\w)" if is_whole else _regex(trie))


def folded(text: str) -> str:
    return text.lower() if text.isascii() else "".join(map(_folded_char, text))


@lru_cache(maxsize=4096)
def _folded_char(char: str) -> str:
    plain = unicodedata.normalize("NFKD", char.casefold())
    return "".join(_LIKE.get(one, one) for one in plain if not unicodedata.combining(one))


def _places(text: str) -> list[int]:
    """Of each folded character, the place of the one it comes from."""
    return [place for place, char in enumerate(text) for _ in _folded_char(char)]


def _span(match: re.Match[str], places: list[int] | None, text: str) -> tuple[int, int]:
    start, end = match.span()
    if places is None:
        return start, end
    return places[start], places[end] if end < len(places) else len(text)


def _spaced(text: str) -> str:
    return " ".join(_HYPHEN.sub(" ", text).split())


def _regex(trie: _Trie) -> str:
    """The longest entry first. Chains of single characters are joined, which also keeps the nesting low."""
    return "|".join(sorted(_branches(trie), key=lambda branch: branch == ""))


def _branches(trie: _Trie) -> Iterator[str]:
    for char, node in sorted(trie.items()):
        if char == _END:
            yield ""
            continue
        chain = _SPACES if char == " " else re.escape(char)
        while len(node) == 1 and _END not in node:
            [(char, node)] = node.items()
            chain += _SPACES if char == " " else re.escape(char)
        yield chain if list(node) == [_END] else f"{chain}(?:{_regex(node)})"
