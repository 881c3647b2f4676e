"""The lists of appeals and of looks under break-glass, the newest of what there is."""

from __future__ import annotations

from accounts.models import User
from chat.models import Appeal, Look

SHOWN = 100


def list_appeals() -> list[Appeal]:
    """Those that wait, the oldest first; then those that were decided, the newest first."""
    related = Appeal.objects.select_related("action__person", "action__by", "decided_by")
    waiting = list(related.open().order_by("created_at")[:SHOWN])
    return waiting + list(related.exclude(outcome="").order_by("-decided_at")[: SHOWN - len(waiting)])


def list_looks(*, by: User | None) -> list[Look]:
    """One moderator's, or everybody's."""
    looks = Look.objects.select_related("by", "owner").order_by("-id")
    return list((looks if by is None else looks.filter(by=by))[:SHOWN])
