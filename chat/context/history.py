"""What was said before a message, as the context is built from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from chat.models import Conversation, Message
from chat.models.message import path_said
from providers.contract import ChatMessage, Role
from providers.tokens import MESSAGE_OVERHEAD_TOKENS, count_text_tokens

_ROLES: dict[str, Role] = {Message.Role.USER: "user", Message.Role.ASSISTANT: "assistant"}


@dataclass(frozen=True, slots=True)
class Said:
    """One message. `tokens` is about what it counts in a request, rather too high than too low."""

    id: UUID | None
    role: Role
    text: str
    tokens: int

    def as_message(self) -> ChatMessage:
        return ChatMessage.of_text(self.role, self.text)


@dataclass(frozen=True, slots=True)
class Summary:
    """What stands for the messages that are `covered`, as far as they are among those considered. With `is_needed` some
    of them aren't."""

    text: str
    covered: frozenset[UUID]
    is_needed: bool


def said(role: Role, text: str, *, message_id: UUID | None = None, text_tokens: int | None = None) -> Said:
    """`text_tokens` is the count that is kept with the message, where there is one."""
    counted = count_text_tokens(text) if text_tokens is None else text_tokens
    return Said(message_id, role, text, counted + MESSAGE_OVERHEAD_TOKENS)


def read_history(leaf_id: UUID) -> list[Said]:
    """The path that ends in `leaf_id`, oldest first, at most MAX_CONVERSATION_HISTORY messages of it."""
    path = path_said(leaf_id, last=settings.MAX_CONVERSATION_HISTORY)
    return [
        said(_ROLES[role], text, message_id=message_id, text_tokens=text_tokens)
        for message_id, role, text, text_tokens in path
        if text
    ]


def read_summary(conversation: Conversation, leaf_id: UUID, history: Sequence[Said]) -> Summary | None:
    """The conversation's running summary, if it has one and that is of the path that ends in `leaf_id`."""
    summary_leaf_id = conversation.summary_leaf_id
    if not conversation.summary or summary_leaf_id is None or not is_on_path(summary_leaf_id, leaf_id, history):
        # It is of another branch, or of messages that were edited since.
        return None
    ids = _ids(history)
    covered = ids[: ids.index(summary_leaf_id) + 1] if summary_leaf_id in ids else []
    is_whole = len(ids) < settings.MAX_CONVERSATION_HISTORY
    return Summary(conversation.summary, frozenset(covered), is_needed=not is_whole)


def is_on_path(message_id: UUID, leaf_id: UUID, history: Sequence[Said]) -> bool:
    """Whether a message is on the path that ends in `leaf_id`, the end of which is `history`."""
    return message_id in _ids(history) or Message.objects.on_path_to(leaf_id).filter(id=message_id).exists()


def _ids(history: Sequence[Said]) -> list[UUID]:
    return [message.id for message in history if message.id is not None]
