"""What every product's file is turned into, before any of it is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# A message that its product itself doesn't show
HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What was attached to a message. Its content is `content`, or stands in the ZIP file under `member`, or isn't
    there at all; `size_bytes` is then what the file says of it. A `member` is a name, or how the only such name begins
    that has this id."""

    name: str
    member: str = ""
    content: bytes | None = None
    is_image: bool = False
    size_bytes: int = 0
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ImportedMessage:
    """`role` is `user` or `assistant`; a message of any other is left out. `text` is None where it is the text parts,
    joined."""

    id: str
    parent: str | None
    role: str
    parts: list[dict[str, Any]]
    files: list[ImportedFile] = field(default_factory=list)
    text: str | None = None
    model: str = ""
    provider: str = ""
    status: str = "complete"
    finish_reason: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    feedback: str = ""
    feedback_comment: str = ""
    feedback_at: datetime | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ImportedConversation:
    """`messages` stand in the order of siblings. A `source_id` that the file doesn't give is empty. `joins_answers`
    says that one answer may be spread over several messages. `notes` say what of it couldn't be taken."""

    source_id: str
    title: str
    messages: list[ImportedMessage]
    active_leaf: str | None = None
    created_at: datetime | None = None
    active_at: datetime | None = None
    archived_at: datetime | None = None
    resolved_at: datetime | None = None
    is_pinned: bool = False
    title_source: str = "person"
    status: str = "active"
    settings: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    folder: str = ""
    tags: list[str] = field(default_factory=list)
    memory: str = "summary"
    summary: str = ""
    summary_leaf: str | None = None
    joins_answers: bool = True
    notes: list[str] = field(default_factory=list)


def text_parts(text: str, *, reasoning: str = "") -> list[dict[str, Any]]:
    said = (("reasoning", reasoning), ("text", text))
    return [{"type": kind, "text": words} for kind, words in said if words.strip()]


def text_file(name: str, text: str) -> ImportedFile:
    """A document of which the export has the text: a text, whatever its name says."""
    is_text = name.lower().endswith((".txt", ".md", ".markdown", ".csv"))
    return ImportedFile(name if is_text else f"{name or 'file'}.txt", content=text.encode("utf-8", "replace"))


def has_image_name(name: str) -> bool:
    return name.lower().endswith((".png", ".jpg", ".jpeg", ".webp", ".gif"))
