"""The only door from an id in a request to what a person has of their account: what isn't their own is a 404."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import APIKey, User


def get_api_key(user: User | AnonymousUser, key_id: UUID) -> APIKey:
    """Also one that was revoked."""
    if not isinstance(user, User):
        raise Http404
    return get_object_or_404(APIKey.objects.select_related("user").filter(user=user), id=key_id)
