"""What every template may ask about the person and the installation. Nothing is read until one asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest

from accounts import entrance
from accounts.models import Preferences, User


class PeopleContext(TypedDict):
    theme: Callable[[], str]
    prefers: Callable[[], Preferences | None]
    sends_mail: bool
    entrance: object


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

    return {"theme": theme, "prefers": prefers, "sends_mail": settings.SENDS_MAIL, "entrance": entrance}
