"""Who may do what by their role. A superuser is an administrator."""

from __future__ import annotations

from accounts.models import Role, User


def has_role(user: User, role: Role) -> bool:
    """Whether the person has it, or is an administrator, who may do what every role may."""
    return user.is_superuser or not user.role_names.isdisjoint((role, Role.ADMINISTRATOR))


def is_administrator(user: User) -> bool:
    return has_role(user, Role.ADMINISTRATOR)


def may_act_on(user: User, person: User) -> bool:
    """Whether a moderator may decide about this person: never about themselves, and about other moderators and
    administrators only as an administrator."""
    if user.id == person.id or not has_role(user, Role.MODERATOR):
        return False
    return is_administrator(user) or not has_role(person, Role.MODERATOR)
