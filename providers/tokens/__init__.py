"""How many tokens something is, without a network: the true ranks of vendors that publish them, else an estimate."""

from __future__ import annotations

from providers.tokens.counting import (
    MESSAGE_OVERHEAD_TOKENS,
    count_message_tokens,
    count_text_tokens,
    estimate_input_tokens,
    image_tokens,
    load_vocabularies,
    tokens_percent,
)

__all__ = [
    "MESSAGE_OVERHEAD_TOKENS",
    "count_message_tokens",
    "count_text_tokens",
    "estimate_input_tokens",
    "image_tokens",
    "load_vocabularies",
    "tokens_percent",
]
