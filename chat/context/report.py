"""What a run's context is made of, in tokens: kept with the run, and shown by Inspect."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, Self, TypeAlias

PartName: TypeAlias = Literal["instructions", "summary", "entities", "history", "question", "answer"]
StageName: TypeAlias = Literal["shorten_questions", "shorten_answers", "use_summary", "drop_oldest"]


@dataclass(frozen=True, slots=True)
class ReportPart:
    """So many messages, or pieces, that are sent; `shortened` of them in part. Of the list of entities, so many of
    those."""

    name: PartName
    tokens: int
    messages: int
    shortened: int = 0
    entities: int = 0


@dataclass(frozen=True, slots=True)
class ReportStage:
    """A stage of compression that was needed: how many messages it changed, and what that saved."""

    name: StageName
    messages: int
    saved_tokens: int


@dataclass(frozen=True, slots=True)
class BudgetReport:
    """`used_tokens` is the sum of the parts. `considered_tokens` are those of the history and the question before any
    stage: less what the stages saved, they are those two parts. The summary is a part of its own. `room_tokens` is
    what the parts may take together; None, like the window, where nobody knows it. `images_left_out` were so before any
    stage, and count nowhere: the model can't see them, or a request may have no more. `is_tainted` says that something
    stands in it, or did, that the person didn't write, files as yet: then so many
    links were left out of the answer, which led to hosts that nobody named."""

    window_tokens: int | None
    room_tokens: int | None
    reserve_tokens: int
    considered_tokens: int
    considered_messages: int
    parts: tuple[ReportPart, ...]
    stages: tuple[ReportStage, ...] = ()
    images_left_out: int = 0
    is_tainted: bool = False
    links_left_out: int = 0

    @property
    def used_tokens(self) -> int:
        return sum(part.tokens for part in self.parts)

    @property
    def remembered_tokens(self) -> int:
        """What was said, and what stands for it: the parts that a smaller target makes smaller."""
        return sum(part.tokens for part in self.parts if part.name not in ("instructions", "answer"))

    @property
    def stretches(self) -> list[tuple[ReportPart, str, str]]:
        """Each part with where it begins and how long it is on a line of 100, for drawing."""
        found, start = [], 0.0
        for part in self.parts:
            length = 100 * part.tokens / max(1, self.used_tokens)
            found.append((part, f"{start:.2f}", f"{length:.2f}"))
            start += length
        return found

    @property
    def used_percent(self) -> float | None:
        return None if self.utilisation is None else 100 * self.utilisation

    @property
    def utilisation(self) -> float | None:
        """The share of the window that is used."""
        return self.used_tokens / self.window_tokens if self.window_tokens else None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> Self | None:
        """None for a run that kept none."""
        if not kept:
            return None
        parts = tuple(ReportPart(**part) for part in kept["parts"])
        stages = tuple(ReportStage(**stage) for stage in kept["stages"])
        return cls(**kept | {"parts": parts, "stages": stages})
