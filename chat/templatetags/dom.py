"""The ids of elements, made in one place so that page, push and script agree."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from uuid import UUID

from django import template

from chat.models import Conversation, Message

register = template.Library()


@register.simple_tag
def dom_id(thing: Conversation | Message | UUID) -> str:
    """A short id: a letter for the kind (`c`, `m`) and the 22 characters of the UUID."""
    if isinstance(thing, UUID):
        kind, key = "m", thing
    else:
        kind, key = thing._meta.model_name[0] if thing._meta.model_name else "", thing.id
    return f"{kind}-{urlsafe_b64encode(key.bytes).rstrip(b'=').decode()}"
