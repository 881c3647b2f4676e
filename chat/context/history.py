"""What was said before a message, as the context is built from it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from chat.models import Message
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
