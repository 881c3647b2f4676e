"""The sums that every report is made of, and how they are summed from lines and from rolled days alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from providers.models import UsageRecord


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over ledger lines; the fields are those of `UsageDay`. `cost_nanousd` leaves out the `unpriced_calls`."""

    calls: int = 0
    requests: int = 0
    unpriced_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    cache_write_tokens: int = 0
    cost_nanousd: int = 0
    saved_nanousd: int = 0
    timed_calls: int = 0
    first_token_ms: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, name) + getattr(other, name) for name in NAMES))

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    @property
    def cost(self) -> int | None:
        """Nano-dollars; None where nothing of it is known, which is not the same as 0."""
        return None if self.unpriced_calls and not self.cost_nanousd else self.cost_nanousd

    @property
    def mean_first_token_ms(self) -> int | None:
        return round(self.first_token_ms / self.timed_calls) if self.timed_calls else None

    @property
    def cost_per_request(self) -> int | None:
        return None if self.cost is None or not self.requests else round(self.cost / self.requests)


NAMES = tuple(field.name for field in fields(Figures))
# A sum can't have the name of the column it is made of.
_PREFIX = "sum_"
_FIRST_CALL = Q(call_number=1, kind=UsageRecord.Kind.COMPLETION)
# What is replayed begins at once, and says nothing of providers.
_TIMED = Q(first_token_ms__isnull=False, source__in=[UsageRecord.Source.PROVIDER, UsageRecord.Source.OWN_KEY])
_COUNTS: Mapping[str, Any] = {
    "calls": Count("pk"),
    "requests": Count("pk", filter=_FIRST_CALL),
    "unpriced_calls": Count("pk", filter=Q(cost_nanousd=None)),
    "timed_calls": Count("pk", filter=_TIMED),
    "first_token_ms": Coalesce(Sum("first_token_ms", filter=_TIMED), 0),
}

OF_LINES: Mapping[str, Any] = {f"{_PREFIX}{name}": _COUNTS.get(name, Coalesce(Sum(name), 0)) for name in NAMES}
OF_DAYS: Mapping[str, Any] = {f"{_PREFIX}{name}": Coalesce(Sum(name), 0) for name in NAMES}


def figures_of(row: Mapping[str, Any]) -> Figures:
    """What a query annotated with `OF_LINES` or `OF_DAYS` found."""
    return Figures(*(row[f"{_PREFIX}{name}"] for name in NAMES))
