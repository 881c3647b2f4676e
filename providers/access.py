"""The door to the providers' settings: administrators only; to everybody else there is nothing here."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import User
from providers.catalog import CatalogEntry, load_catalog
from providers.catalog import Endpoint as KnownEndpoint
from providers.configured import configured_endpoints, effective_catalog
from providers.contract import EndpointConfig
from providers.models import Endpoint, ModelRow
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


def get_configured(known: KnownEndpoint) -> EndpointConfig | None:
    """How to reach it; None while it is off."""
    return next((endpoint for endpoint in configured_endpoints() if endpoint.name == known.name), None)


def get_model(known: KnownEndpoint, model_id: str) -> tuple[ModelRow | None, CatalogEntry]:
    """A model of the endpoint, and its row if an administrator said anything of it."""
    entry = effective_catalog().entries.get(f"{known.name}/{model_id}")
    if entry is None:
        raise Http404
    return ModelRow.objects.filter(endpoint=known.name, model_id=model_id).first(), entry
