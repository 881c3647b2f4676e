"""Files attached to messages: kept while they wait, given to a message, copied with it, deleted."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.actions.people import hold
from accounts.limits import counted, give_back
from accounts.models import User
from chat.attachments import words
from chat.attachments.names import clean_name
from chat.attachments.reading import ReadFile, read_file, require_size
from chat.models import Attachment, Message
from chat.models.attachment import SENT, THUMBNAIL
from chat.retention import unheld
from convoscope.background import time_is_up
from convoscope.encrypted_fields import without_content
from convoscope.errors import AppError, ValidationFailed
from providers.tokens import count_text_tokens

logger = logging.getLogger(__name__)

# How many may wait to be sent at once, in all of a person's pages, and for how long
MAX_WAITING = 100
WAITING_KEPT = timedelta(hours=24)
PURGED_AT_ONCE = 100


class NotStored(AppError):
    """The storage took no file, which is no fault of the file's. Seen by who attached it."""

    http_status = 503


def create_attachment(*, owner: User, upload: File[Any]) -> Attachment:
    """Read a file, and keep it until it is sent. Counts as a request.

    Raises: ValidationFailed for what can't be taken, with what to do; LimitReached; reading.Busy; NotStored. Nothing is
    kept then.
    """
    name = clean_name(upload.name or "")
    require_size(name, upload.size)
    _require_room(owner)
    with counted(owner):
        try:
            found = read_file(upload.chunks(), name=name, wait_s=settings.ATTACHMENT_WAIT_SECONDS)
            attachment = store_file(owner=owner, name=name, found=found, original=upload)
        except OSError as exc:
            logger.error("a file couldn't be stored: %s", exc)
            raise NotStored(words.not_stored(name)) from exc
        try:
            with transaction.atomic():
                hold(owner)
                # Others may have come while it was read.
                _require_room(owner)
                attachment.save(force_insert=True)
        except (DatabaseError, ValidationFailed):
            delete_file(attachment.file)
            raise
    return attachment


def _require_room(owner: User) -> None:
    """Raises: ValidationFailed if as many wait as may."""
    if Attachment.objects.waiting().filter(owner=owner).count() >= MAX_WAITING:
        raise ValidationFailed(
            _("You have %(count)s files that wait to be sent. Send or remove some of them first.")
            % {"count": MAX_WAITING},
            field="file",
        )


def store_file(*, owner: User, name: str, found: ReadFile, original: File[Any]) -> Attachment:
    """Put what was read into the storage. The row isn't stored yet: whoever doesn't store it deletes the file."""
    original.seek(0)
    file = f"attachments/{owner.id}/{secrets.token_hex(16)}"
    try:
        default_storage.save(file, original)
        if found.sent:
            default_storage.save(file + SENT, ContentFile(found.sent))
            default_storage.save(file + THUMBNAIL, ContentFile(found.thumbnail))
    except OSError:
        delete_file(file)
        raise
    return Attachment(
        owner=owner,
        name=name,
        kind=found.kind,
        media_type=found.media_type,
        size_bytes=found.size_bytes,
        sha256=found.sha256,
        file=file,
        text=found.text,
        text_tokens=count_text_tokens(found.text) if found.text else 0,
        width=found.width,
        height=found.height,
    )


def delete_attachment(*, attachment: Attachment) -> None:
    """Raises: ValidationFailed for one that was sent: it goes with its message."""
    with transaction.atomic():
        waiting = Attachment.objects.waiting().select_for_update().filter(id=attachment.id).first()
        if waiting is None:
            raise ValidationFailed(_("This file was sent already. Delete or edit its message instead."))
        waiting.delete()


def take_attachments(*, owner: User, ids: Sequence[UUID]) -> list[Attachment]:
    """Those that wait, in this order, locked for the caller's transaction.

    Raises: ValidationFailed where one of them isn't there, isn't theirs or was sent.
    """
    waiting = Attachment.objects.waiting().select_for_update().filter(owner=owner, id__in=ids)
    found = {one.id: one for one in waiting}
    if len(found) != len(ids):
        raise ValidationFailed(
            _(
                "A file of this message isn't there any more: it was removed, sent already, or waited for over a day. "
                "Your text is kept. Remove the file, attach it again and send."
            ),
            field="attachments",
        )
    return [found[one] for one in ids]


def store_attached(attached: list[Attachment], message: Message) -> None:
    """Give them to it, in this order: those that waited, and copies."""
    for position, one in enumerate(attached):
        one.message, one.position = message, position
    Attachment.objects.bulk_create([one for one in attached if one._state.adding])
    Attachment.objects.bulk_update([one for one in attached if not one._state.adding], ["message", "position"])


def content_marks(*, owner: User, ids: Sequence[UUID]) -> list[str]:
    """What a file brought again has in common with the first, in this order; of one that isn't there its id."""
    rows = Attachment.objects.filter(owner=owner, id__in=ids).values_list("id", "sha256", "name")
    marks = {row_id: f"{sha256} {name}" for row_id, sha256, name in rows}
    return [marks.get(one, str(one)) for one in ids]


def upload_mark(upload: File[Any]) -> str:
    """That of `content_marks`, of a file that isn't kept yet."""
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    return f"{digest.hexdigest()} {clean_name(upload.name or '')}"


def delete_repeated(*, owner: User, ids: Sequence[UUID]) -> None:
    """Those that a submit brought again: its message has the first ones, which wait no more. They count no more."""
    with transaction.atomic():
        waiting = Attachment.objects.waiting().select_for_update().filter(owner=owner, id__in=ids)
        repeated = list(waiting.values_list("id", flat=True))
        delete_rows(Attachment.objects.filter(id__in=repeated))
    for _one in repeated:
        give_back(owner)


def copy_attachments(rows: Iterable[Attachment], **belonging: object) -> list[Attachment]:
    """Rows of their own that name the same files, not stored yet, with `belonging` for what differs."""
    fields = [one.attname for one in Attachment._meta.concrete_fields if one.attname != "id"]
    return [Attachment(**{name: getattr(one, name) for name in fields} | belonging, id=uuid7()) for one in rows]


def copy_to_messages(new_ids: Mapping[UUID, UUID]) -> dict[UUID, list[Attachment]]:
    """Copies for the messages that are copied, by the new message; `new_ids` has that for each of the old."""
    originals = Attachment.objects.filter(message__in=new_ids).select_for_update().in_order()
    copies: dict[UUID, list[Attachment]] = {}
    for original in originals:
        assert original.message_id is not None
        new_id = new_ids[original.message_id]
        copies.setdefault(new_id, []).extend(copy_attachments([original], message_id=new_id))
    return copies


def purge_waiting() -> int:
    """Delete what waited for too long. Returns how many."""
    old, purged = unheld(Attachment.objects.waiting().filter(created_at__lt=timezone.now() - WAITING_KEPT)), 0
    while not time_is_up():
        with transaction.atomic():
            ids = list(old.select_for_update(skip_locked=True).values_list("id", flat=True)[:PURGED_AT_ONCE])
            delete_rows(Attachment.objects.filter(id__in=ids))
        purged += len(ids)
        if not ids:
            break
    return purged


def delete_rows(rows: QuerySet[Attachment]) -> None:
    """For their files each is read before it goes. What documents say isn't, nor where they go with something."""
    without_content(rows).delete()


def delete_unused_file(file: str) -> None:
    """Once no row names it any more."""
    if file and not Attachment.objects.filter(file=file).exists():
        delete_file(file)


def delete_file(file: str) -> None:
    for name in (file, file + SENT, file + THUMBNAIL):
        with suppress(FileNotFoundError):
            default_storage.delete(name)


def require_count(ids: Collection[object]) -> None:
    """Raises: ValidationFailed for more than one message takes."""
    if len(ids) > settings.MESSAGE_MAX_FILES:
        raise ValidationFailed(
            _("A message takes %(limit)s files, and this one has %(count)s. Remove some, or send them in parts.")
            % {"limit": settings.MESSAGE_MAX_FILES, "count": len(ids)},
            field="attachments",
        )


def attachments_of(message: Message) -> list[Attachment]:
    return list(message.attachments.order_by("position"))
