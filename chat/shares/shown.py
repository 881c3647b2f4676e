"""What the page of a link shows: what was shared, but for messages that a moderator has hidden since."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from chat.models import Message, Share
from chat.models.message import MessageQuerySet
from convoscope.encrypted_content import Unreadable
from convoscope.encrypted_fields import is_marked

if TYPE_CHECKING:
    from chat.shares.snapshot import SharedMessage


def shown_of(share: Share) -> list[SharedMessage]:
    """Raises: Unreadable."""
    if is_marked(share.snapshot):
        raise Unreadable
    return shown_in(share.conversation_id, share.snapshot)


def shown_in(conversation_id: UUID, said: list[SharedMessage]) -> list[SharedMessage]:
    return without(said, Message.objects.filter(conversation=conversation_id, hidden_at__isnull=False))


def without(said: list[SharedMessage], hidden: MessageQuerySet) -> list[SharedMessage]:
    """What was shared but for what was made of these."""
    known = [_marks(*one) for one in hidden.values_list("id", "role", "created_at")]
    marks = {mark for one in known for mark in one}
    return [one for one in said if not marks or _mark(one) not in marks]


def shows_image(share: Share, image_id: UUID) -> bool:
    """Without reading what was shared where nothing of the conversation is hidden."""
    if not Message.objects.filter(conversation=share.conversation_id, hidden_at__isnull=False).exists():
        return True
    try:
        return any(file["image"] == str(image_id) for one in shown_of(share) for file in one.get("files", ()))
    except Unreadable:
        # It may be of what is hidden.
        return False


def _marks(message_id: UUID, role: str, created_at: datetime) -> tuple[str, str]:
    return str(message_id), f"{role} {created_at.isoformat()}"


def _mark(said: SharedMessage) -> str:
    """Before messages were named in what was shared, role and moment told them apart."""
    return said.get("id") or f"{said['role']} {said['created_at']}"
