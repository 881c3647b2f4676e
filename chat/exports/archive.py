"""All conversations of a person, or one with its files, in one ZIP file, written one after the other."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.core.files.storage import default_storage
from django.utils.translation import ngettext

from accounts.models import User
from accounts.privacy.exporting import account_files
from chat.exports.document import conversation_json, document_head, encode, member_of
from chat.exports.markdown import conversation_markdown
from chat.exports.names import file_name
from chat.exports.reading import attachments_in, waiting_of
from chat.models import Attachment, Conversation
from chat.models.conversation import ConversationQuerySet
from convoscope.encrypted_content import Unreadable, marked_pieces

FORMAT = "convoscope.archive"
VERSION = 1
# What ZIP can say of a time; an imported conversation may be of any.
FIRST_YEAR, LAST_YEAR = 1980, 2107


def write_archive(
    file: IO[bytes], owner: User, *, has_markdown: bool, exported_at: datetime, on_progress: Callable[[int], None]
) -> None:
    """The same conversations give the same bytes. `on_progress` is told after each piece how many are done; what it
    raises ends the writing."""
    with ZipFile(file, "w", ZIP_DEFLATED) as opened:
        archive = _Archive(opened, exported_at, on_progress)
        for conversation in _each(Conversation.objects.visible_to(owner).archivable()):
            archive.add(conversation, has_markdown=has_markdown)
        archive.finish()


def write_everything(
    file: IO[bytes], owner: User, *, exported_at: datetime, on_progress: Callable[[int], None]
) -> None:
    """Also what is in the trash, temporary or waiting to be sent, and beside the conversations what the register of
    personal data names."""
    with ZipFile(file, "w", ZIP_DEFLATED) as opened:
        archive = _Archive(opened, exported_at, on_progress)
        for conversation in _each(Conversation.objects.visible_to(owner)):
            archive.add(conversation, has_markdown=False)
        archive.add_files(waiting_of(owner))
        for name, pieces in account_files(owner.id):
            archive.add_file(name, pieces)
        archive.finish()


def conversation_archive(conversation: Conversation, *, exported_at: datetime) -> Iterator[bytes]:
    """One conversation with its files, in the form of the archive of all, piece by piece."""
    out = _Pipe()
    with ZipFile(out, "w", ZIP_DEFLATED) as opened:
        archive = _Archive(opened, exported_at, lambda _done: None)
        # Closed before the archive, where whoever reads it goes away.
        with closing(archive.adding(conversation, has_markdown=False)) as steps:
            for _step in steps:
                yield from out.taken()
        archive.finish()
    yield from out.taken()


class _Pipe:
    """What is written to it is taken out at the other end; it can't be sought in."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def taken(self) -> Iterator[bytes]:
        pieces, self._pieces = self._pieces, []
        if data := b"".join(pieces):
            yield data


class _Archive:
    def __init__(self, opened: ZipFile, exported_at: datetime, on_progress: Callable[[int], None]) -> None:
        self._opened, self._exported_at, self._on_progress = opened, exported_at, on_progress
        self._entries: list[dict[str, Any]] = []
        self._files: set[str] = set()
        self._unreadable: set[str] = set()

    def add(self, conversation: Conversation, *, has_markdown: bool) -> None:
        for _piece in self.adding(conversation, has_markdown=has_markdown):
            self._on_progress(len(self._entries))
        self._on_progress(len(self._entries))

    def adding(self, conversation: Conversation, *, has_markdown: bool) -> Generator[None]:
        """Does a piece of it at each step."""
        entry = _entry(conversation, has_markdown=has_markdown)
        moment = conversation.active_at
        yield from self._write(entry["file"], moment, conversation_json(conversation, exported_at=self._exported_at))
        if has_markdown:
            markdown = conversation_markdown(conversation, exported_at=self._exported_at)
            yield from self._write(entry["markdown"], moment, markdown)
        for attachment in attachments_in(conversation):
            yield from self._attached(attachment)
        self._entries.append(entry)

    def add_files(self, attachments: Iterable[Attachment]) -> None:
        for attachment in attachments:
            for _piece in self._attached(attachment):
                self._on_progress(len(self._entries))

    def add_file(self, name: str, pieces: Iterator[bytes]) -> None:
        for _piece in self._write(name, self._exported_at, pieces):
            self._on_progress(len(self._entries))

    def _attached(self, attachment: Attachment) -> Iterator[None]:
        name = member_of(attachment)
        if name in self._files or not default_storage.exists(attachment.file):
            return
        try:
            file = default_storage.open(attachment.file)
        except Unreadable:
            self._unreadable.add(attachment.file)
            return
        with file:
            self._files.add(name)
            yield from self._write(name, attachment.created_at, file.chunks())

    def finish(self) -> None:
        counts = {"conversations": self._entries, "unreadable": len(self._unreadable)}
        index = document_head(FORMAT, VERSION, self._exported_at) | counts
        for _piece in self._write("index.json", self._exported_at, iter([encode(index)])):
            pass
        if self._unreadable:
            note = _unreadable_note(len(self._unreadable)).encode()
            for _piece in self._write("unreadable.txt", self._exported_at, iter([note])):
                pass

    def _write(self, name: str, moment: datetime, pieces: Iterator[bytes]) -> Iterator[None]:
        with self._opened.open(_member(name, moment), "w", force_zip64=True) as member:
            for piece in marked_pieces(pieces, self._unreadable):
                member.write(piece)
                yield


def _each(conversations: ConversationQuerySet) -> Iterator[Conversation]:
    conversations = conversations.order_by("id")
    conversation = conversations.first()
    while conversation is not None:
        yield conversation
        conversation = conversations.filter(id__gt=conversation.id).first()


def _entry(conversation: Conversation, *, has_markdown: bool) -> dict[str, Any]:
    # Two may have the same title, and be begun on the same day.
    name = f"{conversation.created_at.astimezone(UTC):%Y-%m-%d} {conversation.title} {conversation.id.hex[-6:]}"
    return {
        "id": conversation.id,
        "title": conversation.title,
        "active_at": conversation.active_at,
        "file": f"conversations/{conversation.id}.json",
        "markdown": f"markdown/{file_name(name, 'md')}" if has_markdown else None,
    }


def _unreadable_note(count: int) -> str:
    words = ngettext(
        "%(count)d text or file could not be read, because this site no longer has the key it was stored under. Where a"
        " text is missing, words that say so stand in its place; a file is left out. All else is here. Ask whoever runs"
        " the site for that key to be put back, then export again.",
        "%(count)d texts or files could not be read, because this site no longer has the key they were stored under."
        " Where a text is missing, words that say so stand in its place; a file is left out. All else is here. Ask"
        " whoever runs the site for that key to be put back, then export again.",
        count,
    )
    return words % {"count": count} + "\n"


def _member(name: str, moment: datetime) -> ZipInfo:
    moment = moment.astimezone(UTC)
    year = min(max(moment.year, FIRST_YEAR), LAST_YEAR)
    member = ZipInfo(name, (year, moment.month, moment.day, moment.hour, moment.minute, moment.second))
    member.compress_type = ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    return member
