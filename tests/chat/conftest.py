"""An administrator, who may look up any answer's figures and errors."""

from __future__ import annotations

import pytest

from accounts.models import User


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_superuser(email="admin@example.org", password="a long enough password")
