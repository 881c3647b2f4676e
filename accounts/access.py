"""Who asks."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from accounts.models import User


def person(request: HttpRequest) -> User:
    """Behind a login."""
    return cast(User, request.user)
