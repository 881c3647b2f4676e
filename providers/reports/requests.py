"""What single requests cost, for queries over what they were made for."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum

from providers.models import UsageRecord


def cost_of_request(field: str) -> Subquery:
    """Nano-dollars of the request whose id stands in `field` of the outer query; null where it has no priced line."""
    return Subquery(_lines_of(field).annotate(sum=Sum("cost_nanousd")).values("sum"))


def unpriced_calls_of_request(field: str) -> Subquery:
    """How many of its calls have no known price; null where it has no line."""
    return Subquery(_lines_of(field).annotate(count=Count("pk", filter=Q(cost_nanousd=None))).values("count"))


def _lines_of(field: str) -> QuerySet[UsageRecord, Any]:
    return UsageRecord.objects.filter(request_id=OuterRef(field)).order_by().values("request_id")
