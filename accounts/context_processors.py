"""What every template may ask about the person and the installation. Nothing is read until one asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest

from accounts import entrance, second_factor
from accounts.models import Preferences, User


class PeopleContext(TypedDict):
    theme: Callable[[], str]
    prefers: Callable[[], Preferences | None]
    sends_mail: bool
    entrance: object
    lacks_factor: Callable[[], bool]
    manage_layout: Callable[[], str]


def people(request: HttpRequest) -> PeopleContext:
    def theme() -> str:
        """Costs no query: a visitor without a session has none, and a person's row is read by the view anyway."""
        try:
            user = getattr(request, "user", None)
            return user.theme if isinstance(user, User) else User.Theme.SYSTEM
        except DatabaseError:
            # The page that says so has a theme too.
            return User.Theme.SYSTEM

    def prefers() -> Preferences | None:
        """Read with the person; None for a visitor."""
        try:
            user = getattr(request, "user", None)
            return Preferences.of(user) if isinstance(user, User) else None
        except DatabaseError:
            return None

    def lacks_factor() -> bool:
        """Nothing is open to them but the way to one."""
        user = getattr(request, "user", None)
        return isinstance(user, User) and second_factor.is_missing(user)

    def manage_layout() -> str:
        """For pages about one's own account: without the lists of conversations where these aren't open."""
        return f"allauth/layouts/{'base' if lacks_factor() else 'manage'}.html"

    return {
        "theme": theme,
        "prefers": prefers,
        "sends_mail": settings.SENDS_MAIL,
        "entrance": entrance,
        "lacks_factor": lacks_factor,
        "manage_layout": manage_layout,
    }
