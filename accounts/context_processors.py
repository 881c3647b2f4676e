"""What every template may ask about the person and the installation. Nothing is read until one asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest

from accounts import entrance
from accounts.models import User


class PeopleContext(TypedDict):
    theme: Callable[[], str]
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

    return {"theme": theme, "sends_mail": settings.SENDS_MAIL, "entrance": entrance}
