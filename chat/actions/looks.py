"""Break-glass: a moderator takes leave to read all of a conversation. Each look that moderators take at any transcript
is written down."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions.audit import record
from accounts.models import AuditEntry, Pseudonym, User
from chat import events
from chat.actions.flags import NotTheirs, clean_reason
from chat.models import Conversation, Look
from chat.models.moderation import LOOK_HOURS
from convoscope.errors import ValidationFailed

LOOKED = "moderation.looked"
# Who reads on, or loads the page again, within this time has looked once.
ONE_LOOK = timedelta(minutes=15)


def break_glass(*, conversation: Conversation, hours: int, reason: str, by: User) -> Look:
    """Its owner is told, where MODERATION_TELLS_OWNERS holds.

    Raises: ValidationFailed without a reason, or for another time than those of LOOK_HOURS; NotTheirs.
    """
    reason = clean_reason(reason)
    if hours not in LOOK_HOURS:
        raise ValidationFailed(_("Choose for how long."), field="hours")
    if conversation.owner_id == by.id:
        raise NotTheirs(_("This is your own conversation: you find it in your list."))
    now = timezone.now()
    with transaction.atomic():
        look = Look.objects.create(
            conversation=conversation,
            owner=conversation.owner,
            by=by,
            reason=reason,
            begins_at=now,
            ends_at=now + timedelta(hours=hours),
        )
        Conversation.objects.filter(id=conversation.id).update(looked_at=now)
        owner_id, ids = conversation.owner_id, [conversation.id]
        transaction.on_commit(lambda: events.sidebar_changed(owner_id, ids), robust=True)
        record(
            "moderation.broke_glass",
            by=by,
            on=conversation,
            concerns=conversation.owner,
            reason=reason,
            details={"hours": hours},
        )
    return look


def record_look(*, conversation: Conversation, by: User) -> None:
    """Write down that the moderator reads it, once in ONE_LOOK."""
    mine = AuditEntry.objects.filter(
        action=LOOKED,
        actor__in=Pseudonym.objects.filter(user=by).values("id"),
        object_type=conversation._meta.label_lower,
        object_id=str(conversation.id),
        at__gt=timezone.now() - ONE_LOOK,
    )
    if not mine.exists():
        record(LOOKED, by=by, on=conversation, concerns=conversation.owner)


def see_looks(*, owner: User) -> None:
    """The owner has opened the list of looks at their conversations."""
    Look.objects.filter(owner=owner, seen_at=None).update(seen_at=timezone.now())
