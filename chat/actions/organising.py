"""What a person does to one or many conversations at once: pin, archive, file, tag, trash. One statement for each kind
of change, and one event for all of them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from chat import events
from chat.actions.labels import drop_unused_tags, tags_named
from chat.models import Conversation, Folder, Tag


def pin_conversations(*, owner: User, ids: Collection[UUID]) -> None:
    _change(owner, ids, is_pinned=True)


def unpin_conversations(*, owner: User, ids: Collection[UUID]) -> None:
    _change(owner, ids, is_pinned=False)


def archive_conversations(*, owner: User, ids: Collection[UUID]) -> None:
    """Put them aside; nothing is deleted, and a message brings one back. What is pinned or filed stays so."""
    _change(owner, ids, archived_at=timezone.now())


def unarchive_conversations(*, owner: User, ids: Collection[UUID]) -> None:
    _change(owner, ids, archived_at=None)


def trash_conversations(*, owner: User, ids: Collection[UUID]) -> None:
    """Put them in the trash, from where `restore_conversations` takes them back unchanged."""
    _change(owner, ids, trashed_at=timezone.now())


def restore_conversations(*, owner: User, ids: Collection[UUID]) -> None:
    _change(owner, ids, trashed_at=None)


def file_conversations(*, owner: User, ids: Collection[UUID], folder: Folder | None) -> None:
    """Move them to this folder, or out of any."""
    _change(owner, ids, folder=folder)


def tag_conversations(*, owner: User, ids: Collection[UUID], name: str) -> None:
    """Add one tag to them; it is made where the owner has none of that name.

    Raises: ValidationFailed for a name that can't be.
    """
    with transaction.atomic():
        [tag] = tags_named(owner=owner, names=[name])
        through = Conversation.tags.through
        through.objects.bulk_create(
            (through(conversation_id=conversation_id, tag_id=tag.id) for conversation_id in ids), ignore_conflicts=True
        )
        _change(owner, ids)


def set_tags(*, conversation: Conversation, tags: Collection[Tag], new: list[str]) -> None:
    """Give it these tags and no others; `new` are names, which may be known already.

    Raises: ValidationFailed for a name that can't be.
    """
    with transaction.atomic():
        # By their names: one may have gone since it was chosen.
        names = [*(tag.name for tag in tags), *new]
        conversation.tags.set(tags_named(owner=conversation.owner, names=names))
        drop_unused_tags(conversation.owner_id)
        _change(conversation.owner, [conversation.id])


def _change(owner: User, ids: Collection[UUID], **values: object) -> None:
    """Set these values, which also makes it a new version for pages that miss the event."""
    Conversation.objects.visible_to(owner).filter(id__in=ids).update(**values, version=F("version") + 1)
    transaction.on_commit(lambda: events.sidebar_changed(owner.id, ids), robust=True)
