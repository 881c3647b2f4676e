"""Tokens for apps, which allauth makes: what they say of a person, and for whom they are. An access token lives as long
as its session at most, so that who signs out everywhere, is suspended or changes the password ends it too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy
from allauth.headless.tokens.strategies.jwt.internal import decode_token, get_token_session
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from accounts.models import User


class TokenStrategy(JWTTokenStrategy):  # type: ignore[misc]  # allauth has no types
    def get_claims(self, user: AbstractBaseUser) -> dict[str, Any]:
        person = cast(User, user)
        return {
            "iss": settings.TOKEN_ISSUER,
            "aud": settings.TOKEN_AUDIENCE,
            "email": person.email,
            "tier": person.tier_in_force,
            "org": sorted(person.teams.values_list("name", flat=True)),
            "roles": sorted(person.role_names),
        }

    def refresh_token(self, refresh_token: str) -> tuple[str, str] | None:
        """A token that was exchanged already is somebody else's, or was stolen: its session ends, as RFC 9700 asks."""
        with transaction.atomic():
            payload = decode_token(refresh_token, "refresh")
            session = get_token_session(payload) if payload else None
            if session is None:
                return None
            # Two that exchange it at once: the second one finds it exchanged.
            list(Session.objects.select_for_update().filter(session_key=session.session_key))
            renewed: tuple[str, str] | None = super().refresh_token(refresh_token)
            if renewed is None:
                session.delete()
            else:
                UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=timezone.now())
            return renewed


def is_for_us(payload: Mapping[str, Any]) -> bool:
    """And ends: allauth checks the end of those alone that have one."""
    is_ours = payload.get("iss") == settings.TOKEN_ISSUER and payload.get("aud") == settings.TOKEN_AUDIENCE
    return is_ours and "exp" in payload
