"""What the ledger says: sums over its lines, which are the only place where money is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum

from providers.contract import Usage
from providers.models import UsageRecord
from providers.money import usd

# A database takes only so many parameters in a query.
BATCH_IDS = 500


@dataclass(frozen=True, slots=True)
class Cost:
    """A sum of ledger lines. `has_unknown` says that some of them have no known price, so that it is a lower bound;
    `is_cached` and `is_own_key`, that some came of the cache or were paid by the person's own key."""

    nanousd: int = 0
    has_unknown: bool = False
    is_cached: bool = False
    is_own_key: bool = False

    @property
    def words(self) -> str:
        return usd(self.nanousd, is_partly_known=self.has_unknown)

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.nanousd + other.nanousd,
            self.has_unknown or other.has_unknown,
            self.is_cached or other.is_cached,
            self.is_own_key or other.is_own_key,
        )


def costs_of(request_ids: Sequence[UUID]) -> dict[UUID, Cost]:
    """The cost of each request, in one query for every BATCH_IDS; those without a line are absent."""
    found: dict[UUID, Cost] = {}
    for start in range(0, len(request_ids), BATCH_IDS):
        lines = UsageRecord.objects.filter(request_id__in=request_ids[start : start + BATCH_IDS])
        found |= {row["request_id"]: _cost(row) for row in lines.values("request_id").annotate(**_SUMS)}
    return found


def cost_of_lines(lines: Iterable[UsageRecord]) -> Cost:
    """Of lines at hand, with the prices that were in force when they were made, what `costs_of` says of those in the
    ledger."""
    each = (
        Cost(
            line.cost_nanousd or 0,
            line.cost_nanousd is None,
            line.source == UsageRecord.Source.CACHE,
            line.source == UsageRecord.Source.OWN_KEY,
        )
        for line in lines
    )
    return sum(each, start=Cost())


def cost_of_subject(subject_id: UUID) -> Cost:
    """What everything cost that was done for a conversation, its title included."""
    return _cost(UsageRecord.objects.filter(subject_id=subject_id).aggregate(**_SUMS))


def usage_of(request_ids: Collection[UUID]) -> Usage | None:
    """What requests that made one text together came to: the input that the first call with any had, and the output of
    all. What a later call read of the text is output of an earlier one. None without a line."""
    lines = UsageRecord.objects.filter(request_id__in=request_ids, kind=UsageRecord.Kind.COMPLETION)
    # Their ids are in the order of time.
    rows = list(lines.order_by("request_id", "call_number").values_list("input_tokens", "output_tokens"))
    if not rows:
        return None
    return Usage(first_input(read for read, _wrote in rows), sum(wrote for _read, wrote in rows))


def first_input(inputs: Iterable[int]) -> int:
    """Of the calls that made one text the input of the first that had any: a call that was refused had none."""
    return next(filter(None, inputs), 0)


_SUMS = {
    "nanousd": Sum("cost_nanousd"),
    "unknown": Count("id", filter=Q(cost_nanousd=None)),
    "cached": Count("id", filter=Q(source=UsageRecord.Source.CACHE)),
    "own_key": Count("id", filter=Q(source=UsageRecord.Source.OWN_KEY)),
}


def _cost(row: Mapping[str, Any]) -> Cost:
    return Cost(row["nanousd"] or 0, bool(row["unknown"]), bool(row["cached"]), bool(row["own_key"]))
