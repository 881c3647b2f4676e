"""How much the cache may hold, and what goes first."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models import Sum
from django.utils import timezone

from convoscope.background import time_is_up
from providers.models import CachedResponse

MAX_BYTES = 64 * 2**20
MAX_ENTRIES = 20_000
MAX_LIKE_ENTRIES = 10_000
# Longer ones are rare, and each would push out a hundred others.
ANSWER_MAX_BYTES = 128 * 2**10
# What a row and its places in the indexes take beside text and vector.
ROW_BYTES = 1_000
# Looking whether there is room walks through an index, so one insert in so many does; the cache passes its bounds by as
# many answers.
LOOKS_EVERY = 16
# What one insert may remove, so that nobody waits for much; the sweep removes the rest.
REMOVED_AT_ONCE = 200


def is_look_due(digest: str) -> bool:
    """Whether the insert of an answer, known by a digest in hexadecimal digits, is one of those that make room."""
    return int(digest, 16) % LOOKS_EVERY == 0


def make_room() -> int:
    """Remove what was used least recently, as far as the bounds are passed. Returns how many rows."""
    rows = CachedResponse.objects.all()
    excess_bytes = (rows.aggregate(total=Sum("size_bytes"))["total"] or 0) - MAX_BYTES
    excess = rows.count() - MAX_ENTRIES
    like = rows.filter(embedding__isnull=False)
    excess_like = like.count() - MAX_LIKE_ENTRIES
    going = []
    if excess_bytes > 0 or excess > 0:
        for row_id, size_bytes in rows.order_by("last_used_at").values_list("id", "size_bytes")[:REMOVED_AT_ONCE]:
            if excess_bytes <= 0 and excess <= 0:
                break
            going.append(row_id)
            excess_bytes, excess = excess_bytes - size_bytes, excess - 1
    if excess_like > 0:
        going += like.order_by("last_used_at").values_list("id", flat=True)[: min(excess_like, REMOVED_AT_ONCE)]
    return _remove(going)


def sweep() -> int:
    """Remove everything that has expired or is too much. Returns how many rows."""
    removed = 0
    while not time_is_up() and (expired := list(_expired().values_list("id", flat=True)[:REMOVED_AT_ONCE])):
        removed += _remove(expired)
    while not time_is_up() and (made := make_room()):
        removed += made
    return removed


def _expired() -> models.QuerySet[CachedResponse]:
    return CachedResponse.objects.filter(expires_at__lte=timezone.now())


def _remove(ids: list[UUID]) -> int:
    if not ids:
        return 0
    removed, _by_model = CachedResponse.objects.filter(id__in=ids).delete()
    return removed
