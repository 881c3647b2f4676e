"""Which settings are in force: the conversation's own, then the site's."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from chat.models import Conversation
from providers.configured import default_model


def effective_settings(conversation: Conversation) -> dict[str, Any]:
    """Shape: `model`, `temperature`, and `max_output_tokens`, `system_prompt` where set. Frozen on the run."""
    own = {key: value for key, value in conversation.settings.items() if value not in (None, "")}
    return inherited_settings(conversation) | own


def inherited_settings(conversation: Conversation) -> dict[str, Any]:
    """What holds where the conversation has nothing of its own."""
    return {"model": default_model(), "temperature": settings.DEFAULT_TEMPERATURE}
