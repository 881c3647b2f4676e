"""What the ledger says: sums over its lines, which are the only place where money is kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum

from providers.models import UsageRecord


@dataclass(frozen=True, slots=True)
class Cost:
    """A sum of ledger lines. `has_unknown` says that some of them have no known price, so that it is a lower bound;
    `is_cached` and `is_own_key`, that some came of the cache or were paid by the person's own key."""

    nanousd: int = 0
    has_unknown: bool = False
    is_cached: bool = False
    is_own_key: bool = False

    @property
    def known_nanousd(self) -> int | None:
        """None where nothing of it is known, which is not the same as 0."""
        return None if self.has_unknown and not self.nanousd else self.nanousd

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.nanousd + other.nanousd,
            self.has_unknown or other.has_unknown,
            self.is_cached or other.is_cached,
            self.is_own_key or other.is_own_key,
        )


def costs_of(request_ids: Collection[UUID]) -> dict[UUID, Cost]:
    """The cost of each request, in one query; those without a line are absent."""
    lines = UsageRecord.objects.filter(request_id__in=request_ids).values("request_id").annotate(**_SUMS)
    return {row["request_id"]: _cost(row) for row in lines}


def cost_of_subject(subject_id: UUID) -> Cost:
    """What everything cost that was done for a conversation, its title included."""
    return _cost(UsageRecord.objects.filter(subject_id=subject_id).aggregate(**_SUMS))


_SUMS = {
    "nanousd": Sum("cost_nanousd"),
    "unknown": Count("id", filter=Q(cost_nanousd=None)),
    "cached": Count("id", filter=Q(source=UsageRecord.Source.CACHE)),
    "own_key": Count("id", filter=Q(source=UsageRecord.Source.OWN_KEY)),
}


def _cost(row: Mapping[str, Any]) -> Cost:
    return Cost(row["nanousd"] or 0, bool(row["unknown"]), bool(row["cached"]), bool(row["own_key"]))
