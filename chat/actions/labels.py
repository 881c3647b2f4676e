"""Folders and tags: made, renamed, taken away and brought back. What is put into them: `organising.py`."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions.people import hold
from accounts.models import User
from chat import events
from chat.actions.text import clean_line
from chat.models import Folder, Tag
from convoscope.errors import ValidationFailed

FOLDER_MAX_CHARS = 100
TAG_MAX_CHARS = 50
# They are all shown at once, in the sidebar and in dialogs.
LABELS_MAX = 200


def create_folder(*, owner: User, name: str) -> Folder:
    """Raises: ValidationFailed for a name that is blank, too long or taken, and beyond LABELS_MAX."""
    name = _folder_name(name)
    folder = Folder(owner=owner, name=name, key=name.casefold())
    with transaction.atomic():
        hold(owner)
        if Folder.objects.visible_to(owner).count() >= LABELS_MAX:
            raise ValidationFailed(
                _("You have %(limit)s folders, which is the limit. Delete one first.") % {"limit": LABELS_MAX},
                field="name",
            )
        _save_folder(folder)
    events.sidebar_changed(owner.id)
    return folder


def rename_folder(*, folder: Folder, name: str) -> None:
    """Raises: ValidationFailed for a name that is blank, too long or taken."""
    folder.name = _folder_name(name)
    folder.key = folder.name.casefold()
    _save_folder(folder)
    events.sidebar_changed(folder.owner_id)


def delete_folder(*, folder: Folder) -> None:
    """Take it away; its conversations stay. `restore_folder` brings it back with them."""
    Folder.objects.filter(id=folder.id).update(deleted_at=timezone.now())
    events.sidebar_changed(folder.owner_id)


def restore_folder(*, folder: Folder) -> None:
    """Raises: ValidationFailed if another folder took its name meanwhile."""
    folder.deleted_at = None
    _save_folder(folder)
    events.sidebar_changed(folder.owner_id)


def tags_named(*, owner: User, names: list[str]) -> list[Tag]:
    """The owner's tags of these names, made where there are none. For a transaction of who uses them.

    Raises: ValidationFailed for a name that is blank or too long, and beyond LABELS_MAX.
    """
    wanted = {name.casefold(): name for name in map(_tag_name, names)}
    hold(owner)
    # Held as well: one may go with its last conversation just now, and is made anew.
    held = Tag.objects.filter(owner=owner, key__in=wanted).select_for_update(no_key=True).order_by("id")
    known = set(held.values_list("key", flat=True))
    new = [Tag(owner=owner, name=name, key=key) for key, name in wanted.items() if key not in known]
    if new and Tag.objects.filter(owner=owner).count() + len(new) > LABELS_MAX:
        raise ValidationFailed(
            _("You would have more than %(limit)s tags. Take one off the conversations that have it first.")
            % {"limit": LABELS_MAX},
            field="new",
        )
    Tag.objects.bulk_create(new)
    return list(Tag.objects.filter(owner=owner, key__in=wanted))


def drop_unused_tags(owner_id: UUID) -> None:
    """For the caller's transaction."""
    unused = Tag.objects.filter(owner_id=owner_id, conversations=None)
    held = list(unused.select_for_update(of=("self",)).order_by("id").values_list("id", flat=True))
    # Until it was held, another conversation may have been given it.
    unused.filter(id__in=held).delete()


def _save_folder(folder: Folder) -> None:
    """Raises: ValidationFailed if its name is taken."""
    try:
        with transaction.atomic():
            folder.save()
    except IntegrityError as exc:
        raise ValidationFailed(
            _("You have a folder named “%(name)s” already.") % {"name": folder.name}, field="name"
        ) from exc


def _folder_name(raw: str) -> str:
    name = clean_line(raw, max_chars=FOLDER_MAX_CHARS + 1)
    if not name:
        raise ValidationFailed(_("Please enter a name"), field="name")
    if len(name) > FOLDER_MAX_CHARS:
        raise ValidationFailed(
            _("A folder's name has at most %(limit)s characters.") % {"limit": FOLDER_MAX_CHARS}, field="name"
        )
    return name


def _tag_name(raw: str) -> str:
    name = clean_line(raw, max_chars=TAG_MAX_CHARS + 1)
    if not name:
        raise ValidationFailed(_("Please enter a tag"), field="new")
    if len(name) > TAG_MAX_CHARS:
        raise ValidationFailed(_("A tag has at most %(limit)s characters.") % {"limit": TAG_MAX_CHARS}, field="new")
    return name
