"""What one person used in the month that runs, from the ledger's lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date
from uuid import UUID

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDay
from django.utils import timezone
from django.utils.translation import ngettext

from providers.models import UsageRecord
from providers.money import usd
from providers.periods import at_midnight, period_start
from providers.words import feature_name


@dataclass(frozen=True, slots=True)
class Used:
    """A sum over calls. `unknown_calls` of them have no price, and so no part in `cost_nanousd`."""

    calls: int
    input_tokens: int
    output_tokens: int
    cost_nanousd: int
    unknown_calls: int

    @property
    def cost(self) -> str:
        return usd(self.cost_nanousd, is_partly_known=bool(self.unknown_calls))

    @property
    def words(self) -> str:
        """Calls and cost, as a sentence's end."""
        values = {"cost": self.cost, "calls": intcomma(self.calls)}
        return ngettext("%(calls)s call, cost %(cost)s", "%(calls)s calls, cost %(cost)s", self.calls) % values


@dataclass(frozen=True, slots=True)
class UsageOfDay:
    """What one model was used for on one day, in UTC."""

    day: date
    model: str
    feature: str
    used: Used


@dataclass(frozen=True, slots=True)
class MonthUsage:
    """A person's month so far: the whole, and its days, the latest first."""

    starts_on: date
    total: Used
    days: list[UsageOfDay]


def usage_of_month(user_id: UUID) -> MonthUsage:
    starts_on = period_start("month", timezone.now())
    lines = UsageRecord.objects.filter(user=user_id, created_at__gte=at_midnight(starts_on))
    rows = (
        lines.annotate(day=TruncDay("created_at", tzinfo=UTC))
        .values("day", "endpoint", "model", "feature")
        .annotate(
            calls=Count("id"),
            input_tokens=Sum("input_tokens"),
            output_tokens=Sum("output_tokens"),
            cost=Sum("cost_nanousd"),
            unknown_calls=Count("id", filter=Q(cost_nanousd=None)),
        )
        .order_by("-day", "endpoint", "model", "feature")
    )
    days = [
        UsageOfDay(
            day=row["day"].date(),
            model=f"{row['endpoint']}/{row['model']}",
            feature=feature_name(row["feature"]),
            used=Used(
                row["calls"],
                row["input_tokens"],
                row["output_tokens"],
                int(row["cost"] or 0),
                row["unknown_calls"],
            ),
        )
        for row in rows
    ]
    return MonthUsage(starts_on, _sum([day.used for day in days]), days)


def _sum(parts: list[Used]) -> Used:
    return Used(
        calls=sum(one.calls for one in parts),
        input_tokens=sum(one.input_tokens for one in parts),
        output_tokens=sum(one.output_tokens for one in parts),
        cost_nanousd=sum(one.cost_nanousd for one in parts),
        unknown_calls=sum(one.unknown_calls for one in parts),
    )
