"""How a repeated submit of a message is told from another one with the same key."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

from accounts.models import User
from chat.models import Message


def question_of(owner: User, turn_key: UUID) -> Message | None:
    """What was submitted with this key."""
    return Message.objects.select_related("conversation").filter(author=owner, turn_key=turn_key).first()


def submit_digest(
    text: str,
    conversation_id: UUID | None,
    place_id: UUID | None,
    marks: Sequence[str],
    without: Sequence[UUID],
) -> str:
    """What makes two submits the same one; a new conversation has no id yet, and without scripts files come anew."""
    files = "\n".join(marks) + "\n" + ",".join(map(str, without)) + "\n" if marks or without else ""
    return hashlib.sha256(f"{conversation_id or ''}\n{place_id or ''}\n{files}{text}".encode()).hexdigest()
