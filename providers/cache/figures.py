"""What the cache holds, and what it was good for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.utils import timezone

from providers.models import CachedResponse, UsageRecord
from providers.money import NANODOLLARS_PER_DOLLAR


@dataclass(frozen=True, slots=True)
class CacheFigures:
    """`answers`, `hits` and `saved_usd` are of the last 24 hours, by the ledger. What the `unpriced_hits` saved isn't
    known, nor in the sum."""

    entries: int
    like_entries: int
    size_bytes: int
    answers: int
    hits: int
    unpriced_hits: int
    saved_usd: Decimal

    @property
    def hit_percent(self) -> float | None:
        """None where nothing was answered."""
        return 100 * self.hits / self.answers if self.answers else None

    @property
    def is_saving_unknown(self) -> bool:
        return bool(self.hits) and self.hits == self.unpriced_hits


def cache_figures() -> CacheFigures:
    rows = CachedResponse.objects.all()
    is_hit = Q(source=UsageRecord.Source.CACHE)
    used = UsageRecord.objects.filter(
        created_at__gte=timezone.now() - timedelta(hours=24),
        kind=UsageRecord.Kind.COMPLETION,
        feature="chat",
        outcome="complete",
    ).aggregate(
        answers=Count("id"),
        hits=Count("id", filter=is_hit),
        unpriced=Count("id", filter=is_hit & Q(price=None)),
        saved=Sum("saved_nanousd", filter=is_hit),
    )
    return CacheFigures(
        entries=rows.count(),
        like_entries=rows.filter(embedding__isnull=False).count(),
        size_bytes=rows.aggregate(total=Sum("size_bytes"))["total"] or 0,
        answers=used["answers"],
        hits=used["hits"],
        unpriced_hits=used["unpriced"],
        saved_usd=Decimal(used["saved"] or 0) / NANODOLLARS_PER_DOLLAR,
    )
