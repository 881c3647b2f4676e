"""Reads what the gateway keeps of requests: their calls, their routing, their ledger lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import BooleanField, Count, ExpressionWrapper, Q

from convoscope.encrypted_content import Unreadable
from convoscope.encrypted_fields import Locked
from providers.models import Attempt, RoutingDecision, UsageRecord


@dataclass(slots=True)
class Records:
    """What is kept of one request, in the order of its calls. `with_request` are the numbers of the calls whose request
    as it was sent is still kept; the attempts themselves come without it, since it may be large."""

    attempts: list[Attempt] = field(default_factory=list)
    with_request: set[int] = field(default_factory=set)
    routing: RoutingDecision | None = None
    lines: list[UsageRecord] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.attempts and self.routing is None and not self.lines


def read_records(request_ids: Collection[UUID]) -> defaultdict[UUID, Records]:
    """The records of these requests by id, in three queries for any number."""
    found: defaultdict[UUID, Records] = defaultdict(Records)
    is_kept = ExpressionWrapper(Q(wire_request__isnull=False), output_field=BooleanField())
    attempts = Attempt.objects.filter(request_id__in=request_ids).defer("wire_request")
    for attempt in attempts.annotate(has_request=is_kept).order_by("request_id", "call_number"):
        records = found[attempt.request_id]
        records.attempts.append(attempt)
        if attempt.has_request:
            records.with_request.add(attempt.call_number)
    for decision in RoutingDecision.objects.filter(request_id__in=request_ids):
        found[decision.request_id].routing = decision
    lines = UsageRecord.objects.filter(request_id__in=request_ids).select_related("price")
    for line in lines.order_by("request_id", "call_number", "kind"):
        found[line.request_id].lines.append(line)
    return found


def count_attempts(request_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many calls each of these requests came to; those without one are absent."""
    calls = Attempt.objects.filter(request_id__in=request_ids).order_by().values("request_id")
    return {row["request_id"]: row["calls"] for row in calls.annotate(calls=Count("id"))}


def wire_request(request_id: UUID, call_number: int) -> bytes | None:
    """One call's request as it was sent, compressed by zlib; None if there is none, or none any more.

    Raises: Unreadable.
    """
    kept = Attempt.objects.filter(request_id=request_id, call_number=call_number)
    body = kept.values_list("wire_request", flat=True).first()
    if isinstance(body, Locked):
        raise Unreadable
    return None if body is None else bytes(body)
