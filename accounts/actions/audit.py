"""Adding to the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from accounts.audit import chain
from accounts.models import AuditEntry, AuditHead, AuditOrigin, Pseudonym, User
from accounts.origin import current_origin
from convoscope.background import time_is_up

# More would hold the chain for long.
DELETED_AT_ONCE = 1000
# Where those came from who never had an account here: long enough to look into an attack.
STRANGERS_KEPT = timedelta(days=90)


def record(
    action: str,
    *,
    by: User | None,
    on: Model | None = None,
    concerns: User | None = None,
    reason: str = "",
    details: Mapping[str, object] | None = None,
) -> AuditEntry:
    """Write down that it was done, in the transaction in which it is done, and best as its last statement: others who
    have something to record wait for its end.

    `on` is the thing that it was done to, where that isn't the person whom it `concerns`. `details` are facts by name,
    never what somebody wrote: entries outlive the person.
    """
    origin = current_origin.get()
    with transaction.atomic():
        pseudonyms = {one.pk: _pseudonym(one) for one in (by, concerns) if one is not None}
        head = hold_chain()
        entry = AuditEntry(
            number=head.last_number + 1,
            at=timezone.now(),
            action=action,
            actor=pseudonyms[by.pk].id if by else None,
            subject=pseudonyms[concerns.pk].id if concerns else None,
            object_type=on._meta.label_lower if on is not None else "",
            object_id=str(on.pk) if on is not None else "",
            reason=reason,
            details=dict(details or {}),
        )
        chain.seal(entry, head.last_hash)
        entry.save(force_insert=True)
        if origin is not None:
            whose = by or concerns
            AuditOrigin.objects.create(
                entry=entry,
                pseudonym=pseudonyms[whose.pk] if whose else None,
                address=origin.address,
                browser=origin.browser,
            )
        _move_ends(head, last_number=entry.number, last_hash=entry.hash)
    return entry


def delete_old_entries() -> int:
    """Those that were kept for as long as AUDIT_RETENTION_DAYS says, the oldest first. The chain begins after them.
    Also forgets where strangers came from. Returns how many entries."""
    AuditOrigin.objects.filter(pseudonym=None, entry__at__lt=timezone.now() - STRANGERS_KEPT).delete()
    limit, deleted = timezone.now() - timedelta(days=settings.AUDIT_RETENTION_DAYS), 0
    while not time_is_up() and (count := _delete_some(limit)):
        deleted += count
    return deleted


def _delete_some(limit: datetime) -> int:
    with transaction.atomic():
        head = hold_chain()
        entries = AuditEntry.objects.order_by("number")
        kept = entries.filter(at__gte=limit).values_list("number", flat=True).first()
        doomed = list(entries.filter(number__lt=kept or head.last_number + 1)[:DELETED_AT_ONCE])
        if doomed:
            _move_ends(head, deleted_number=doomed[-1].number, deleted_hash=doomed[-1].hash)
            entries.filter(number__lte=head.deleted_number).delete()
    return len(doomed)


def hold_chain() -> AuditHead:
    """To the end of the transaction: each entry needs the hash of the one before."""
    return AuditHead.objects.select_for_update().get_or_create(id=1)[0]


def _move_ends(head: AuditHead, **ends: int | str) -> None:
    """Where somebody else changed them, they get no seal any more: that stays to be seen."""
    is_whole = chain.are_ends_sealed(head)
    for name, value in ends.items():
        setattr(head, name, value)
    if is_whole:
        chain.seal_ends(head)
    head.save(update_fields=[*ends, "seal"])


def _pseudonym(person: User) -> Pseudonym:
    return Pseudonym.objects.get_or_create(user=person)[0]
