"""What an attacker meets: every test here is one of `make security`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.support.walk import Site, make_site


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.security)


@pytest.fixture
def site(db: None, settings: Settings, client_of: Callable[[User], Client]) -> Site:
    settings.OWN_KEYS_ALLOWED = True
    settings.RATE_LIMIT_IP_REQUESTS = 100_000
    settings.RATE_LIMIT_REQUESTS = 100_000
    return make_site(client_of)
