"""Requests to the offline model, as tests write them."""

from __future__ import annotations

from uuid import UUID

from providers.contract import ChatMessage, ChatRequest, Feature, Role

# Version 7, made at 2026-11-20 08:04 UTC.
REQUEST_ID = UUID("01a1f7fb-d980-7000-8000-000000000000")
EARLIER: tuple[tuple[Role, str], ...] = (
    ("user", "My budget is 300 euros. The trip goes to Lisbon in May."),
    ("assistant", "Noted."),
)


def ask(
    question: str,
    *,
    earlier: tuple[tuple[Role, str], ...] = EARLIER,
    partial_text: str = "",
    feature: Feature = "chat",
    max_output_tokens: int | None = None,
) -> ChatRequest:
    messages = [ChatMessage.of_text(role, text) for role, text in (*earlier, ("user", question))]
    return ChatRequest(
        REQUEST_ID,
        tuple(messages),
        "offline",
        partial_text=partial_text,
        feature=feature,
        max_output_tokens=max_output_tokens,
    )
