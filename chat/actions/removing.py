"""How messages go whose time is over, however many they are."""

from __future__ import annotations

from chat.actions.shares import revoke_share
from chat.models import Attachment, Message, Run, Share
from chat.models.message import MessageQuerySet
from chat.shares.shown import without
from convoscope.encrypted_content import Unreadable
from convoscope.encrypted_fields import without_content
from providers.actions.wire_requests import forget_requests

# A transaction holds the write lock of SQLite for as long as these take.
REMOVED_AT_ONCE = 50


def remove_some(doomed: MessageQuerySet) -> int:
    """Remove a piece of them, with what else hangs on it, for the caller's transaction. Nobody may see one of them any
    more, or bring it back. Returns how many went; 0 once there are none."""
    ids = list(doomed.values_list("id", flat=True)[:REMOVED_AT_ONCE])
    forget_requests(Run.objects.filter(message__in=ids).values_list("id", flat=True))
    _leave_out_of_shares(Message.objects.filter(id__in=ids, hidden_at__isnull=False))
    # Those of them that hang on the piece stay for now.
    doomed.filter(parent__in=ids).exclude(id__in=ids).update(parent=None)
    return without_content(Message.objects.filter(id__in=ids)).delete()[1].get(Message._meta.label, 0)


def _leave_out_of_shares(hidden: MessageQuerySet) -> None:
    """For good: once they are gone nothing knows that they were hidden."""
    conversations = list(hidden.values_list("conversation_id", flat=True).distinct())
    if not conversations:
        return
    for share in Share.objects.select_for_update(of=("self",)).filter(conversation__in=conversations):
        try:
            left = without(share.snapshot, hidden)
        except Unreadable:
            # Should its key come back, it would show them.
            revoke_share(share=share)
            continue
        gone = [one for one in share.snapshot if one not in left]
        if gone:
            images = [file["image"] for one in gone for file in one.get("files", ()) if file["image"]]
            Attachment.objects.filter(share=share, id__in=images).delete()
            share.snapshot = left
            share.save(update_fields=["snapshot"])
