"""How often the rules of the auto model choose the class that a labelled question should have."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from providers.catalog import ModelClass
from providers.routing.auto import AutoRules
from providers.routing.work import work_score

QUESTIONS_PATH = Path(__file__).with_name("auto_questions.jsonl")
# The first hundred are there to tune the rules on. The others are held back: whoever changes a rule looks at their
# accuracy afterwards, never at them before. Of them, 41 were written after the rules.
TUNED_ON = 100
CLASSES: tuple[ModelClass, ...] = get_args(ModelClass)


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """`expected` is what a thoughtful operator would want, and `why` says it."""

    question: str
    language: Literal["en", "vi"]
    expected: ModelClass
    why: str


@dataclass(frozen=True, slots=True)
class Measure:
    """`confusion` counts questions by (expected, chosen) class; `wrong` are those where they differ, and the latter."""

    confusion: Counter[tuple[ModelClass, ModelClass]]
    wrong: tuple[tuple[LabelledQuestion, ModelClass], ...]

    @property
    def asked(self) -> int:
        return self.confusion.total()

    @property
    def accuracy(self) -> float:
        return 1 - len(self.wrong) / self.asked

    def recall(self, model_class: ModelClass) -> tuple[int, int]:
        """Of the questions of a class, how many were found, and how many there are."""
        expected = sum(count for (label, _), count in self.confusion.items() if label == model_class)
        return self.confusion[model_class, model_class], expected


def read_questions() -> list[LabelledQuestion]:
    lines = QUESTIONS_PATH.read_text(encoding="utf-8").splitlines()
    return [LabelledQuestion(**json.loads(line)) for line in lines]


def measure(questions: Sequence[LabelledQuestion], rules: AutoRules) -> Measure:
    """With the words and thresholds of `rules`, but the classes by default: the labels are those."""
    rules = replace(rules, light_class="economy", middle_class="standard", work_class="premium")
    confusion: Counter[tuple[ModelClass, ModelClass]] = Counter()
    wrong = []
    for question in questions:
        scored = work_score(question.question, work_words=rules.work_words, min_words=rules.min_words)
        chosen = rules.class_for(scored.score)
        confusion[question.expected, chosen] += 1
        if chosen != question.expected:
            wrong.append((question, chosen))
    return Measure(confusion, tuple(wrong))
