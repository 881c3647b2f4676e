"""Each test begins without the vectors of the one before it."""

from __future__ import annotations

import pytest

from accounts.models import User
from providers.cache.nearest import neighbours


@pytest.fixture(autouse=True)
def _no_vectors() -> None:
    neighbours.forget()


@pytest.fixture
def bob(db: None) -> User:
    """Shares with Alice what the site lets people share."""
    return User.objects.create_user(email="bob@example.org", password="a long enough password")
