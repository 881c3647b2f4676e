"""Who may set up sign-ins and read what came of them, and what each person is connected to."""

from __future__ import annotations

from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import Http404

from accounts.models import ClaimRule, SSOSession, SSOTrace, User
from accounts.sso.configured import ALLAUTH, configured_provider

TRACES_SHOWN = 50


def require_administrator(user: AbstractBaseUser | AnonymousUser) -> User:
    """Raises: Http404; to everybody else there is no such page."""
    if not isinstance(user, User) or not user.is_superuser:
        raise Http404
    return user


def connected_accounts(user: AbstractBaseUser | AnonymousUser) -> list[SocialAccount]:
    """Those at providers that the person signs in with."""
    return list(SocialAccount.objects.filter(user=user.pk).order_by("date_joined"))


def issuer_of_session(session_key: str | None) -> str:
    """The name in addresses of the issuer of OpenID Connect at which it began; blank for others."""
    slug = SSOSession.objects.filter(session_key=session_key).values_list("provider", flat=True).first()
    found = configured_provider(slug) if slug else None
    return found.slug if found and ALLAUTH[found.kind] == "openid_connect" else ""


def rules() -> QuerySet[ClaimRule]:
    return ClaimRule.objects.select_related("team")


def recent_traces(*numbers: UUID | None) -> QuerySet[SSOTrace]:
    """The newest first, or those of these numbers."""
    traces = SSOTrace.objects.select_related("user")
    return (traces.filter(pk__in=[one for one in numbers if one]) if numbers else traces)[:TRACES_SHOWN]
