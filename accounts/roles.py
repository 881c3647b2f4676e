"""Who may do what by their role. A superuser is an administrator."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accounts.models import Role, User


def has_role(user: User, role: Role) -> bool:
    """Whether the person has it, or is an administrator, who may do what every role may."""
    return user.is_superuser or not user.role_names.isdisjoint((role, Role.ADMINISTRATOR))


def people_with(role: Role) -> QuerySet[User]:
    """Those who have it, or are administrators, also while they are suspended."""
    of_role = Q(groups__name__in=(role, Role.ADMINISTRATOR))
    return User.objects.filter(Q(is_superuser=True) | of_role).distinct()


def is_let_into_admin(user: User) -> bool:
    """Staff are, and analysts, who find the figures of the dashboard there and no rows."""
    return user.is_active and (user.is_staff or has_role(user, Role.ANALYST))


def is_administrator(user: User) -> bool:
    return has_role(user, Role.ADMINISTRATOR)


def may_act_on(user: User, person: User) -> bool:
    """Whether a moderator may decide about this person: never about themselves, and about other moderators and
    administrators only as an administrator."""
    if user.id == person.id or not has_role(user, Role.MODERATOR):
        return False
    return is_administrator(user) or not has_role(person, Role.MODERATOR)
