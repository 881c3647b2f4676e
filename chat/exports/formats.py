"""The formats that one conversation is exported in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chat.exports.archive import conversation_archive
from chat.exports.document import conversation_json
from chat.exports.markdown import conversation_markdown
from chat.exports.page import conversation_page
from chat.exports.reading import attachments_in
from chat.models import Conversation


class Write(Protocol):
    def __call__(self, conversation: Conversation, *, exported_at: datetime) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Format:
    suffix: str
    content_type: str
    write: Write


FORMATS = {
    "json": Format("json", "application/json", conversation_json),
    "markdown": Format("md", "text/markdown; charset=utf-8", conversation_markdown),
    "html": Format("html", "text/html; charset=utf-8", conversation_page),
}
# JSON of a conversation that has files, which stand beside it
WITH_FILES = Format("zip", "application/zip", conversation_archive)


def format_for(name: str, conversation: Conversation) -> Format | None:
    """None for one that isn't there."""
    return WITH_FILES if name == "json" and has_files(conversation) else FORMATS.get(name)


def has_files(conversation: Conversation) -> bool:
    return next(attachments_in(conversation), None) is not None
