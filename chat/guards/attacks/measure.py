"""How many of the labelled texts the guards against attacks find, and how many harmless ones they take for attacks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chat.guards.attacks import find_attacks
from chat.guards.contract import Category, Finding, Place
from chat.guards.invisible import find_invisible

DATA = Path(__file__).parents[1] / "data"
# The rules were made with these before the eyes of whoever made them.
TUNED_ON_PATH = DATA / "attacks_tuned_on.jsonl"
# These were written before the rules, in another voice, and those after them, so that they could not be in the mind of
# whoever made the rules. Whoever changes a rule looks at their figures afterwards, never at them before.
HELD_BACK_PATH = DATA / "attacks_held_back.jsonl"
WRITTEN_AFTER_PATH = DATA / "attacks_written_after.jsonl"
PARTS = {
    "Tuned on": TUNED_ON_PATH,
    "Held back, written before the rules": HELD_BACK_PATH,
    "Held back, written after the rules": WRITTEN_AFTER_PATH,
}


@dataclass(frozen=True, slots=True)
class LabelledText:
    """`category` is what it is an attack by, None if it is harmless; `kind` is how it is made or what it is."""

    text: str
    language: str
    place: Place
    kind: str
    category: Category | None


@dataclass(frozen=True, slots=True)
class Measure:
    """`missed` are attacks without a finding, `alarms` harmless texts with one."""

    attacks: int
    harmless: int
    missed: tuple[LabelledText, ...]
    alarms: tuple[tuple[LabelledText, Finding], ...]

    @property
    def detected(self) -> float:
        return 1 - len(self.missed) / self.attacks

    @property
    def false_alarms(self) -> float:
        return len(self.alarms) / self.harmless


def read_texts(path: Path) -> list[LabelledText]:
    return [LabelledText(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def findings(text: str, place: Place) -> list[Finding]:
    return find_attacks(text, place) + find_invisible(text, place)


def measure(texts: Iterable[LabelledText]) -> Measure:
    """A text is found by any finding: what it is an attack by is the rule's business, that it is one is ours."""
    missed, alarms = [], []
    attacks = harmless = 0
    for text in texts:
        found = findings(text.text, text.place)
        if text.category:
            attacks += 1
            missed += [text] * (not found)
        else:
            harmless += 1
            alarms += [(text, found[0])] if found else []
    return Measure(attacks, harmless, tuple(missed), tuple(alarms))


def by(texts: Sequence[LabelledText], key: Callable[[LabelledText], str]) -> dict[str, Measure]:
    """Measures of the attacks, the most frequent key first."""
    keys = [key(text) for text in texts if text.category]
    ordered = sorted(set(keys), key=lambda one: (-keys.count(one), one))
    return {one: measure([text for text in texts if text.category and key(text) == one]) for one in ordered}
