"""The door to the providers' settings and budgets: administrators only; to everybody else there is nothing here."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import User
from providers.catalog import Endpoint as KnownEndpoint
from providers.catalog import load_catalog
from providers.models import Budget, Endpoint


def require_administrator(user: User | AnonymousUser) -> User:
    if not isinstance(user, User) or not user.is_superuser:
        raise Http404
    return user


def get_known_endpoint(name: str) -> KnownEndpoint:
    """A provider of the catalog that can be switched on."""
    known = load_catalog().endpoints.get(name)
    if known is None or not known.variable:
        raise Http404
    return known


def get_endpoint(name: str) -> Endpoint:
    return get_object_or_404(Endpoint, name=get_known_endpoint(name).name)


def get_budget(budget_id: UUID) -> Budget:
    return get_object_or_404(Budget.objects.select_related("user", "team", "api_key__user"), id=budget_id)


def person(user: User | AnonymousUser) -> User:
    """Who asks, behind a login."""
    # Every view that leads here is behind the login; this holds the type checker and a forgotten decorator to it.
    assert isinstance(user, User)
    return user
