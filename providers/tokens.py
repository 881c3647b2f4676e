"""Counts tokens without asking a provider."""

from __future__ import annotations

# English runs to 4 bytes a token, code to 3, Vietnamese and Chinese to 3 or a little less.
BYTES_PER_TOKEN = 3


def count_text_tokens(text: str, *, model: str = "") -> int:
    """How many tokens a text is for a model, or somewhat more."""
    return max(1, len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)
