"""Who decides, and what about."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actions.people import give_role, make_administrator
from accounts.audit.chain import breaks
from accounts.models import AuditEntry, Role, User
from chat.actions.flags import flag_message
from chat.actions.looks import LOOKED
from chat.models import Conversation, Flag, Message
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


BASE = "/admin/moderation/conversations/"


def address(message: Message, more: str = "") -> str:
    return f"{BASE}{message.conversation_id}/{more}"


def flag(message: Message, **given: object) -> Flag:
    told = {"source": "guard", "category": "hate", "severity": 2, "details": {"rules": ["slur"]}} | given
    return flag_message(message=message, **told)  # type: ignore[arg-type]  # of several kinds


def looks_recorded() -> int:
    return AuditEntry.objects.filter(action=LOOKED).count()


def break_glass(client_of: ClientOf, by: User, message: Message, **form: str) -> int:
    told = {"reason": "The police asked.", "hours": "2"} | form
    return client_of(by).post(address(message, "look/"), told).status_code


def long_conversation(owner: User, count: int) -> list[Message]:
    conversation = Conversation.objects.create(owner=owner, title="Long", active_at=timezone.now())
    messages: list[Message] = []
    for number in range(count):
        parent = messages[-1] if messages else None
        messages.append(Message(conversation=conversation, parent=parent, role="user", text=f"number {number:05}"))
    Message.objects.bulk_create(messages)
    Conversation.objects.filter(id=conversation.id).update(active_leaf=messages[-1])
    return messages


@pytest.fixture(autouse=True)
def _the_audit_log_holds(db: None) -> object:
    """Whatever a test did."""
    yield
    assert list(breaks()) == []
