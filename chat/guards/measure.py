"""How much of what is labelled in made-up texts the detection of personal data and secrets finds, and what else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chat.guards.contract import Category
from chat.guards.pii import find_pii

TEXTS_PATH = Path(__file__).parent / "data" / "pii.jsonl"
# The first are there to tune the detection on. The others are held back, and were written before it, in another voice:
# whoever changes a rule looks at their figures afterwards, never at them before.
TUNED_ON = 324

Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class LabelledText:
    text: str
    language: str
    spans: frozenset[Span]


@dataclass(frozen=True, slots=True)
class Measure:
    """By category; a span counts if its beginning, its end and its category are right. `wrong`: the texts in which
    something was missed, and what, or found that is none."""

    found: Counter[str]
    missed: Counter[str]
    false: Counter[str]
    wrong: tuple[tuple[LabelledText, frozenset[Span], frozenset[Span]], ...]

    def precision(self, category: Category | None = None) -> float:
        return _share(self.found, self.false, category)

    def recall(self, category: Category | None = None) -> float:
        return _share(self.found, self.missed, category)


def read_texts() -> list[LabelledText]:
    lines = map(json.loads, TEXTS_PATH.read_text(encoding="utf-8").splitlines())
    return [LabelledText(one["text"], one["language"], frozenset(map(tuple, one["spans"]))) for one in lines]


def measure(texts: Sequence[LabelledText]) -> Measure:
    found, missed, false = Counter[str](), Counter[str](), Counter[str]()
    wrong = []
    for one in texts:
        spans = frozenset((hit.start, hit.end, str(hit.category)) for hit in find_pii(one.text))
        found.update(category for _, _, category in spans & one.spans)
        missed.update(category for _, _, category in one.spans - spans)
        false.update(category for _, _, category in spans - one.spans)
        if spans != one.spans:
            wrong.append((one, one.spans - spans, spans - one.spans))
    return Measure(found, missed, false, tuple(wrong))


def _share(right: Counter[str], other: Counter[str], category: Category | None) -> float:
    """1 where there is nothing."""
    ours = right.total() if category is None else right[category]
    rest = other.total() if category is None else other[category]
    return ours / (ours + rest) if ours + rest else 1.0
