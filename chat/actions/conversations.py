"""What a person does to a conversation as a whole."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from chat import events
from chat.actions.text import clean_line
from chat.model_choice import require_usable
from chat.models import Conversation, Message
from chat.models.conversation import ConversationQuerySet
from chat.models.message import newest_leaf_id
from convoscope.encrypted_content import Unreadable
from convoscope.errors import ConversationLocked, ValidationFailed

TITLE_MAX_CHARS = 200
QUESTION_TITLE_CHARS = 50
BROUGHT_BACK = ("status", "trashed_at", "archived_at", "resolved_at", "expiry_announced_at")


def title_of_question(text: str) -> str:
    """What a conversation is called until it has a title: the beginning of its first question, cut between words where
    it has some."""
    line = clean_line(text[: 4 * QUESTION_TITLE_CHARS], max_chars=4 * QUESTION_TITLE_CHARS)
    if len(line) <= QUESTION_TITLE_CHARS:
        return line
    beginning = line[: QUESTION_TITLE_CHARS - 1]
    words = beginning.rpartition(" ")[0]
    return f"{words if len(words) > QUESTION_TITLE_CHARS // 2 else beginning}…"


def title_of_first_question(conversation: Conversation, *, otherwise: str) -> str:
    """Of the first that may be read, or of its files."""
    first = conversation.messages.readable().filter(role=Message.Role.USER).order_by("id").first()
    if first is None:
        return otherwise
    files = first.attachments.order_by("position").values_list("name", flat=True)
    try:
        return title_of_question(first.text or files.first() or otherwise)
    except Unreadable:
        return otherwise


def rename_conversation(*, conversation: Conversation, title: str) -> None:
    """Give it the person's own title, which no task replaces.

    Raises: ValidationFailed for a blank title; ConversationLocked.
    """
    title = clean_line(title, max_chars=TITLE_MAX_CHARS)
    if not title:
        raise ValidationFailed(_("Please enter a title"), field="title")
    with transaction.atomic():
        hold_open(conversation)
        _set_title(conversation, title, Conversation.TitleSource.PERSON, among=Conversation.objects.all())


def take_model_title(*, conversation: Conversation, title: str, seen: Collection[UUID] = ()) -> bool:
    """Use a title the model made, unless meanwhile the person gave one, or put it in the trash, or a moderator hid a
    message that it was made from. Says whether it was used."""
    title = clean_line(title, max_chars=TITLE_MAX_CHARS)
    if not title:
        return False
    with transaction.atomic():
        hold_conversation(conversation.id)
        if is_any_hidden(seen):
            return False
        untitled = Conversation.objects.without_made_title()
        return _set_title(conversation, title, Conversation.TitleSource.MODEL, among=untitled)


def change_settings(*, conversation: Conversation, settings: dict[str, Any]) -> None:
    """Give it these settings of its own, in place of those it had; they hold from the next answer on.

    Raises: ConversationLocked.
    """
    with transaction.atomic():
        hold_open(conversation)
        Conversation.objects.filter(id=conversation.id).update(settings=settings, version=F("version") + 1)
    conversation.refresh_from_db()
    events.model_changed(conversation)


def choose_model(*, conversation: Conversation, model: str, only_this_model: bool) -> None:
    """Let this model answer from the next question on, and no other if that is asked for.

    Raises: ValidationFailed for a model that its owner can't use; ConversationLocked.
    """
    owner = conversation.owner
    require_usable(model, owner.id)
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update().get(id=conversation.id)
        conversation.owner = owner
        require_open(conversation, field="")
        settings = conversation.settings | {"model": model, "only_this_model": only_this_model}
        if not only_this_model:
            del settings["only_this_model"]
        conversation.settings = settings
        conversation.version += 1
        conversation.save(update_fields=["settings", "version"])
    events.model_changed(conversation)


def trash_conversation(*, conversation: Conversation) -> None:
    """Put it in the trash, from where `restore_conversation` takes it back unchanged."""
    Conversation.objects.filter(id=conversation.id, trashed_at=None).update(
        trashed_at=timezone.now(), version=F("version") + 1
    )
    conversation.refresh_from_db(fields=["trashed_at", "version"])
    events.conversation_trashed(conversation)


def restore_conversation(*, conversation: Conversation) -> None:
    Conversation.objects.filter(id=conversation.id).update(trashed_at=None, version=F("version") + 1)
    conversation.refresh_from_db(fields=["trashed_at", "version"])
    events.sidebar_changed(conversation.owner_id, [conversation.id])


def bring_back(conversation: Conversation) -> None:
    """Make it active, and take it out of trash and archive. For who goes on with it, holds its row and saves its fields
    BROUGHT_BACK with what else changed: pages are told at the commit, if they show what changes."""
    conversation.status = Conversation.Status.ACTIVE
    left = (conversation.trashed_at, conversation.archived_at, conversation.resolved_at)
    if left == (None, None, None) and conversation.expiry_announced_at is None:
        return
    conversation.trashed_at = conversation.archived_at = None
    conversation.resolved_at = conversation.expiry_announced_at = None
    owner_id, ids = conversation.owner_id, [conversation.id]
    transaction.on_commit(lambda: events.sidebar_changed(owner_id, ids), robust=True)


def select_message(*, message: Message) -> Conversation:
    """Show the path that goes through this message, down to the newest leaf below it.

    Raises: ValidationFailed if the message was deleted.
    """
    with transaction.atomic():
        # Locked first, so that a turn submitted meanwhile is either below the leaf that is found or comes after it.
        conversation = Conversation.objects.select_for_update().get(id=message.conversation_id)
        conversation.owner = message.conversation.owner
        require_present(message)
        conversation.active_leaf_id = newest_leaf_id(message.id)
        conversation.version += 1
        conversation.save(update_fields=["active_leaf", "version"])
    events.path_selected(conversation)
    return conversation


def require_present(message: Message) -> None:
    """Raises: ValidationFailed for one that was deleted; it stays true for who holds its conversation's row."""
    if not Message.objects.present().filter(id=message.id).exists():
        raise ValidationFailed(_("This message was deleted meanwhile. Reload the page."))


def require_readable(message: Message) -> None:
    """Raises: ValidationFailed for one that was deleted or hidden; it stays true as above."""
    require_present(message)
    if not Message.objects.readable().filter(id=message.id).exists():
        raise ValidationFailed(_("A moderator has hidden this message. Reload the page to see why."))


def hold_conversation(conversation_id: UUID) -> None:
    """To the end of the transaction: nobody adds to it, or locks it or hides something of it, meanwhile."""
    list(Conversation.objects.select_for_update(no_key=True).filter(id=conversation_id).values_list("id"))


def is_any_hidden(message_ids: Collection[UUID]) -> bool:
    """Whether a moderator has hidden one of these since they were read; if not, that stays true for who holds their
    conversation's row."""
    return Message.objects.filter(id__in=message_ids, hidden_at__isnull=False).exists()


def hold_open(conversation: Conversation) -> None:
    """Hold its row to the end of the transaction, which changes something of it.

    Raises: ConversationLocked.
    """
    require_open(Conversation.objects.select_for_update(no_key=True).get(id=conversation.id), field="")


def require_open(conversation: Conversation, *, field: str = "text") -> None:
    """Raises: ConversationLocked; it isn't, stays true for who holds the conversation's row."""
    if conversation.locked_at is None:
        return
    raise ConversationLocked(
        _("A moderator has locked this conversation, so nothing can be added to it. The reason: %(reason)s")
        % {"reason": conversation.lock_reason},
        field=field,
    )


def _set_title(
    conversation: Conversation, title: str, source: Conversation.TitleSource, *, among: ConversationQuerySet
) -> bool:
    """Store a title if the conversation is still one of these, in one update; says whether it was."""
    rows = among.filter(id=conversation.id)
    if not rows.update(title=title, title_source=source, version=F("version") + 1):
        return False
    conversation.refresh_from_db()
    transaction.on_commit(lambda: events.conversation_renamed(conversation), robust=True)
    return True
