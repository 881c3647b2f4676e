"""Signing in, as allauth does it, and reading the person that a session names."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import F

from accounts.models import User


class PersonBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    def get_user(self, user_id: Any) -> User | None:
        """The person with their roles and preferences, in one query: pages and turns ask for all three. Kept no longer
        than the request."""
        people = User.objects.select_related("preferences").filter(pk=user_id)
        rows = list(people.annotate(role_name=F("groups__name")))
        if not rows or not self.user_can_authenticate(rows[0]):
            return None
        person = rows[0]
        person.role_names = frozenset(row.role_name for row in rows if row.role_name is not None)
        return person
