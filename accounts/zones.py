"""Whose days and hours are shown: the time zone that the person chose, else that of their browser."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.http import HttpRequest

from accounts.models import Preferences, User


def zone_named(name: str) -> ZoneInfo:
    """UTC where there is no name, or no zone of it."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def zone_of(request: HttpRequest) -> ZoneInfo:
    user = getattr(request, "user", None)
    return zone_for(user if isinstance(user, User) else None, request.COOKIES)


def zone_for(person: User | None, cookies: Mapping[str, str]) -> ZoneInfo:
    """Costs no query: the preferences are read with the person."""
    chosen = Preferences.of(person).time_zone if person else ""
    return zone_named(chosen or cookies.get("time_zone", ""))


@cache
def zone_names() -> list[str]:
    """Those that people live in, in the order of their names."""
    return sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
