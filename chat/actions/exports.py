"""Archives of a person's conversations: asked for, made in the background, deleted when they expire."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from tempfile import TemporaryFile
from typing import IO
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from kombu.exceptions import OperationalError

from accounts.actions.audit import record
from accounts.actions.privacy_mail import send_data_mail
from accounts.models import User
from chat.exports.archive import write_archive, write_everything
from chat.models import Conversation, ConversationExport
from convoscope.background import Deeds, time_is_up

logger = logging.getLogger(__name__)

KEPT = timedelta(days=7)
# Older ones make room for a new one.
KEPT_OF_A_PERSON = 3
MAX_ATTEMPTS = 3
Format = ConversationExport.Format
TELL_S = 1.0
# Its message was lost if nobody took it up by then.
QUEUED_FOR = timedelta(minutes=1)


class ExportLost(Exception):
    """Another process has taken it up, or it was deleted with its owner. Seen by nobody: who works on it stops."""


def request_export(*, owner: User, format: str) -> ConversationExport:
    """Have an archive made. A person has one at a time: while that is being made, it is what they get."""
    try:
        with transaction.atomic():
            export = ConversationExport.objects.create(owner=owner, format=format)
            older = ConversationExport.objects.visible_to(owner).exclude(id=export.id).order_by("-id")
            ConversationExport.objects.filter(
                id__in=list(older.values_list("id", flat=True)[KEPT_OF_A_PERSON - 1 :])
            ).delete()
            if format == Format.EVERYTHING:
                record("data.requested", by=owner, on=export, concerns=owner)
    except IntegrityError:
        # Its making may have ended meanwhile.
        return ConversationExport.objects.visible_to(owner).latest("id")
    transaction.on_commit(lambda: _queue(export))
    return export


def build_export(export_id: UUID) -> Deeds:
    """Make an archive, unless somebody else does. Killed at any point, and run again, it makes the same one."""
    export = _take(export_id)
    if export is None:
        return {}
    with override(export.owner.language):
        return _build(export)


def _build(export: ConversationExport) -> Deeds:
    try:
        with TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
            _write(file, export)
            size_bytes = file.tell()
            file.seek(0)
            default_storage.save(export.file, File(file))
        _finish(export, size_bytes)
        if export.format == Format.EVERYTHING:
            send_data_mail(export.owner, reverse("export_download", args=[export.id]), kept_days=KEPT.days)
    except ExportLost:
        default_storage.delete(export.file)
        return {"discarded_or_taken_up_elsewhere": 1}
    except OSError as exc:
        logger.error("build_export %s: %s", export.id, exc)
        default_storage.delete(export.file)
        words = _("The server couldn't write the file, so none was kept: its disk may be full. Tell its administrator.")
        fail_export(export.id, words)
        return {"not_written": 1}
    return {"made": 1}


def _write(file: IO[bytes], export: ConversationExport) -> None:
    tell, at, owner = _teller(export), export.requested_at, export.owner
    if export.format == Format.EVERYTHING:
        write_everything(file, owner, exported_at=at, on_progress=tell)
    else:
        is_markdown = export.format == Format.MARKDOWN
        write_archive(file, owner, has_markdown=is_markdown, exported_at=at, on_progress=tell)


def fail_export(export_id: UUID, error: str = "") -> None:
    unfinished = ConversationExport.objects.unfinished().filter(id=export_id)
    with override(unfinished.values_list("owner__language", flat=True).first()):
        ours = _("Something went wrong on our side, so no file was made. Nothing of yours is lost; try again.")
    unfinished.update(status=ConversationExport.Status.FAILED, error=error or ours, finished_at=timezone.now())


def lost_exports() -> list[UUID]:
    """Those that nobody works on although they were asked for a while ago."""
    asked = ConversationExport.objects.takeable().filter(requested_at__lt=timezone.now() - QUEUED_FOR)
    return list(asked.values_list("id", flat=True)[:100])


def purge_exports() -> int:
    """Delete the archives whose time is over, with their files. Returns how many."""
    now = timezone.now()
    is_over = Q(expires_at__lt=now) | Q(status=ConversationExport.Status.FAILED, finished_at__lt=now - KEPT)
    return ConversationExport.objects.filter(is_over).delete()[0]


def _queue(export: ConversationExport) -> None:
    """A lost message is found by the sweep."""
    from chat.tasks import build_export as task  # tasks call actions; here an action queues one

    try:
        task.delay(str(export.id))
    except OperationalError as exc:
        logger.warning("export %s waits for the sweep: the broker is gone (%s)", export.id, exc)


def _take(export_id: UUID) -> ConversationExport | None:
    """Claim it for this process, under a new name of its file; None if somebody has it, or too many had."""
    with transaction.atomic():
        export = ConversationExport.objects.takeable().select_for_update().filter(id=export_id).first()
        if export is None:
            return None
        if export.file:
            # What a process that died may have saved half of.
            default_storage.delete(export.file)
        if export.attempt >= MAX_ATTEMPTS:
            fail_export(export_id)
            return None
        export.attempt += 1
        export.status = ConversationExport.Status.RUNNING
        export.alive_at = timezone.now()
        export.file = f"exports/{export.owner_id}/{secrets.token_urlsafe(24)}.zip"
        conversations = Conversation.objects.visible_to(export.owner)
        if export.format != Format.EVERYTHING:
            conversations = conversations.archivable()
        export.done, export.total = 0, conversations.count()
        export.save()
    return export


def _teller(export: ConversationExport) -> Callable[[int], None]:
    """Says at most each second how far it is, and notices when its time is up or it isn't this process's any more."""
    told_at = time.monotonic()

    def tell(done: int) -> None:
        nonlocal told_at
        if time_is_up():
            raise SoftTimeLimitExceeded
        if time.monotonic() - told_at >= TELL_S:
            told_at = time.monotonic()
            _update(export, done=done, alive_at=timezone.now())

    return tell


def _finish(export: ConversationExport, size_bytes: int) -> None:
    now = timezone.now()
    ready = ConversationExport.Status.READY
    _update(export, status=ready, done=export.total, size_bytes=size_bytes, finished_at=now, expires_at=now + KEPT)


def _update(export: ConversationExport, **fields: object) -> None:
    """Raises: ExportLost."""
    held = ConversationExport.objects.filter(
        id=export.id, attempt=export.attempt, status=ConversationExport.Status.RUNNING
    )
    if not held.update(**fields):
        raise ExportLost
