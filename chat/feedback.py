"""What people think of answers, counted."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from chat.models import Message
from providers.reports.period import Period
from providers.reports.totals import Key


@dataclass(frozen=True, slots=True)
class Votes:
    good: int = 0
    bad: int = 0

    def __add__(self, other: Votes) -> Votes:
        return Votes(self.good + other.good, self.bad + other.bad)

    @property
    def count(self) -> int:
        return self.good + self.bad

    @property
    def good_share(self) -> float | None:
        return self.good / self.count if self.count else None


def votes_by_model(period: Period) -> dict[Key, Votes]:
    """What was said of the answers that were asked for in the period, by endpoint and model; empty without any."""
    rated = Message.objects.exclude(feedback="").filter(
        created_at__gte=period.starts_at, created_at__lt=period.ends_before
    )
    rows = (
        rated.order_by()
        .values_list("provider", "model")
        .annotate(
            good=Count("pk", filter=Q(feedback=Message.Feedback.GOOD)),
            bad=Count("pk", filter=Q(feedback=Message.Feedback.BAD)),
        )
    )
    return {(endpoint, model): Votes(good, bad) for endpoint, model, good, bad in rows}
