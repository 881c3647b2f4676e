"""Links to conversations as they were: made, and revoked."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.actions.attachments import delete_rows
from chat.actions.conversations import require_open
from chat.models import Attachment, Conversation, Message, Share
from chat.models.share import ShareQuerySet
from chat.retention import emptiable
from chat.shares.snapshot import snapshot_to
from convoscope.errors import ValidationFailed

# Each holds a copy of the conversation.
LINKS_MAX = 20
# How long an expired link keeps what it showed: its owner may still want to see what that was.
EXPIRED_KEPT = timedelta(days=7)


def share_conversation(
    *, conversation: Conversation, expires_at: datetime | None, until: Message | None = None
) -> Share:
    """Keep the shown path, or that to the message `until`, as it is now, at a link of its own. What is said later stays
    private.

    Raises: ValidationFailed if there is nothing to share, or too much, or if it has LINKS_MAX links already;
    ConversationLocked.
    """
    with transaction.atomic():
        # Held: of two at once each would find the last place free.
        require_open(Conversation.objects.select_for_update().get(id=conversation.id))
        if conversation.shares.standing().count() >= LINKS_MAX:
            raise ValidationFailed(
                _("This conversation has %(count)d links already. Revoke one that isn't needed, then make another.")
                % {"count": LINKS_MAX}
            )
        snapshot, images = snapshot_to(until.id if until else conversation.active_leaf_id)
        share = Share.objects.create(
            owner_id=conversation.owner_id,
            conversation=conversation,
            title=conversation.title,
            snapshot=snapshot,
            message_count=len(snapshot),
            expires_at=expires_at,
        )
        for image in images:
            image.share = share
        Attachment.objects.bulk_create(images)
    return share


def revoke_share(*, share: Share) -> None:
    """The link is dead at once, and what it showed is deleted, unless something holds that: then the purge does it.
    Sharing again makes another link."""
    with transaction.atomic():
        Share.objects.standing().filter(id=share.id).update(revoked_at=timezone.now())
        _empty(Share.objects.filter(id=share.id))
    share.refresh_from_db(fields=["revoked_at"])


def purge_expired_shares() -> int:
    """Delete what links showed that expired EXPIRED_KEPT ago, whose page goes on to say so, or were revoked. Returns of
    how many."""
    over = Q(expires_at__lt=timezone.now() - EXPIRED_KEPT) | Q(revoked_at__isnull=False)
    with transaction.atomic():
        return _empty(Share.objects.filter(over).exclude(snapshot=[]))


def _empty(shares: ShareQuerySet) -> int:
    ids = list(emptiable(shares).values_list("id", flat=True))
    delete_rows(Attachment.objects.filter(share__in=ids))
    return Share.objects.filter(id__in=ids).update(snapshot=[])
