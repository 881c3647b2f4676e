"""Files attached and sent, straight through the actions."""

from __future__ import annotations

import errno
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from chat.actions.attachments import create_attachment
from chat.actions.turns import Turn, submit_turn
from chat.models import Attachment, Conversation, Message

DOCUMENT = b"The settlement runs at four in the morning.\nNobody is awake then."
SIGHTED = "openai/scripted"


class FullDisk(FileSystemStorage):
    """Takes the beginning of a file, then has no room."""

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        super().save(name, ContentFile(content.read(2)))
        raise OSError(errno.ENOSPC, "No space left on device")


def attach(owner: User, content: bytes = DOCUMENT, name: str = "notes.txt") -> Attachment:
    return create_attachment(owner=owner, upload=SimpleUploadedFile(name, content))


def send(
    owner: User,
    *attachments: Attachment,
    text: str = "When does it run?",
    conversation: Conversation | None = None,
    **fields: object,
) -> Turn:
    return submit_turn(
        owner=owner,
        conversation_id=conversation.id if conversation else None,
        text=text,
        turn_key=uuid4(),
        attachments=[one.id for one in attachments],
        **fields,  # type: ignore[arg-type]  # given as they are
    )


def answered(turn: Turn) -> Message:
    """Its answer, at its end."""
    Message.objects.filter(id=turn.answer.id).update(
        status="complete", text="At four.", parts=[{"type": "text", "text": "At four."}]
    )
    turn.answer.runs.update(status="complete")
    return Message.objects.get(id=turn.answer.id)


def stored_files() -> set[str]:
    """The names of all that is stored for attachments."""
    found = set()
    folders = default_storage.listdir("attachments")[0] if default_storage.exists("attachments") else []
    for folder in folders:
        found |= {f"attachments/{folder}/{name}" for name in default_storage.listdir(f"attachments/{folder}")[1]}
    return found
