"""Files of imported messages: read and stored before their conversation is, since that takes time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile

from django.conf import settings
from django.core.files.base import File
from django.utils.translation import gettext as _

from accounts.models import User
from chat.actions.attachments import copy_attachments, delete_unused_file, store_file
from chat.actions.guarding import Refused, require_passable
from chat.attachments.names import clean_name
from chat.attachments.reading import Busy, read_file
from chat.imports.conversation import ImportedFile, ImportedMessage
from chat.imports.files import Members
from chat.imports.report import Report
from chat.models import Attachment
from convoscope.errors import ValidationFailed

# All files of an import together: they hardly pack, so that more is made to fill a disk.
STORED_TIMES = 2
# What all documents of one conversation say is in memory until it is stored.
TEXT_MAX_CHARS = 50_000_000
# Others may be reading at the same time; the import has time.
WAIT_S = 120.0
IN_MEMORY_BYTES = 2**20


class ImportedFiles:
    """Those of one import. A file that several messages have is stored once."""

    def __init__(self, owner: User, members: Members, report: Report, on_progress: Callable[[], None]) -> None:
        self._owner, self._members, self._report = owner, members, report
        self._on_progress = on_progress
        # By the name in the ZIP file that in the storage, blank for what can't be taken; and those of this
        # conversation.
        self._known: dict[str, str] = {}
        self._new: dict[str, Attachment] = {}
        self._stored: list[str] = []
        self._left_bytes = STORED_TIMES * settings.IMPORT_MAX_BYTES
        self._left_chars = 0

    def of(self, where: str, messages: Iterable[ImportedMessage]) -> dict[str, list[Attachment]]:
        """Rows by message, which are to be stored within `forgotten`."""
        self._new, self._left_chars = {}, TEXT_MAX_CHARS
        found: dict[str, list[Attachment]] = {}
        for message in messages:
            for place, file in enumerate(message.files):
                kept = self._file(where, file) if place < settings.MESSAGE_MAX_FILES else None
                row = copy_attachments([kept])[0] if kept else _named(self._owner, file)
                row.name, row.position = clean_name(file.name or row.name), place
                if file.created_at:
                    row.created_at = file.created_at
                found.setdefault(message.id, []).append(row)
        return found

    @contextmanager
    def forgotten(self) -> Iterator[None]:
        """Where storing them fails, delete the files that no row came to name."""
        is_stored = False
        try:
            yield
            is_stored = True
        finally:
            if not is_stored:
                for file in self._stored:
                    delete_unused_file(file)

    def _file(self, where: str, file: ImportedFile) -> Attachment | None:
        """None for what isn't there or can't be taken, which the report says."""
        if file.content is not None:
            return self._store(where, file, iter([file.content]))
        entry = self._members.find(file.member)
        if entry is None:
            return None
        if entry.filename not in self._known:
            named = file if file.name else ImportedFile(entry.filename)
            kept = self._store(where, named, self._members.read(entry))
            self._known[entry.filename] = kept.file if kept else ""
            if kept:
                self._new[entry.filename] = kept
        return self._new.get(entry.filename) or self._earlier(self._known[entry.filename])

    def _earlier(self, file: str) -> Attachment | None:
        """What a conversation before had, whose text isn't held in memory."""
        return Attachment.objects.filter(owner=self._owner, file=file).first() if file else None

    def _store(self, where: str, file: ImportedFile, chunks: Iterator[bytes]) -> Attachment | None:
        name = clean_name(file.name)
        self._on_progress()
        try:
            with SpooledTemporaryFile(IN_MEMORY_BYTES, dir=settings.FILE_UPLOAD_TEMP_DIR) as copy:
                found = read_file(_copied(chunks, copy), name=name, wait_s=WAIT_S)
                self._require_passable(name, found.text)
                if found.size_bytes > self._left_bytes or len(found.text) > self._left_chars:
                    raise ValidationFailed(_("The files are too large together, so this one was left out."))
                self._left_bytes -= found.size_bytes
                self._left_chars -= len(found.text)
                stored = store_file(owner=self._owner, name=name, found=found, original=File(copy))
                self._stored.append(stored.file)
                return stored
        except (Busy, ValidationFailed) as exc:
            self._report.say(where, exc.user_message)
            return None

    def _require_passable(self, name: str, text: str) -> None:
        """Raises: ValidationFailed for what a policy refuses."""
        try:
            require_passable([Attachment(name=name, text=text)], owner_id=self._owner.id)
        except Refused as exc:
            words = _("The file %(name)s was left out, since a policy refuses what it says; its name is kept.")
            raise ValidationFailed(words % {"name": name}) from exc


def _copied(chunks: Iterator[bytes], copy: SpooledTemporaryFile[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        copy.write(chunk)
        yield chunk


def _named(owner: User, file: ImportedFile) -> Attachment:
    """One of which the name alone is known."""
    kind = Attachment.Kind.IMAGE if file.is_image else Attachment.Kind.DOCUMENT
    return Attachment(owner=owner, name=file.name, kind=kind, size_bytes=file.size_bytes)
