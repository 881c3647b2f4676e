"""The lists of appeals and of looks under break-glass, the newest of what there is."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import User
from chat.models import Appeal, Look
from chat.moderation.judges import load_judges

SHOWN = 100


@dataclass(frozen=True, slots=True)
class ListedAppeal:
    """`refusal` says why the moderator can't answer it, if they can't."""

    appeal: Appeal
    refusal: str
    is_only_one: bool


def list_appeals(by: User) -> list[ListedAppeal]:
    """Those that wait, the oldest first; then those that were decided, the newest first."""
    related = Appeal.objects.select_related("action__person", "action__by", "decided_by")
    waiting = list(related.open().order_by("created_at")[:SHOWN])
    decided = related.exclude(outcome="").order_by("-decided_at")[: SHOWN - len(waiting)]
    judges = load_judges()
    open_ones = [
        ListedAppeal(one, judges.refusal(by, one.action), judges.is_only_one(by, one.action)) for one in waiting
    ]
    return open_ones + [ListedAppeal(one, "", is_only_one=False) for one in decided]


def list_looks(*, by: User | None) -> list[Look]:
    """One moderator's, or everybody's."""
    looks = Look.objects.select_related("by", "owner").order_by("-id")
    return list((looks if by is None else looks.filter(by=by))[:SHOWN])
