"""Signing in, as allauth does it, and reading the person that a session names."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.models import Authenticator
from django.db.models import Exists, F, OuterRef, Subquery

from accounts.models import Membership, User
from accounts.models.tier import Tier
from accounts.models.user import FACTORS


class PersonBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    def get_user(self, user_id: Any) -> User | None:
        """The person with their roles and preferences, whether they have a second factor, and what teams of theirs want
        and give, in one query: pages and turns ask for all of it. Kept no longer than the request."""
        found = User.objects.select_related("preferences").filter(pk=user_id)
        factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
        demands = Membership.objects.filter(user=OuterRef("pk"), team__requires_second_factor=True)
        gives = Membership.objects.filter(user=OuterRef("pk")).exclude(team__tier="")
        best = gives.order_by(Tier.rank("team__tier").desc()).values("team__tier")[:1]
        named = found.annotate(role_name=F("groups__name"), team_gives=Subquery(best))
        rows = list(named.annotate(has_factor=Exists(factors), team_requires=Exists(demands)))
        if not rows or not self.user_can_authenticate(rows[0]):
            return None
        person = rows[0]
        person.role_names = frozenset(row.role_name for row in rows if row.role_name is not None)
        person.has_second_factor, person.team_requires_second_factor = person.has_factor, person.team_requires
        person.team_tier = person.team_gives or ""
        return person
