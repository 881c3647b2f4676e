"""Who is let into the admin. What they see of it each model's own admin says."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.models import Role, User
from accounts.roles import has_role


def may_enter(request: HttpRequest) -> bool:
    """Staff, and analysts, who find the figures of the dashboard there and no rows."""
    person = request.user
    return isinstance(person, User) and person.is_active and (person.is_staff or has_role(person, Role.ANALYST))
