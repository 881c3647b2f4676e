"""What a model is told of the person it talks with: their own instructions, and the facts they want remembered."""

from __future__ import annotations

from accounts.models import Preferences, User
from chat.models import Conversation


def told_of_person(conversation: Conversation, person: User) -> str:
    """Blank where there is nothing, or nothing is to be told; a temporary chat is told it only if asked to."""
    preferences = Preferences.of(person)
    is_closed = conversation.is_temporary and not conversation.settings.get("tells_of_person")
    if is_closed or not preferences.tells_models:
        return ""
    return text_of(preferences)


def text_of(preferences: Preferences) -> str:
    parts = []
    if preferences.instructions:
        parts.append(f"Instructions of the person you talk with:\n{preferences.instructions}")
    if preferences.facts:
        facts = "\n".join(f"- {fact['text']}" for fact in preferences.facts)
        parts.append(f"What they want you to remember of them:\n{facts}")
    return "\n\n".join(parts)
