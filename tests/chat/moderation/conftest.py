"""Who decides, and what about."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.actions.people import give_role, make_administrator
from accounts.audit.chain import breaks
from accounts.models import Role, User
from chat.models import Message
from tests.support.answers import make_plain

ClientOf = Callable[[User], Client]


def make_moderator(name: str = "mora") -> User:
    person = User.objects.create_user(email=f"{name}@example.org", is_staff=True)
    give_role(user=person, role=Role.MODERATOR)
    return person


@pytest.fixture
def moderator(db: None) -> User:
    return make_moderator()


@pytest.fixture
def administrator(db: None) -> User:
    person = User.objects.create_user(email="root@example.org")
    make_administrator(user=person)
    return person


@pytest.fixture
def answer(alice: User) -> Message:
    """Of a conversation of Alice's, whose question is its parent."""
    return make_plain(alice).message


@pytest.fixture(autouse=True)
def _the_audit_log_holds(db: None) -> object:
    """Whatever a test did."""
    yield
    assert list(breaks()) == []
