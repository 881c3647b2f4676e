"""Legal holds: an administrator's decision that nothing of a person's is deleted, with its reason."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.actions.audit import record
from accounts.models import LegalHold, User


def place_hold(*, hold: LegalHold, by: User) -> None:
    """Raises: IntegrityError where one stands already."""
    hold.placed_by = by
    with transaction.atomic():
        hold.save(force_insert=True)
        record("legal_hold.placed", by=by, on=hold, concerns=hold.user, reason=hold.reason)


def release_hold(*, hold: LegalHold, by: User) -> bool:
    """Whether it still stood. What waited goes on by itself."""
    with transaction.atomic():
        if not LegalHold.objects.standing().filter(id=hold.id).update(released_at=timezone.now()):
            return False
        record("legal_hold.released", by=by, on=hold, concerns=hold.user)
    return True
