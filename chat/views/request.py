"""What views read of a request besides its fields."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

UTC = ZoneInfo("UTC")


class HtmxRequest(HttpRequest):
    """A request that says whether HTMX sent it: a type only, no such object is ever made."""

    htmx: HtmxDetails


def time_zone(request: HttpRequest) -> ZoneInfo:
    """Where the person's browser is, which it says in a cookie; UTC until it has, and for a name that is none."""
    try:
        return ZoneInfo(request.COOKIES.get("time_zone", "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
