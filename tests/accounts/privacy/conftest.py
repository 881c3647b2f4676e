"""What these tests share."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import ErasureRequest, User

PASSWORD = "a long enough password"


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser(email="root@example.org", password=PASSWORD)


def reauthenticated(user: User) -> Client:
    client = Client()
    client.force_login(user)
    asked = client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert asked.status_code == 302
    return client


def asked_to_go(user: User) -> Any:
    return reauthenticated(user).post("/privacy/erasure/")


def let_grace_pass() -> None:
    """And whatever else a request waits for."""
    ErasureRequest.objects.filter(status__in=["waiting", "running"]).update(
        due_at=timezone.now() - timedelta(seconds=1), alive_at=None
    )
