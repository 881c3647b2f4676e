"""Finds runs that nobody works on."""

from __future__ import annotations

from uuid import UUID

from chat.models import Run

# More than one process could take at once anyway; the rest is found at the next look.
BATCH = 200


def claimable_runs() -> list[UUID]:
    """The oldest queued runs and those whose lease ran out. Whoever claims first gets each."""
    return list(Run.objects.claimable().order_by("created_at").values_list("id", flat=True)[:BATCH])
