"""Who pays for what a person asks for."""

from __future__ import annotations

import time
from uuid import UUID

from accounts.models import Membership, User
from providers.contract import Payer

# How long a process goes by a membership that was changed. Every turn asks for it.
KEPT_S = 60.0
KEPT_PEOPLE = 10_000


def payer_of(user: User | UUID, *, api_key_id: UUID | None = None) -> Payer:
    """The person, with the team they joined first. Costs a query for each person a minute at most."""
    user_id = user if isinstance(user, UUID) else user.id
    return Payer(user_id=user_id, team_id=_teams.of(user_id), api_key_id=api_key_id)


def forget_teams() -> None:
    """Read memberships again when they are next asked for."""
    _teams.forget()


class _Teams:
    """First teams, kept in memory: one is asked for with every turn, and changes a few times in a person's life."""

    def __init__(self) -> None:
        self._kept: dict[UUID, tuple[UUID | None, float]] = {}

    def of(self, user_id: UUID) -> UUID | None:
        kept = self._kept.get(user_id)
        if kept is not None and time.monotonic() - kept[1] < KEPT_S:
            return kept[0]
        memberships = Membership.objects.filter(user_id=user_id).order_by("joined_at", "id")
        team_id = memberships.values_list("team_id", flat=True).first()
        if len(self._kept) >= KEPT_PEOPLE:
            self.forget()
        self._kept[user_id] = (team_id, time.monotonic())
        return team_id

    def forget(self) -> None:
        self._kept.clear()


_teams = _Teams()
