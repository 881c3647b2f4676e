"""Placeholders for what should not reach a provider: `[EMAIL_1]` goes out, and what comes back is restored."""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from chat.guards.contract import Finding
from chat.guards.pii.window import stands_alone
from chat.guards.redaction import PII_CATEGORIES, apart

# What only looks like a placeholder gets one too, so that what is restored is what was masked.
_LITERAL = "TEXT"
_NAMES = sorted({category.upper() for category in PII_CATEGORIES} | {_LITERAL})
_NUMBER = "[1-9][0-9]{0,5}"


def _pattern(names: str) -> re.Pattern[str]:
    """As they are written here, in other case, and as models write them in Markdown: `\\[EMAIL\\_1\\]`."""
    inner = rf"(?:{names})\\?_{_NUMBER}"
    return re.compile(rf"\[{inner}\]|\\\[{inner}\\\]", re.IGNORECASE)


_PLACEHOLDER = _pattern("|".join(name.replace("_", r"\\?_") for name in _NAMES))
# Those without their end; the name is any beginning of one.
_BEGINNINGS = "|".join(
    sorted({re.escape(name[:count]).replace("_", r"\\?_") for name in _NAMES for count in range(len(name))})
)
_BEGUN = re.compile(
    rf"\\?(?:\[(?:(?:{_BEGINNINGS})\\?|(?:{'|'.join(name.replace('_', chr(92) * 2 + '?_') for name in _NAMES)})"
    rf"(?:\\?(?:_(?:{_NUMBER}\\?)?)?)?))?\Z",
    re.IGNORECASE,
)
# As `is_word` has it
_WORD = re.compile("[A-Za-z0-9\u00c0-\u1eff]+")
# Start, end, and the name that placeholders of its kind have
_Span: TypeAlias = tuple[int, int, str]
_BEGUN_MAX_CHARS = len(r"\[NATIONAL\_ID\_123456\]")


class Placeholders:
    """Of one conversation: the same value has the same placeholder in all of it."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        """`values`: what `as_json` gave."""
        self._values = dict(values or {})
        self._placeholders: dict[tuple[str, str], str] = {}
        self._names: dict[str, str] = {}
        # By the first word of values, what stands before it and how long they are.
        self._shapes: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
        for placeholder, value in self._values.items():
            self._know(placeholder.rpartition("_")[0], value, placeholder)
        self._counts = Counter(name.rpartition("_")[0] for name in self._values)

    def __len__(self) -> int:
        return len(self._values)

    def as_json(self) -> dict[str, str]:
        """By placeholder, without its brackets."""
        return dict(self._values)

    def learn(self, text: str, findings: Sequence[Finding]) -> None:
        """Give what was found its placeholders, so that it is masked wherever it stands."""
        for one in apart(findings):
            self._placeholder(one.category.upper(), text[one.start : one.end])

    def mask(self, text: str, findings: Sequence[Finding]) -> str:
        """What was found, and what has a placeholder already: a number that is known by the words around it stands
        elsewhere without them."""
        self.learn(text, findings)
        spans = [(one.start, one.end, one.category.upper()) for one in apart(findings)]
        for again in (self._known(text), self._literals(text)):
            spans = sorted(spans + _beside(spans, again))
        parts, shown = [], 0
        for start, end, name in spans:
            parts += [text[shown:start], f"[{self._placeholder(name, text[start:end])}]"]
            shown = end
        return "".join([*parts, text[shown:]])

    def restore(self, text: str, *, write: Callable[[str], str] = str) -> str:
        """What has no value here stays as it is. `write`: how a value is written in a text of this kind."""

        def value(match: re.Match[str]) -> str:
            known = self._values.get(_name(match[0]))
            return match[0] if known is None else write(known)

        return _PLACEHOLDER.sub(value, text)

    def _known(self, text: str) -> Iterator[_Span]:
        """Looked up by the first word, since there may be thousands, and of telephones all may begin with one."""
        if not self._shapes:
            return
        for word in _WORD.finditer(text):
            for before, chars in self._shapes.get(word[0], ()):
                start, end = word.start() - before, word.start() - before + chars
                name = self._names.get(text[start:end]) if start >= 0 else None
                if name is not None and stands_alone(text, start, end):
                    yield start, end, name

    def _literals(self, text: str) -> Iterator[_Span]:
        return ((*match.span(), _LITERAL) for match in _PLACEHOLDER.finditer(text))

    def _placeholder(self, name: str, value: str) -> str:
        known = self._placeholders.get((name, value))
        if known is not None:
            return known
        self._counts[name] += 1
        placeholder = f"{name}_{self._counts[name]}"
        self._values[placeholder] = value
        self._know(name, value, placeholder)
        return placeholder

    def _know(self, name: str, value: str, placeholder: str) -> None:
        self._placeholders[name, value] = placeholder
        word = _WORD.search(value)
        if name != _LITERAL and word is not None:
            self._names[value] = name
            self._shapes[word[0]].add((word.start(), len(value)))


def _beside(spans: Sequence[_Span], others: Iterable[_Span]) -> list[_Span]:
    """Those that overlap none of the spans, which are in order, nor each other: the first stays, and the longest."""
    starts = [start for start, _, _ in spans]
    kept, last = [], 0
    for one in sorted(others, key=lambda one: (one[0], -one[1])):
        place = bisect(starts, one[0])
        is_free = place == 0 or spans[place - 1][1] <= one[0]
        if is_free and one[0] >= last and (place == len(spans) or starts[place] >= one[1]):
            kept.append(one)
            last = one[1]
    return kept


def _name(written: str) -> str:
    return written.replace("\\", "")[1:-1].upper()


def begun_in(text: str) -> str:
    """The end of a text that more of it may make a placeholder of; most often none."""
    begun = _BEGUN.search(text, max(0, len(text) - _BEGUN_MAX_CHARS))
    return text[begun.start() :] if begun is not None else ""


class StreamRestorer:
    """The same as `restore` of the whole text, however it is cut; only what may still become a placeholder waits."""

    def __init__(self, placeholders: Placeholders) -> None:
        self._placeholders = placeholders
        self._begun = ""

    @property
    def held(self) -> str:
        return self._begun

    def feed(self, text: str) -> str:
        text = self._begun + text
        if "[" not in text and "\\" not in text:
            self._begun = ""
            return text
        self._begun = begun_in(text)
        return self._placeholders.restore(text.removesuffix(self._begun))

    def finish(self) -> str:
        rest, self._begun = self._begun, ""
        return self._placeholders.restore(rest)
