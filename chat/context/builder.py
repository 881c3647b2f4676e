"""The messages that a run gives to the gateway: what was said before, as far as it fits."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings

from chat.models import Message
from chat.models.message import path_texts
from providers.contract import ChatMessage, Model, Role
from providers.tokens import count_message_tokens

OUTPUT_RESERVE_TOKENS = 4_000
# No language that people write costs more, and no chat format adds more to a message. What fits by this needs no
# counting, which of a hundred long messages would take milliseconds of the event loop.
MOST_TOKENS_PER_CHAR = 4
MOST_OVERHEAD_TOKENS = 8

_ROLES: dict[str, Role] = {Message.Role.USER: "user", Message.Role.ASSISTANT: "assistant"}


def read_history(leaf_id: UUID) -> list[ChatMessage]:
    """The path that ends in `leaf_id`, oldest first, at most MAX_CONVERSATION_HISTORY messages of it."""
    path = path_texts(leaf_id, last=settings.MAX_CONVERSATION_HISTORY)
    return [ChatMessage.of_text(_ROLES[role], text) for role, text in path if text]


def fit_history(
    history: Sequence[ChatMessage], *, system_prompt: str, window_tokens: int | None, model: Model | None = None
) -> tuple[ChatMessage, ...]:
    """The newest messages that fit the window with its output reserve, after the system prompt; all of them where
    nobody knows the window.

    The last message is always in: if it alone is too long, the provider's own error says so. Without a model tokens are
    estimated for one that makes many of a text.
    """
    system = (ChatMessage.of_text("system", system_prompt),) if system_prompt else ()
    if window_tokens is None:
        return (*system, *history)
    reserve_tokens = min(OUTPUT_RESERVE_TOKENS, window_tokens // 2)
    left_tokens = window_tokens - reserve_tokens
    if sum(_most_tokens(message) for message in (*system, *history)) <= left_tokens:
        return (*system, *history)
    left_tokens -= count_message_tokens(system, model=model)
    kept: list[ChatMessage] = []
    for message in reversed(history):
        left_tokens -= count_message_tokens((message,), model=model)
        if kept and left_tokens < 0:
            break
        kept.append(message)
    return (*system, *reversed(kept))


def _most_tokens(message: ChatMessage) -> int:
    return MOST_TOKENS_PER_CHAR * len(message.text) + MOST_OVERHEAD_TOKENS
