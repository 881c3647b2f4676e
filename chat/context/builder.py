"""The messages that a run gives to the gateway: what was said before, as far as it fits."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings

from chat.models import Message
from chat.models.message import path_texts
from providers.contract import ChatMessage, Role

# Never more than 15 % low in the languages tried: English prose runs to 4 characters a token, Vietnamese and code to 2.
CHARS_PER_TOKEN = 2
# What a model's chat format adds around each message.
MESSAGE_OVERHEAD_TOKENS = 8
OUTPUT_RESERVE_TOKENS = 4_000

_ROLES: dict[str, Role] = {Message.Role.USER: "user", Message.Role.ASSISTANT: "assistant"}


def read_history(leaf_id: UUID) -> list[ChatMessage]:
    """The path that ends in `leaf_id`, oldest first, at most MAX_CONVERSATION_HISTORY messages of it."""
    path = path_texts(leaf_id, last=settings.MAX_CONVERSATION_HISTORY)
    return [ChatMessage.of_text(_ROLES[role], text) for role, text in path if text]


def fit_history(history: Sequence[ChatMessage], *, system_prompt: str, window_tokens: int) -> tuple[ChatMessage, ...]:
    """The newest messages that fit the window with its output reserve, after the system prompt.

    The last message is always in: if it alone is too long, the provider's own error says so.
    """
    reserve_tokens = min(OUTPUT_RESERVE_TOKENS, window_tokens // 2)
    left_tokens = window_tokens - reserve_tokens - _tokens(system_prompt)
    kept: list[ChatMessage] = []
    for message in reversed(history):
        left_tokens -= _tokens(message.text)
        if kept and left_tokens < 0:
            break
        kept.append(message)
    if system_prompt:
        kept.append(ChatMessage.of_text("system", system_prompt))
    return tuple(reversed(kept))


def _tokens(text: str) -> int:
    return len(text) // CHARS_PER_TOKEN + MESSAGE_OVERHEAD_TOKENS
