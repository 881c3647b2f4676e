"""Who may do what by their role. A superuser is an administrator."""

from __future__ import annotations

from accounts.models import Role, User


def has_role(user: User, role: Role) -> bool:
    """Whether the person has it, or is an administrator, who may do what every role may."""
    return user.is_superuser or not user.role_names.isdisjoint((role, Role.ADMINISTRATOR))
