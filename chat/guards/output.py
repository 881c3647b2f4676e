"""An answer on its way to be shown: restored, redacted, and without links that nobody asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol, cast

from chat.guards.contract import Category
from chat.guards.leakage import LeakageWatch
from chat.guards.redaction import StreamRedactor

# Of the text before, what any decision after it depends on: the longest link, and what stands before a number.
_BEFORE_CHARS = 1_000
_MARK_AT_END = re.compile(r"\[REDACTED:([A-Z_]+)\]\Z")


class Stage(Protocol):
    """Gives text on as soon as nothing that follows can change it. `held` is what it has not yet given."""

    def feed(self, text: str) -> str: ...

    def finish(self) -> str: ...

    @property
    def held(self) -> str: ...


class OutputGuard:
    """The stages one after another, which give the same however the text is cut. `refused` is what it may not go on
    after, which isn't shown, and nothing after it.

    `shown` is the beginning of the text, which was shown before: what is decided about it looks at that, and what began
    in it and is only now known for what it is ends here.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        *,
        refuses: frozenset[Category] = frozenset(),
        watch: LeakageWatch | None = None,
        shown: str = "",
    ) -> None:
        self._stages = stages
        self._redactor = next((stage for stage in stages if isinstance(stage, StreamRedactor)), None)
        self._watch = watch
        self._leaks = False
        self._shown_before = self._go_on_after(shown) if shown else ""
        if self._redactor is not None:
            self._redactor.refuses = refuses

    def _go_on_after(self, shown: str) -> str:
        """What of it isn't decided yet."""
        self._through(shown[-_BEFORE_CHARS:])
        taken_out = _MARK_AT_END.search(shown)
        if taken_out is not None and self._redactor is not None:
            self._redactor.go_on_after(cast(Category, taken_out[1].lower()))
        if self._watch is not None:
            self._watch.feed(shown)
        return "".join(stage.held for stage in reversed(self._stages))

    @property
    def refused(self) -> Category | None:
        if self._leaks:
            return "leakage"
        return None if self._redactor is None else self._redactor.refused

    def feed(self, text: str) -> str:
        return self._given(self._through(text))

    def finish(self) -> str:
        text = ""
        for stage in self._stages:
            text = stage.feed(text) + stage.finish()
        text = self._given(text)
        if self._watch is not None and self._watch.finish():
            self._leaks = True
        return "" if self._leaks else text

    def _through(self, text: str) -> str:
        for stage in self._stages:
            text = stage.feed(text)
        return text

    def _given(self, text: str) -> str:
        if self._shown_before:
            same = _same_chars(self._shown_before, text)
            # What differs from here on is new, whatever was shown in its place.
            self._shown_before = self._shown_before[same:] if same == len(text) else ""
            text = text[same:]
        if self._watch is not None and text and self._watch.feed(text):
            self._leaks = True
        return "" if self._leaks else text


def _same_chars(one: str, other: str) -> int:
    """How many both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))
