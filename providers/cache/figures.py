"""What the cache holds, and what it was good for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q, Sum
from django.utils import timezone

from providers.models import CachedResponse, UsageRecord
from providers.money import usd


@dataclass(frozen=True, slots=True)
class CacheFigures:
    """`answers`, `hits` and `saved_nanousd` are of the last 24 hours, by the ledger. What the `unpriced_hits` saved
    isn't known, nor in the sum."""

    entries: int
    like_entries: int
    size_bytes: int
    answers: int
    hits: int
    unpriced_hits: int
    saved_nanousd: int

    @property
    def hit_percent(self) -> float | None:
        """None where nothing was answered."""
        return 100 * self.hits / self.answers if self.answers else None

    @property
    def saved(self) -> str:
        return usd(self.saved_nanousd, is_partly_known=bool(self.unpriced_hits))


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
        saved_nanousd=used["saved"] or 0,
    )
