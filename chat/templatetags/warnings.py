"""What a moderator warned the person of, above every page until it is acknowledged."""

from __future__ import annotations

from typing import Any

from django import template

from accounts.models import User
from chat.moderation.decisions import open_warning

register = template.Library()


@register.inclusion_tag("chat/_warning.html", takes_context=True)
def warning(context: dict[str, Any]) -> dict[str, Any]:
    """Nothing is read for who wasn't warned."""
    user = getattr(context.get("request"), "user", None)
    if not isinstance(user, User) or user.warned_at is None:
        return {}
    return {"warning": open_warning(user)}
