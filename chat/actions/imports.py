"""Files of conversations: brought, looked through in the background, imported once their owner says so, deleted."""

from __future__ import annotations

import logging
import secrets
import time
from contextlib import nullcontext, suppress
from datetime import timedelta
from functools import partial
from typing import IO, Any
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from kombu.exceptions import OperationalError

from accounts.models import User
from chat import events
from chat.actions.forks import COPIED_AT_ONCE
from chat.actions.imported import import_conversation, is_known, known_ids, title_of
from chat.actions.imported_files import ImportedFiles
from chat.actions.imported_guarding import guarded
from chat.imports.files import Members, total_bytes
from chat.imports.products import PRODUCTS
from chat.imports.reading import Read, conversations_in
from chat.imports.report import Report, Tell
from chat.models import ConversationImport
from convoscope.background import Deeds, time_is_up
from convoscope.batches import batched
from convoscope.errors import ValidationFailed

logger = logging.getLogger(__name__)

KEPT = timedelta(days=7)
MAX_ATTEMPTS = 5
TELL_S = 1.0
# Its message was lost if nobody took it up by then.
QUEUED_FOR = timedelta(minutes=1)
LOOKED_UP_AT_ONCE = 200

Status = ConversationImport.Status


class ImportLost(Exception):
    """Another process has taken it up, or its owner discarded it. Seen by nobody: who works on it stops."""


def request_import(*, owner: User, upload: File[Any]) -> ConversationImport:
    """Keep a file and have it looked through.

    Raises: ValidationFailed if another one of its owner's is open.
    """
    name = default_storage.save(f"imports/{owner.id}/{secrets.token_urlsafe(24)}", upload)
    try:
        with transaction.atomic():
            brought = ConversationImport.objects.create(
                owner=owner,
                name=(upload.name or "")[-200:],
                file=name,
                size_bytes=upload.size,
                expires_at=timezone.now() + KEPT,
            )
    except IntegrityError as exc:
        default_storage.delete(name)
        raise ValidationFailed(
            _("You have a file open already. Import or discard it first; this one was not kept."), field="file"
        ) from exc
    transaction.on_commit(lambda: _queue(brought))
    return brought


def confirm_import(*, brought: ConversationImport) -> None:
    """Have it imported; nothing happens unless it waits for that."""
    waiting = ConversationImport.objects.filter(id=brought.id, status=Status.PREVIEWED)
    total = brought.report.get("new", 0) + brought.report.get("known", 0)
    if waiting.update(status=Status.RUNNING, attempt=0, alive_at=None, done=0, total=total):
        transaction.on_commit(lambda: _queue(brought))


def discard_import(*, brought: ConversationImport) -> None:
    """Delete it with its file; what is being imported is not to be stopped half-way."""
    ConversationImport.objects.filter(id=brought.id).exclude(status=Status.RUNNING).delete()


def work_on_import(import_id: UUID) -> Deeds:
    """Look a file through, or import it, unless somebody else does. Killed at any point, and run again, it comes to the
    same."""
    brought = _take(import_id)
    if brought is None:
        return {}
    with override(brought.owner.language):
        return _work(brought)


def _work(brought: ConversationImport) -> Deeds:
    report = Report()
    try:
        with default_storage.open(brought.file) as file:
            if brought.status == Status.UPLOADED:
                _look_through(brought, file, report)
            elif not _import(brought, file, report):
                return {"out_of_time": 1}
    except ImportLost:
        return {"discarded_or_taken_up_elsewhere": 1}
    except ValidationFailed as exc:
        _fail(brought, exc.user_message)
        return {"refused": 1}
    except OSError as exc:
        logger.error("work_on_import %s: %s", brought.id, exc)
        _fail(brought, _("The server couldn't read the file. Upload it again, or tell its administrator."))
        return {"not_read": 1}
    return {"looked_through": 1} if brought.status == Status.UPLOADED else {"imported": 1}


def fail_import(import_id: UUID) -> None:
    """What was imported whole until then stays."""
    brought = ConversationImport.objects.in_work().filter(id=import_id).first()
    if brought is not None:
        with override(brought.owner.language):
            _fail(brought, _("Something went wrong on our side. What was imported is kept; upload the file again."))


def lost_imports() -> list[UUID]:
    """Those that nobody works on although they wait for a while."""
    waiting = ConversationImport.objects.takeable().filter(created_at__lt=timezone.now() - QUEUED_FOR)
    return list(waiting.values_list("id", flat=True)[:100])


def purge_imports() -> int:
    """Delete those whose time is over, with their files. Returns how many."""
    over = ConversationImport.objects.filter(expires_at__lt=timezone.now()).exclude(status=Status.RUNNING)
    return over.delete()[1].get("chat.ConversationImport", 0)


def _queue(brought: ConversationImport) -> None:
    """A lost message is found by the sweep."""
    from chat.tasks import work_on_import as task  # tasks call actions; here an action queues one

    try:
        task.delay(str(brought.id))
    except OperationalError as exc:
        logger.warning("import %s waits for the sweep: the broker is gone (%s)", brought.id, exc)


def _take(import_id: UUID) -> ConversationImport | None:
    """Claim it for this process; None if somebody has it, or too many had."""
    with transaction.atomic():
        takeable = ConversationImport.objects.takeable().select_for_update()
        brought = takeable.filter(id=import_id).first()
        if brought is None:
            return None
        if brought.attempt >= MAX_ATTEMPTS:
            fail_import(import_id)
            return None
        brought.attempt += 1
        brought.alive_at = timezone.now()
        brought.save(update_fields=["attempt", "alive_at"])
    return brought


def _look_through(brought: ConversationImport, file: IO[bytes], report: Report) -> None:
    """Read it as an import would, and store nothing."""
    _update(brought, total=total_bytes(file, brought.size_bytes))
    for reads in batched(conversations_in(file, report, _teller(brought)), LOOKED_UP_AT_ONCE):
        known = _known(brought, reads)
        for read in reads:
            if (read.product, read.conversation.source_id) in known:
                report.known += 1
            else:
                kept = _guarded(read, brought)
                report.add_new(kept.where, title_of(kept), kept.notes, PRODUCTS[kept.product].label)
    _update(brought, status=Status.PREVIEWED, alive_at=None, report=report.as_json())


def _import(brought: ConversationImport, file: IO[bytes], report: Report) -> bool:
    """Each conversation in transactions of its own, which this process may only end while the import is its own. False
    where its time was up first: then it is free to be taken up, with at least one conversation more."""
    told_at = 0.0
    reading = ImportedFiles(brought.owner, Members(file), report, lambda: _update(brought, alive_at=timezone.now()))
    for done, found in enumerate(conversations_in(file, report, lambda _done: None), 1):
        read = _guarded(found, brought)
        is_new = not is_known(read=read, brought_by=brought)
        with reading.forgotten():
            files = reading.of(read.where, read.tree.messages) if is_new else {}
            hold = partial(_note_done, brought, done)
            hold()
            # Most are short, and need no more than one commit.
            is_short = len(read.tree.messages) <= COPIED_AT_ONCE
            with transaction.atomic() if is_short else nullcontext():
                import_conversation(read=read, files=files, brought_by=brought, report=report, hold=hold)
        if time.monotonic() - told_at >= TELL_S:
            told_at = time.monotonic()
            events.sidebar_changed(brought.owner_id)
        if time_is_up():
            _update(brought, alive_at=None)
            return False
    _close(brought, status=Status.READY, report=report.as_json(), done=brought.total)
    events.sidebar_changed(brought.owner_id)
    return True


def _guarded(read: Read, brought: ConversationImport) -> Read:
    return guarded(read, owner_id=brought.owner_id, on_progress=lambda: _update(brought, alive_at=timezone.now()))


def _known(brought: ConversationImport, reads: list[Read]) -> set[tuple[str, str]]:
    by_product: dict[str, list[str]] = {}
    for read in reads:
        by_product.setdefault(read.product, []).append(read.conversation.source_id)
    return {
        (product, one)
        for product, ids in by_product.items()
        for one in known_ids(owner=brought.owner, product=product, source_ids=ids)
    }


def _teller(brought: ConversationImport) -> Tell:
    """Says at most each second how far it is, and notices when it isn't this process's any more, or its time is up:
    begun anew, it would take as long."""
    told_at = time.monotonic()

    def tell(done: int) -> None:
        nonlocal told_at
        if time_is_up():
            raise ValidationFailed(_("It takes too long to look through this file. Split it, and bring the parts."))
        if time.monotonic() - told_at >= TELL_S:
            told_at = time.monotonic()
            _update(brought, done=done, alive_at=timezone.now())

    return tell


def _fail(brought: ConversationImport, error: str) -> None:
    with suppress(ImportLost):
        _close(brought, status=Status.FAILED, error=error)


def _note_done(brought: ConversationImport, done: int) -> None:
    """Raises: ImportLost."""
    _update(brought, done=done, alive_at=timezone.now())


def _close(brought: ConversationImport, **fields: object) -> None:
    """The file isn't needed any more. Raises: ImportLost."""
    _update(brought, file="", alive_at=None, **fields)
    transaction.on_commit(lambda: default_storage.delete(brought.file), robust=True)


def _update(brought: ConversationImport, **fields: object) -> None:
    """Raises: ImportLost."""
    held = ConversationImport.objects.filter(id=brought.id, attempt=brought.attempt, status=brought.status)
    if not held.update(**fields):
        raise ImportLost
