"""How much of a conversation a moderator may read: all of it, or what was flagged with what stands around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
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
    flagged = set(flags.values_list("message", flat=True))
    return Leave(is_whole=False, messages=_with_surroundings(flagged)) if flagged else None


def _with_surroundings(flagged: set[UUID]) -> frozenset[UUID]:
    parents = partial(_next_to, "id__in", "parent")
    children = partial(_next_to, "parent__in", "id")
    return frozenset(_reached(flagged, READ_ABOVE, parents) | _reached(flagged, READ_BELOW, children))


def _reached(begin: set[UUID], steps: int, next_to: Callable[[set[UUID]], set[UUID]]) -> set[UUID]:
    # Step by step: asked for in one query, PostgreSQL went through all messages there are again and again.
    reached = new = begin
    for _ in range(steps):
        new = next_to(new) - reached
        reached = reached | new
    return reached


def _next_to(is_one_of: str, name: str, ids: set[UUID]) -> set[UUID]:
    found = Message.objects.filter(**{is_one_of: ids}).exclude(parent=None)
    return set(found.values_list(name, flat=True))
