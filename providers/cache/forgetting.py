"""Removes answers before their time: a person's, the shared ones, or all."""

from __future__ import annotations

import sys
from uuid import UUID

from django.db import models

from providers.models import CachedResponse


def forget_user(user_id: UUID) -> int:
    """Every answer that a person's questions brought, shared ones too. Returns how many."""
    return _forget(CachedResponse.objects.filter(asked_by_id=user_id))


def forget_shared() -> int:
    """What others than the one who asked could be given. Returns how many."""
    return _forget(CachedResponse.objects.exclude(scope__startswith="user:"))


def forget_all() -> int:
    return _forget(CachedResponse.objects.all())


def _forget(rows: models.QuerySet[CachedResponse]) -> int:
    removed, _by_model = rows.delete()
    # Where it was never imported, no vectors are held. Other processes hold theirs for a few minutes, without a use.
    if (nearest := sys.modules.get("providers.cache.nearest")) is not None:
        nearest.neighbours.forget()
    return removed
