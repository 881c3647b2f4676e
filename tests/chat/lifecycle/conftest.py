"""What the tests of the lifecycle share."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from chat.models import Conversation


def ago(**span: float) -> datetime:
    return timezone.now() - timedelta(**span)


def current(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(id=conversation.id)


def sent(client: Client, conversation: Conversation, text: str = "And now?") -> None:
    """A message, as the page sends it."""
    fields = {"text": text, "turn_key": str(uuid4())}
    answer = client.post(f"/conversations/{conversation.id}/messages/", fields, headers={"HX-Request": "true"})
    assert answer.status_code == 200, answer.text
