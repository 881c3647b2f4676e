"""The messages around one that is far from the end of its conversation, or on a branch that isn't shown."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from chat.fragments import WINDOW_MESSAGES, ShownMessage, show_path
from chat.models import Conversation, Message
from chat.models.message import newest_leaf_id, path_ids

# So many of a window stand above what it was opened at.
ABOVE = 20


@dataclass(frozen=True, slots=True)
class History:
    """`older` and `newer` are the messages at which the next windows open; None where there are no further ones."""

    messages: list[ShownMessage]
    older: UUID | None
    newer: UUID | None
    is_on_branch: bool


def history_at(conversation: Conversation, message_id: UUID) -> History | None:
    """A window of the path through this message of the conversation; None if its usual page shows it anyway."""
    path = path_ids(conversation.active_leaf_id) if conversation.active_leaf_id else []
    is_on_branch = message_id not in path
    if is_on_branch:
        path = path_ids(newest_leaf_id(message_id))
    path.reverse()
    at = path.index(message_id)
    if not is_on_branch and at >= len(path) - WINDOW_MESSAGES:
        return None
    first = max(0, at - ABOVE)
    ids = path[first : first + WINDOW_MESSAGES]
    found = Message.objects.in_bulk(ids)
    return History(
        messages=show_path([found[one] for one in ids if one in found]),
        older=path[first - 1] if first else None,
        newer=path[first + len(ids)] if first + len(ids) < len(path) else None,
        is_on_branch=is_on_branch,
    )
