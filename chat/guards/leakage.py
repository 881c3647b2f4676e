"""Whether an answer gives away the instructions it was made under: by a token that stands only in them, or by so many
of their words in a row that it can't be chance."""

from __future__ import annotations

import base64
import codecs
import hmac
import re
from collections import deque

from chat.guards.contract import Finding
from convoscope.encryption import purpose_keys

CANARY_BYTES = 8
# Fewer have nothing to give away; common sentences are as long.
PROMPT_LEAST_WORDS = 32
# As many of the prompt's words, in their order, are no chance.
RUN_WORDS = 16
# That many in a row are looked up at once.
_GRAM_WORDS = 8
# What is longer is cut, so that no word is waited for without an end.
_WORD_MAX_CHARS = 64
# Scripts that part no words: each character counts as one.
_UNPARTED = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_UNPARTED}]|[^\W_{_UNPARTED}]{{1,{_WORD_MAX_CHARS}}}")
_ALNUM = re.compile("[0-9A-Za-z]")
_NO_ALNUM = re.compile("[^0-9A-Za-z]+")
_Gram = tuple[str, ...]


def canary_of(prompt: str) -> str:
    """What is put into these instructions before they are sent, and stands nowhere else. Always the same, so that
    providers and the answer cache know the instructions again; nobody can tell it without the site's secret."""
    [key, *_older] = purpose_keys("canary")
    return hmac.digest(key, prompt.encode("utf-8", "replace"), "sha256")[:CANARY_BYTES].hex()


def find_leakage(text: str, *, prompt: str, canary: str = "", known: str = "") -> list[Finding]:
    watch = LeakageWatch(prompt=prompt, canary=canary, known=known)
    return sorted([*watch.feed(text), *watch.finish()])


class LeakageWatch:
    """Findings as soon as they are certain, the same however the text is cut. `known` is what the person has seen or
    written anyway: words that stand there too give nothing away."""

    def __init__(self, *, prompt: str, canary: str = "", known: str = "") -> None:
        words = _words(prompt)
        self._grams = _grams(words) - _grams(_words(known)) if len(words) >= PROMPT_LEAST_WORDS else frozenset()
        self._vocabulary = frozenset(word for gram in self._grams for word in gram)
        self._needles = _needles(canary) if canary else {}
        self._needle = re.compile("|".join(self._needles))
        self._longest = max(map(len, self._needles), default=0)
        self._read = 0
        self._begun = ""
        # The last letters and digits that a needle may begin in, and the pieces of text that they come from.
        self._chars = ""
        self._pieces: list[tuple[int, str]] = []
        self._words: deque[tuple[str, int]] = deque(maxlen=_GRAM_WORDS)
        self._run_words = 0
        self._run_start = 0

    def feed(self, text: str) -> list[Finding]:
        begin = self._read
        self._read += len(text)
        found = self._canary(text, begin) if self._needles else []
        return found + self._overlap(self._begun + text, begin - len(self._begun), final=False)

    def finish(self) -> list[Finding]:
        return self._overlap(self._begun, self._read - len(self._begun), final=True)

    def _canary(self, text: str, begin: int) -> list[Finding]:
        chars = _NO_ALNUM.sub("", text)
        if not chars:
            return []
        self._chars += chars.lower()
        self._pieces.append((begin, text))
        found, over = [], 0
        for match in self._needle.finditer(self._chars):
            over = match.end()
            places = [at + one.start() for at, piece in self._pieces for one in _ALNUM.finditer(piece)]
            # Of the first piece some have been dropped.
            shift = len(places) - len(self._chars)
            start, last = places[shift + match.start()], places[shift + over - 1]
            found.append(Finding(start, last + 1, "leakage", 1.0, self._needles[match[0]]))
        self._chars = self._chars[max(over, len(self._chars) - self._longest + 1, 0) :]
        kept, needed = 0, len(self._chars)
        while needed > 0:
            kept += 1
            needed -= len(_NO_ALNUM.sub("", self._pieces[-kept][1]))
        self._pieces = self._pieces[len(self._pieces) - kept :]
        return found

    def _overlap(self, text: str, begin: int, *, final: bool) -> list[Finding]:
        if not self._grams:
            return []
        found = []
        self._begun = ""
        for match in _WORD.finditer(text):
            if match.end() == len(text) and not final and len(match[0]) < _WORD_MAX_CHARS:
                self._begun = match[0]
                break
            word = match[0].casefold()
            if word in self._vocabulary:
                one = self._word(word, begin + match.start(), begin + match.end())
                if one is not None:
                    found.append(one)
            else:
                self._words.clear()
                self._run_words = 0
        return found

    def _word(self, word: str, start: int, end: int) -> Finding | None:
        self._words.append((word, start))
        if len(self._words) < _GRAM_WORDS or tuple(word for word, _ in self._words) not in self._grams:
            self._run_words = 0
            return None
        if not self._run_words:
            self._run_words = _GRAM_WORDS - 1
            self._run_start = self._words[0][1]
        self._run_words += 1
        if self._run_words < RUN_WORDS:
            return None
        self._run_words = 0
        self._words.clear()
        return Finding(self._run_start, end, "leakage", 0.9, "overlap")


def _words(text: str) -> list[str]:
    return [match[0].casefold() for match in _WORD.finditer(text)]


def _grams(words: list[str]) -> frozenset[_Gram]:
    return frozenset(zip(*(words[shift:] for shift in range(_GRAM_WORDS)), strict=False))


def _needles(canary: str) -> dict[str, str]:
    """By what is looked for among the letters and digits of a text, in small letters; what stands between them is
    nothing to it, so that it is also found with spaces."""
    raw = canary.encode()
    written = {canary: "canary", canary[::-1]: "canary_reversed", codecs.encode(canary, "rot13"): "canary_rot13"}
    written[raw.hex()] = "canary_hex"
    for shift in range(3):
        # What its neighbours would change is cut off on either side.
        encoded = base64.b64encode(b"\0" * shift + raw + b"\0" * 3).decode()
        first = -(-shift * 8 // 6)
        written[encoded[first : (shift + len(raw)) * 8 // 6]] = "canary_base64"
    return {_NO_ALNUM.sub("", needle).lower(): rule for needle, rule in written.items()}
