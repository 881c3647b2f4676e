"""A conversation in one call, and what of it is found."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.models import User
from chat.models import Conversation, Message
from chat.search.index import Scope, matches
from chat.search.query import parse_query

Say = Callable[..., Message]
Found = Callable[..., list[str]]


@pytest.fixture
def say(alice: User) -> Say:
    """Alice says something, in a conversation of its own where none is given."""

    def make(
        text: str, *, owner: User = alice, conversation: Conversation | None = None, title: str = "", **fields: object
    ) -> Message:
        conversation = conversation or Conversation.objects.create(owner=owner, title=title, active_at=timezone.now())
        message = Message(conversation=conversation, **{"role": "user", "text": text} | fields)
        message.save(force_insert=True)
        Conversation.objects.filter(id=conversation.id).update(active_leaf=message)
        return message

    return make


@pytest.fixture
def found(alice: User) -> Found:
    """The texts that the index finds for a query, the newest first; a title stands in angle brackets."""

    def find(typed: str, *, owner: User = alice, limit: int = 50, **scope: object) -> list[str]:
        texts = []
        for match in matches(parse_query(typed), Scope(owner_id=owner.id, **scope), limit=limit).entries:  # type: ignore[arg-type]  # a test's own names
            if match.message_id is None:
                texts.append(f"<{Conversation.objects.get(id=match.conversation_id).title}>")
            else:
                texts.append(Message.objects.get(id=match.message_id).text)
        return texts

    return find
