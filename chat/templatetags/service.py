"""The line above every page while the service isn't whole."""

from __future__ import annotations

from django import template

from chat.health import service_notice

register = template.Library()


@register.inclusion_tag("chat/_service.html")
def service() -> dict[str, str]:
    return {"notice": service_notice()}
