"""Who is let into the admin. What they see of it each model's own admin says."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.models import User
from accounts.roles import is_let_into_admin


def may_enter(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and is_let_into_admin(request.user)
