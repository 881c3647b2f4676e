"""How many tokens a text is, without asking anybody."""

from __future__ import annotations

from providers.contract import ChatRequest, Model


def count_text_tokens(text: str, *, model: Model | None = None) -> int:
    return len(text.encode("utf-8", "replace")) // 3 + 1


def estimate_input_tokens(request: ChatRequest, model: Model | None = None) -> int:
    return sum(count_text_tokens(message.text, model=model) + 4 for message in request.messages)
