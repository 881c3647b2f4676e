"""The only door from an id in a request to what a person has of their account: what isn't their own is a 404."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.shortcuts import get_object_or_404

from accounts.models import APIKey


def get_api_key(person: AbstractBaseUser | AnonymousUser, key_id: UUID) -> APIKey:
    """Also one that was revoked."""
    return get_object_or_404(APIKey.objects.select_related("user").filter(user=person.pk), id=key_id)


def other_sessions(person: AbstractBaseUser | AnonymousUser, this_session: str | None) -> Any:
    """All of the person's but the one that asks."""
    return UserSession.objects.filter(user=person.pk).exclude(session_key=this_session)


def get_other_session(person: AbstractBaseUser | AnonymousUser, this_session: str | None, session_id: int) -> Any:
    return get_object_or_404(other_sessions(person, this_session), id=session_id)
