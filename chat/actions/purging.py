"""What is gone for good: what its owner deleted from the trash, what lay there long enough, and temporary chats.

Rows go in the background, and none before nobody works on its answers: what a run used is booked at its end. The ledger
keeps its lines, which hold no text.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import User
from chat import events
from chat.actions.labels import drop_unused_tags
from chat.actions.removing import remove_some
from chat.actions.runs import stop_run
from chat.models import Conversation, Folder, Message, Run
from chat.models.conversation import ConversationQuerySet
from chat.retention import decided, deletable, unheld
from convoscope.background import let_others_write, time_is_up
from convoscope.encrypted_fields import without_content

logger = logging.getLogger(__name__)

# A transaction holds the write lock of SQLite for as long as these take, and a piece of all their messages.
PURGED_AT_ONCE = 50
# How long a deleted folder can be brought back: the button for it is shown for far less.
FOLDER_KEPT = timedelta(hours=1)


def delete_conversations(*, owner: User, ids: Collection[UUID] | None) -> int:
    """Delete these for good, or with None all that are in the trash; what isn't in the trash stays. They are nowhere to
    be seen from then on. Returns how many."""
    doomed = Conversation.objects.visible_to(owner).in_trash()
    if ids is not None:
        doomed = doomed.filter(id__in=ids)
    count = doomed.update(deleted_at=timezone.now(), version=F("version") + 1)
    _stop_runs(Conversation.objects.filter(owner=owner, deleted_at__isnull=False))
    events.sidebar_changed(owner.id, ids)
    _request_purge()
    return count


def purge_conversations() -> int:
    """Remove what is due with its messages and runs. What is still being written is stopped, and removed by a later
    purge; so is what moderators have to decide about. Several at once share the work. Returns how many were removed."""
    for due in _due():
        _stop_runs(due)
        _hide(due)
    deleted = Conversation.objects.filter(deleted_at__lte=timezone.now())
    _stop_runs(deleted)
    purged = 0
    while not time_is_up() and (count := _purge_some(decided(deleted))) is not None:
        purged += count
        let_others_write()
    return purged


def purge_person(owner_id: UUID) -> None:
    """Remove all conversations of somebody whose account is erased, as far as the time goes and none of their answers
    is being written."""
    mine = Conversation.objects.filter(owner=owner_id)
    _stop_runs(mine)
    _hide(mine)
    while not time_is_up() and _purge_some(mine) is not None:
        let_others_write()


def purge_folders() -> int:
    """Remove the folders that were deleted; their conversations stay, in none."""
    due = unheld(Folder.objects.filter(deleted_at__lt=timezone.now() - FOLDER_KEPT))
    return due.delete()[1].get("chat.Folder", 0)


def _due() -> Iterator[ConversationQuerySet]:
    """Each from an index of its own."""
    now = timezone.now()
    yield Conversation.objects.filter(trashed_at__lt=now - timedelta(days=settings.TRASH_DAYS))
    yield Conversation.objects.filter(
        is_temporary=True, active_at__lt=now - timedelta(hours=settings.TEMPORARY_CHAT_HOURS)
    )


def _stop_runs(conversations: ConversationQuerySet) -> None:
    for run in without_content(Run.objects.unfinished().filter(message__conversation__in=conversations)):
        stop_run(run=run)


def _hide(due: ConversationQuerySet) -> None:
    """As if they had been deleted by hand: they go piece by piece, and of that nothing is seen, and nothing brought
    back."""
    while not time_is_up():
        with transaction.atomic():
            ids = list(_held(due.filter(deleted_at=None)).values_list("id", flat=True)[:PURGED_AT_ONCE])
            Conversation.objects.filter(id__in=ids).update(deleted_at=timezone.now(), version=F("version") + 1)
        if not ids:
            break


def _purge_some(deleted: ConversationQuerySet) -> int | None:
    """Remove some of their messages, and those that have none left. Returns how many of the latter; None if there is
    nothing to do any more."""
    with transaction.atomic():
        held = list(_held(deleted).values_list("id", flat=True)[:PURGED_AT_ONCE])
        if not held:
            return None
        remove_some(Message.objects.filter(conversation__in=held))
        emptied = Conversation.objects.filter(~Exists(Message.objects.filter(conversation=OuterRef("id"))), id__in=held)
        owners = dict(emptied.values_list("id", "owner_id"))
        without_content(Conversation.objects.filter(id__in=owners)).delete()
        for owner_id in set(owners.values()):
            drop_unused_tags(owner_id)
    return len(owners)


def _held(conversations: ConversationQuerySet) -> ConversationQuerySet:
    """Locked, so that nobody begins a turn in one of them now; what another holds is in use, or being purged."""
    return deletable(conversations).select_for_update(of=("self",), skip_locked=True)


def _request_purge() -> None:
    """Queue one now. Where the broker is gone, that of the schedule comes to it."""
    from chat.tasks import purge_trash  # tasks call actions; here an action queues one

    try:
        purge_trash.delay()
    except OperationalError as exc:
        logger.warning("what was deleted waits for the schedule: the broker is gone (%s)", exc)
