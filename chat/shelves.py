"""The pages on which conversations are looked through and sorted: all of them, a folder, a tag, the archive, the trash.
What can be done to those that are selected there: `views/shelves.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from chat.models import Conversation, Folder, Tag
from chat.models.conversation import ConversationQuerySet

PAGE_ROWS = 50
_IN_ORDER = Prefetch("tags", Tag.objects.order_by("key"))


@dataclass(frozen=True, slots=True)
class Shelf:
    """`moment` is the time that its conversations are ordered by. `acts` are what it offers for those selected, by
    their names; `purpose` says what the place is for."""

    title: str
    purpose: str
    address: str
    conversations: ConversationQuerySet
    acts: tuple[str, ...]
    moment: str = "active_at"
    folder: Folder | None = None

    def page(self, below: tuple[datetime, UUID] | None) -> ShelfPage:
        rows = self.conversations if below is None else self.conversations.below(*below, by=self.moment)
        found = list(shown(rows)[: PAGE_ROWS + 1])
        last = found[PAGE_ROWS - 1] if len(found) > PAGE_ROWS else None
        return ShelfPage(found[:PAGE_ROWS], (getattr(last, self.moment), last.id) if last else None)


@dataclass(frozen=True, slots=True)
class ShelfPage:
    """`next` is the place that the page below begins at, if there is one."""

    rows: list[Conversation]
    next: tuple[datetime, UUID] | None


@dataclass(frozen=True, slots=True)
class Labels:
    """What a conversation is sorted by."""

    folder: Folder | None
    tags: list[Tag]


def shown(conversations: ConversationQuerySet) -> ConversationQuerySet:
    """With what their rows show, in two queries for any number."""
    return (
        conversations.select_related("folder", "owner__preferences")
        .prefetch_related(_IN_ORDER)
        .defer("settings", "metadata", "summary")
    )


def labels_of(conversation: Conversation) -> Labels:
    folder = conversation.folder
    return Labels(folder if folder and folder.deleted_at is None else None, list(conversation.tags.order_by("key")))


def all_conversations(owner: User) -> Shelf:
    return Shelf(
        title=_("All conversations"),
        purpose=_("Your conversations stand here, to be sorted several at a time."),
        address=reverse("conversations_manage"),
        conversations=Conversation.objects.visible_to(owner).listed(),
        acts=("pin", "unpin", "folder", "tag", "archive", "trash"),
    )


def in_folder(owner: User, folder: Folder) -> Shelf:
    return Shelf(
        title=folder.name,
        purpose=_("This folder is empty. Move a conversation here by its menu, or several from all conversations."),
        address=reverse("folder", args=[folder.id]),
        conversations=Conversation.objects.visible_to(owner).listed().filter(folder=folder),
        acts=("pin", "unpin", "folder", "tag", "archive", "trash"),
        folder=folder,
    )


def with_tag(owner: User, tag: Tag) -> Shelf:
    return Shelf(
        title=tag.name,
        purpose=_("No conversation has this tag now, but for those in the archive or in the trash."),
        address=reverse("tag", args=[tag.id]),
        conversations=Conversation.objects.visible_to(owner).listed().filter(tags=tag),
        acts=("pin", "unpin", "folder", "tag", "archive", "trash"),
    )


def archive(owner: User) -> Shelf:
    return Shelf(
        title=_("Archive"),
        purpose=_("Conversations that you archive stand here instead of in the list. Nothing of them is deleted."),
        address=reverse("archive"),
        conversations=Conversation.objects.visible_to(owner).archived(),
        acts=("unarchive", "folder", "tag", "trash"),
        moment="archived_at",
    )


def trash(owner: User) -> Shelf:
    return Shelf(
        title=_("Trash"),
        purpose=ngettext(
            "Deleted conversations stay here for %(days)s day, then they are gone for good.",
            "Deleted conversations stay here for %(days)s days, then they are gone for good.",
            settings.TRASH_DAYS,
        )
        % {"days": settings.TRASH_DAYS},
        address=reverse("trash"),
        conversations=Conversation.objects.visible_to(owner).in_trash(),
        acts=("restore", "delete"),
        moment="trashed_at",
    )
