"""The doors to the providers' settings and budgets: administrators', and each person's to their own keys. To everybody
else there is nothing here."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import User
from providers.catalog import CatalogEntry, load_catalog
from providers.catalog import Endpoint as KnownEndpoint
from providers.configured import configured_endpoints, effective_catalog
from providers.contract import EndpointConfig
from providers.models import Budget, Endpoint, ModelRow, PersonalEndpoint
from providers.personal import own_key_places
from providers.rows import known_by_row


def require_administrator(user: User | AnonymousUser) -> User:
    if not isinstance(user, User) or not user.is_superuser:
        raise Http404
    return user


def get_known_endpoint(name: str) -> KnownEndpoint:
    """A provider of the catalog that can be switched on, or one that an administrator added."""
    known = load_catalog().endpoints.get(name)
    if known is not None and known.variable:
        return known
    return known_by_row(get_object_or_404(Endpoint, name=name, is_custom=True))


def get_endpoint(name: str) -> Endpoint:
    return get_object_or_404(Endpoint, name=get_known_endpoint(name).name)


def get_budget(budget_id: UUID) -> Budget:
    return get_object_or_404(Budget.objects.select_related("user", "team", "api_key__user"), id=budget_id)


def person(user: User | AnonymousUser) -> User:
    """Who asks, behind a login."""
    # Every view that leads here is behind the login; this holds the type checker and a forgotten decorator to it.
    assert isinstance(user, User)
    return user


def get_configured(known: KnownEndpoint) -> EndpointConfig | None:
    """How to reach it; None while it is off."""
    return next((endpoint for endpoint in configured_endpoints() if endpoint.name == known.name), None)


def get_model(known: KnownEndpoint, model_id: str) -> tuple[ModelRow | None, CatalogEntry]:
    """A model of the endpoint, and its row if an administrator said anything of it."""
    entry = effective_catalog().entries.get(f"{known.name}/{model_id}")
    if entry is None:
        raise Http404
    return ModelRow.objects.filter(endpoint=known.name, model_id=model_id).first(), entry


def require_own_keys(user: User | AnonymousUser) -> User:
    """Who asks, where people may bring keys of their own."""
    if not isinstance(user, User) or not settings.OWN_KEYS_ALLOWED:
        raise Http404
    return user


def get_own_key_place(name: str) -> KnownEndpoint:
    known = next((known for known in own_key_places() if known.name == name), None)
    if known is None:
        raise Http404
    return known


def get_own_key(owner: User, name: str) -> PersonalEndpoint:
    return get_object_or_404(PersonalEndpoint, owner=owner, name=name)


def own_keys(owner: User) -> dict[str, PersonalEndpoint]:
    """A person's keys, by the provider's name."""
    return {row.name: row for row in PersonalEndpoint.objects.filter(owner=owner)}
