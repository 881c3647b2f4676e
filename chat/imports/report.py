"""What came of a file, for the person who brought it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

MAX_LINES = 200
MAX_TITLES = 10


@dataclass(slots=True)
class Report:
    """Counts of conversations, the first titles, and a line for each thing that was repaired, left out or refused."""

    new: int = 0
    known: int = 0
    refused: int = 0
    repaired: int = 0
    products: dict[str, int] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)
    lines: list[dict[str, str]] = field(default_factory=list)
    lines_more: int = 0

    def say(self, where: str, what: str) -> None:
        if len(self.lines) < MAX_LINES:
            self.lines.append({"where": where, "what": what})
        else:
            self.lines_more += 1

    def refuse(self, where: str, what: str) -> None:
        self.refused += 1
        self.say(where, what)

    def add_new(self, where: str, title: str, notes: list[str], product: str) -> None:
        self.new += 1
        self.products[product] = self.products.get(product, 0) + 1
        self.repaired += bool(notes)
        for note in notes:
            self.say(where, note)
        if len(self.titles) < MAX_TITLES:
            self.titles.append(title)

    def take_over(self, other: Report) -> None:
        self.refused += other.refused
        for line in other.lines:
            self.say(**line)
        self.lines_more += other.lines_more

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


# Told how many bytes, or how many conversations, are done; what it raises ends the work.
Tell = Callable[[int], None]
