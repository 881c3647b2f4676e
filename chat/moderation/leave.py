"""How much of a conversation a moderator may read: all of it, or what was flagged with what stands around it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from chat.models import Conversation, Message

# So many messages are read above a flagged one, to see what led to it, and below it, to see what came of it.
READ_ABOVE, READ_BELOW = 4, 2


@dataclass(frozen=True, slots=True)
class Leave:
    """All of it, or these messages."""

    is_whole: bool
    messages: frozenset[UUID] = frozenset()

    def covers(self, message_id: UUID) -> bool:
        return self.is_whole or message_id in self.messages


def leave_of(moderator: User, conversation: Conversation) -> Leave | None:
    """All of it is read under a standing look of the moderator's own, and where its owner reported an answer, who is
    told so. What guards and lists flag may be a false alarm, and nobody asked: what stands around it is enough to tell.
    A moderator's own report gives no leave, nor does one of a link, since who made it signed out may be they."""
    if conversation.looks.standing().filter(by=moderator).exists():
        return Leave(is_whole=True)
    flags = conversation.flags.readable().exclude(message=None).exclude(reporter=moderator)
    if flags.filter(reporter=conversation.owner_id).exists():
        return Leave(is_whole=True)
    above = below = flagged = Message.objects.filter(id__in=flags.values("message")).order_by().values_list("id")
    around = []
    for _ in range(READ_ABOVE):
        above = Message.objects.filter(children__in=above).order_by().values_list("id")
        around.append(above)
    for _ in range(READ_BELOW):
        below = Message.objects.filter(parent__in=below).order_by().values_list("id")
        around.append(below)
    found = frozenset(message_id for (message_id,) in flagged.union(*around))
    return Leave(is_whole=False, messages=found) if found else None
