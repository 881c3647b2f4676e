"""The ids of elements, made in one place so that page, push and script agree."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from uuid import UUID

from django import template

from chat.models import Conversation, Folder, Message, Prompt, Share

register = template.Library()


@register.simple_tag
def dom_id(thing: Conversation | Folder | Message | Prompt | Share | UUID, kind: str = "m") -> str:
    """A short id: a letter for the kind (`c`, `f`, `m`, `p`, `s`) and the 22 characters of the UUID. A bare UUID is a
    message's, unless its kind is given."""
    if isinstance(thing, UUID):
        key = thing
    else:
        kind, key = thing._meta.model_name[0] if thing._meta.model_name else "", thing.id
    return f"{kind}-{urlsafe_b64encode(key.bytes).rstrip(b'=').decode()}"
