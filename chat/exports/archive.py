"""All conversations of a person in one ZIP file, written one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from accounts.models import User
from chat.exports.document import conversation_json, document_head, encode
from chat.exports.markdown import conversation_markdown
from chat.exports.names import file_name
from chat.models import Conversation

FORMAT = "convoscope.archive"
VERSION = 1
# What ZIP can say of a time; an imported conversation may be of any.
FIRST_YEAR, LAST_YEAR = 1980, 2107


def write_archive(
    file: IO[bytes], owner: User, *, has_markdown: bool, exported_at: datetime, on_progress: Callable[[int], None]
) -> None:
    """The same conversations give the same bytes. `on_progress` is told after each piece how many are done; what it
    raises ends the writing."""
    entries: list[dict[str, Any]] = []
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:

        def write(name: str, moment: datetime, pieces: Iterator[bytes]) -> None:
            with archive.open(_member(name, moment), "w", force_zip64=True) as member:
                for piece in pieces:
                    member.write(piece)
                    on_progress(len(entries))

        for conversation in _all_of(owner):
            entry = _entry(conversation, has_markdown=has_markdown)
            moment = conversation.active_at
            write(entry["file"], moment, conversation_json(conversation, exported_at=exported_at))
            if has_markdown:
                write(entry["markdown"], moment, conversation_markdown(conversation, exported_at=exported_at))
            entries.append(entry)
            on_progress(len(entries))
        index = document_head(FORMAT, VERSION, exported_at) | {"conversations": entries}
        write("index.json", exported_at, iter([encode(index)]))


def _all_of(owner: User) -> Iterator[Conversation]:
    conversations = Conversation.objects.visible_to(owner).archivable()
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


def _member(name: str, moment: datetime) -> ZipInfo:
    moment = moment.astimezone(UTC)
    year = min(max(moment.year, FIRST_YEAR), LAST_YEAR)
    member = ZipInfo(name, (year, moment.month, moment.day, moment.hour, moment.minute, moment.second))
    member.compress_type = ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    return member
