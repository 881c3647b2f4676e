"""The sidebar, which every page of a signed-in person has beside it."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings

from accounts.models import Role
from accounts.roles import has_role
from accounts.zones import zone_of
from chat.sidebar import list_conversations, list_folders

register = template.Library()


@register.inclusion_tag("chat/_sidebar.html", takes_context=True)
def sidebar(context: template.RequestContext) -> dict[str, Any]:
    request = context["request"]
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "current": context.get("conversation"),
        "shelf": context.get("shelf"),
        "sharing_allowed": settings.SHARING_ALLOWED,
        "has_own_keys": settings.OWN_KEYS_ALLOWED,
        "sees_reports": has_role(request.user, Role.ANALYST),
        "folders": list_folders(request.user),
        "sidebar": list_conversations(request.user, zone=zone_of(request)),
    }
