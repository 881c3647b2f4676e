"""Forgets requests as they were sent. Each holds the whole conversation up to its answer, so that together they grow
with the square of what is said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from convoscope.background import time_is_up
from providers.models import Attempt

# For as long people may look at how an answer came about.
WIRE_REQUEST_DAYS = 30
# What one statement rewrites, and how many of them a sweep makes; the next one goes on.
FORGOTTEN_AT_ONCE = 500
BATCHES_A_SWEEP = 40


def forget_old_requests() -> int:
    """Forget those of WIRE_REQUEST_DAYS ago, the oldest first; the calls stay. Returns how many."""
    before = timezone.now() - timedelta(days=WIRE_REQUEST_DAYS)
    old = Attempt.objects.filter(wire_request__isnull=False, started_at__lt=before).order_by("started_at")
    forgotten = 0
    for _batch in range(BATCHES_A_SWEEP):
        ids = list(old.values_list("id", flat=True)[:FORGOTTEN_AT_ONCE])
        if not ids or time_is_up():
            break
        forgotten += Attempt.objects.filter(id__in=ids).update(wire_request=None)
    return forgotten


def forget_requests(request_ids: Iterable[UUID]) -> None:
    """Forget what was sent for these, whose conversation is deleted; the calls stay."""
    Attempt.objects.filter(request_id__in=list(request_ids), wire_request__isnull=False).update(wire_request=None)
