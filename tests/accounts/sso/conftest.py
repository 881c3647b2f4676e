"""An issuer on loopback, set up as the environment would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from tests.support.sso import CLIENT_ID, Issuer, running_issuer


def provider_at(issuer: Issuer, **instead: Any) -> dict[str, Any]:
    return {
        "kind": "oidc",
        "slug": "oidc",
        "name": "The Works",
        "client_id": CLIENT_ID,
        "secret": "a secret",
        "issuer": issuer.url,
        "creates_accounts": True,
    } | instead


@pytest.fixture
def issuer(settings: Settings) -> Iterator[Issuer]:
    with running_issuer() as issuer:
        settings.SSO_PROVIDERS = [provider_at(issuer)]
        yield issuer
