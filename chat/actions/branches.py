"""What a person does to a branch of a conversation: delete it, and bring it back."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chat import events
from chat.actions.memory import forget_read
from chat.actions.removing import remove_some
from chat.actions.runs import stop_run
from chat.models import Conversation, Message, Run
from chat.models.message import MessageQuerySet, newest_leaf_id
from chat.models.moderation import TO_DECIDE
from chat.retention import deletable, has_undecided
from convoscope.background import let_others_write, time_is_up
from convoscope.errors import ValidationFailed

# Who has the page open since the deletion may still undo it; the page offers that for half a minute.
DELETED_KEPT = timedelta(minutes=10)


def delete_message(*, message: Message) -> Conversation:
    """Delete a message and all that follows it, in every branch. The path then shown is that of the version before it,
    else of the one behind it, else it ends above. `restore_message` brings it back."""
    with transaction.atomic():
        conversation = _locked(message)
        subtree = Message.objects.present().subtree_of(message.id)
        # Of what is being written the text so far is kept with the rest.
        running = list(Run.objects.unfinished().filter(message__in=subtree).select_related("message"))
        if subtree.update(deleted_at=timezone.now()):
            leaf = conversation.active_leaf
            if leaf is not None and leaf.deleted_at is not None:
                conversation.active_leaf_id = _leaf_without(message)
            _save_path(conversation)
    for run in running:
        stop_run(run=run)
    events.path_selected(conversation)
    return conversation


def count_following(message: Message) -> int:
    """How many messages follow this one, in every branch."""
    return Message.objects.present().subtree_of(message.id).count() - 1


def restore_message(*, message: Message, leaf_id: UUID | None = None) -> Conversation:
    """Bring back what `delete_message` took, and what it hangs on if that was deleted since. The path that is shown
    ends in `leaf_id`, which was the leaf before, or leads down from the message.

    Raises: ValidationFailed if it is gone, or if an answer above it goes on, which nothing may follow till then.
    """
    with transaction.atomic():
        conversation = _locked(message)
        above = conversation.messages.on_path_to(message.id)
        if above.exclude(id=message.id).filter(status__in=Message.UNFINISHED).exists():
            raise ValidationFailed(_("An answer above it is being written. Stop it first, or wait, and undo then."))
        # A deletion is known by its moment. Of an older one the purge may have taken a part.
        moments = set(above.filter(deleted_at__gte=too_late_at()).values_list("deleted_at", flat=True))
        conversation.messages.filter(deleted_at__in=moments).update(deleted_at=None)
        if not conversation.messages.present().filter(id=message.id).exists():
            raise ValidationFailed(_("It is too late to undo this: what was deleted is gone."))
        was_shown = leaf_id and conversation.messages.present().filter(id=leaf_id).exists()
        conversation.active_leaf_id = newest_leaf_id(leaf_id if leaf_id and was_shown else message.id)
        _save_path(conversation)
    events.path_selected(conversation)
    return conversation


def purge_deleted_messages() -> int:
    """Take what was deleted, and can't be undone any more, out of the database. Returns how many messages."""
    old = Message.objects.filter(deleted_at__lt=too_late_at())
    return sum(map(purge_deleted_of, set(old.values_list("conversation_id", flat=True))))


def purge_deleted_of(conversation_id: UUID) -> int:
    """That of one conversation, in short transactions between which others write."""
    old, purged = Message.objects.filter(conversation=conversation_id, deleted_at__lt=too_late_at()), 0
    if has_undecided(old):
        # What moderators have to decide about stays, with what was deleted beside it.
        old = old.filter(deleted_at__lt=timezone.now() - TO_DECIDE)
    while not time_is_up() and (count := _purge_some(old, conversation_id)):
        purged += count
        let_others_write()
    return purged


def too_late_at() -> datetime:
    """What was deleted before then can't be undone any more."""
    return timezone.now() - DELETED_KEPT


def _purge_some(old: MessageQuerySet, conversation_id: UUID) -> int:
    with transaction.atomic():
        # Locked, so that nobody begins to write there between what is read here and its deletion.
        free = deletable(Conversation.objects.filter(id=conversation_id)).select_for_update(of=("self",))
        if not free.values_list("id", flat=True):
            # What is being written there was told to stop, or ends by itself; the next purge takes it.
            return 0
        forget_read(old)
        return remove_some(old)


def _locked(message: Message) -> Conversation:
    conversation = Conversation.objects.select_for_update().get(id=message.conversation_id)
    conversation.owner = message.conversation.owner
    return conversation


def _save_path(conversation: Conversation) -> None:
    conversation.version += 1
    conversation.save(update_fields=["active_leaf", "version"])


def _leaf_without(message: Message) -> UUID | None:
    """Where the shown path ends once a message is gone."""
    siblings = Message.objects.present().filter(conversation=message.conversation_id, parent=message.parent_id)
    ids = siblings.order_by("id").values_list("id", flat=True)
    beside = ids.filter(id__lt=message.id).last() or ids.first()
    return newest_leaf_id(beside) if beside else message.parent_id
