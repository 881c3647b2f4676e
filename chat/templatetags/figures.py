"""Measured figures as people read them."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from convoscope.numbers import number

register = template.Library()

MIN_SHOWN_AS_S_MS = 100
MINUTE_MS = 60_000


@register.filter
def duration(ms: int | None) -> str:
    """With its unit; "" if it isn't known."""
    if ms is None:
        return ""
    if ms < MIN_SHOWN_AS_S_MS:
        return _("%(count)d ms") % {"count": ms}
    if ms < MINUTE_MS:
        return _("%(count)s s") % {"count": number(ms / 1000, 2)}
    minutes, rest_ms = divmod(ms, MINUTE_MS)
    return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest_ms // 1000}
