"""Which beginnings of a request Anthropic is to keep: it caches only what is marked, from the tools to the mark.

Tokens that are written cost a quarter more, those that are read a tenth or less: worth it where the next request begins
the same. A beginning below the model's minimum is kept nowhere, marked or not.
Source: https://platform.claude.com/docs/en/build-with-claude/prompt-caching, November 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from providers.contract import ChatMessage, ChatRequest, Model
from providers.tokens import count_message_tokens, estimate_input_tokens

# Anthropic refuses a request with more. One is for what was said, the others for the system prompt.
MAX_MARKS = 4


class Beginning:
    """A request read from its beginning, until it is long enough to be kept."""

    def __init__(self, request: ChatRequest, model: Model) -> None:
        self._model = model
        self._missing_tokens = model.cacheable_from_tokens
        if self._missing_tokens is not None and request.tools and model.has_tools:
            self._missing_tokens -= estimate_input_tokens(replace(request, messages=(), partial_text=""), model)

    def is_kept_after(self, messages: Iterable[ChatMessage]) -> bool:
        """Whether it is long enough with these, which follow what was read so far."""
        if self._missing_tokens is None:
            return False
        for message in messages:
            if self._missing_tokens <= 0:
                break
            self._missing_tokens -= count_message_tokens((message,), model=self._model)
        return self._missing_tokens <= 0


def mark(block: dict[str, Any]) -> None:
    block["cache_control"] = {"type": "ephemeral"}


def parted(messages: Sequence[ChatMessage]) -> tuple[Sequence[ChatMessage], Sequence[ChatMessage]]:
    """What was said before the newest question or the newest results of tools, and the rest."""
    place = len(messages)
    while place and messages[place - 1].role == "assistant":
        place -= 1
    while place and messages[place - 1].role != "assistant":
        place -= 1
    return messages[:place], messages[place:]
