"""How many tokens something is, without a network: the true ranks of vendors that publish them, else an estimate."""

from __future__ import annotations

from providers.tokens.counting import (
    count_message_tokens,
    count_text_tokens,
    estimate_input_tokens,
    load_vocabularies,
)

__all__ = ["count_message_tokens", "count_text_tokens", "estimate_input_tokens", "load_vocabularies"]
