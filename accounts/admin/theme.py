"""What the admin's theme asks of the person who is in it."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.models import User


def theme_of(request: HttpRequest) -> str:
    """The theme's own word for what the person chose in their preferences."""
    chosen = request.user.theme if isinstance(request.user, User) else User.Theme.SYSTEM
    return "auto" if chosen == User.Theme.SYSTEM else chosen
