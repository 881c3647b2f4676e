"""What single requests cost."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from providers.models import UsageRecord

BATCH_IDS = 500


def costs_of_requests(request_ids: Sequence[UUID]) -> dict[UUID, int | None]:
    """Nano-dollars of each request that has lines; None where the price of one of its calls is unknown."""
    found: dict[UUID, int | None] = {}
    for start in range(0, len(request_ids), BATCH_IDS):
        lines = UsageRecord.objects.filter(request_id__in=request_ids[start : start + BATCH_IDS])
        rows = (
            lines.order_by()
            .values_list("request_id")
            .annotate(cost=Coalesce(Sum("cost_nanousd"), 0), unpriced=Count("pk", filter=Q(cost_nanousd=None)))
        )
        found |= {request_id: None if unpriced else cost for request_id, cost, unpriced in rows}
    return found
