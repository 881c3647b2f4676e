"""The only door from an id in a request to a person's own things, and from a link to an invitation."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from accounts.actions.invitations import hash_of
from accounts.models import APIKey, Invitation, User


def get_api_key(person: AbstractBaseUser | AnonymousUser, key_id: UUID) -> APIKey:
    """Also one that was revoked."""
    return get_object_or_404(APIKey.objects.select_related("user").filter(user=person.pk), id=key_id)


def other_sessions(person: AbstractBaseUser | AnonymousUser, this_session: str | None) -> Any:
    """All of the person's but the one that asks."""
    return UserSession.objects.filter(user=person.pk).exclude(session_key=this_session)


def get_other_session(person: AbstractBaseUser | AnonymousUser, this_session: str | None, session_id: int) -> Any:
    return get_object_or_404(other_sessions(person, this_session), id=session_id)


def find_invitation(token: str) -> Invitation | None:
    """What a link leads to, while it may be used."""
    return Invitation.objects.still_open().filter(hash=hash_of(token)).first()


def has_account(invitation: Invitation) -> bool:
    """Whoever is invited signed up without it."""
    return User.objects.filter(email=invitation.address).exists()


def person(request: HttpRequest) -> User:
    """Who asks, behind a login."""
    return cast(User, request.user)
