"""Conversations with health data: classed so by their owner, who consents to it."""

from __future__ import annotations

from django.db import transaction

from accounts.actions.consents import decide_on_health
from chat import events
from chat.models import Conversation


def class_as_health(*, conversation: Conversation, is_health: bool) -> None:
    """From then on its own time of retention holds; what was announced by the other one is announced anew."""
    with transaction.atomic():
        changed = Conversation.objects.filter(id=conversation.id, is_health=not is_health)
        if not changed.update(is_health=is_health, expiry_announced_at=None):
            return
        decide_on_health(user=conversation.owner, conversation_id=conversation.id, is_given=is_health)
    conversation.refresh_from_db(fields=["is_health", "expiry_announced_at"])
    events.sidebar_changed(conversation.owner_id, [conversation.id])
