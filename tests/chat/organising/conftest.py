"""What the tests of sorting share: conversations, and how pages send what was selected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat.models import Conversation

HTMX = {"HX-Request": "true"}

ClientOf = Callable[[User], Client]


def make(owner: User, title: str, *, hours_ago: float = 0, **fields: object) -> Conversation:
    active_at = timezone.now() - timedelta(hours=hours_ago)
    return Conversation.objects.create(owner=owner, title=title, active_at=active_at, **fields)


@pytest.fixture
def conversation(alice: User) -> Conversation:
    return make(alice, "Of pools")


def assert_closed_to_others(
    address: str, *, charlie: User, client_of: ClientOf, form: dict[str, object] | None = None
) -> None:
    """To Charlie there is nothing there; visitors are sent to sign in."""
    assert client_of(charlie).post(address, form or {}).status_code == 404
    assert Client().post(address, form or {}).headers["Location"].startswith("/accounts/login/")
