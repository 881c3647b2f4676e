"""Placeholders for what should not reach a provider: `[EMAIL_1]` goes out, and what comes back is restored."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

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
_BEGUN_MAX_CHARS = len(r"\[NATIONAL\_ID\_123456\]")


class Placeholders:
    """Of one conversation: the same value has the same placeholder in all of it."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        """`values`: what `as_json` gave."""
        self._values = dict(values or {})
        self._placeholders = {(name.rpartition("_")[0], value): name for name, value in self._values.items()}
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
            spans += [one for one in again if all(one[1] <= start or one[0] >= end for start, end, _ in spans)]
        parts, shown = [], 0
        for start, end, name in sorted(spans):
            parts += [text[shown:start], f"[{self._placeholder(name, text[start:end])}]"]
            shown = end
        return "".join([*parts, text[shown:]])

    def restore(self, text: str, *, write: Callable[[str], str] = str) -> str:
        """What has no value here stays as it is. `write`: how a value is written in a text of this kind."""

        def value(match: re.Match[str]) -> str:
            known = self._values.get(_name(match[0]))
            return match[0] if known is None else write(known)

        return _PLACEHOLDER.sub(value, text)

    def _known(self, text: str) -> list[tuple[int, int, str]]:
        """The longest first, none within another."""
        spans: list[tuple[int, int, str]] = []
        for name, value in sorted(self._placeholders, key=lambda one: -len(one[1])):
            if name == _LITERAL:
                continue
            start = text.find(value)
            while start >= 0:
                end = start + len(value)
                if stands_alone(text, start, end) and all(end <= one[0] or start >= one[1] for one in spans):
                    spans.append((start, end, name))
                start = text.find(value, end)
        return spans

    def _literals(self, text: str) -> Iterator[tuple[int, int, str]]:
        return ((*match.span(), _LITERAL) for match in _PLACEHOLDER.finditer(text))

    def _placeholder(self, name: str, value: str) -> str:
        known = self._placeholders.get((name, value))
        if known is not None:
            return known
        self._counts[name] += 1
        placeholder = f"{name}_{self._counts[name]}"
        self._placeholders[name, value] = placeholder
        self._values[placeholder] = value
        return placeholder


def _name(written: str) -> str:
    return written.replace("\\", "")[1:-1].upper()


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
        begun = _BEGUN.search(text, max(0, len(text) - _BEGUN_MAX_CHARS))
        shown = len(text) if begun is None else begun.start()
        self._begun = text[shown:]
        return self._placeholders.restore(text[:shown])

    def finish(self) -> str:
        rest, self._begun = self._begun, ""
        return self._placeholders.restore(rest)
