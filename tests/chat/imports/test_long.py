"""An import of a long conversation: stored piece by piece, so that others write meanwhile; seen once it is whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from uuid_utils.compat import uuid7

from accounts.models import User
from chat.actions.forks import COPIED_AT_ONCE
from chat.actions.imports import confirm_import, work_on_import
from chat.models import Conversation, ImportedSource, Message
from tests.chat.imports.support import bring, exported
from tests.support.pieces import before_each_piece, elsewhere, make_long

ClientOf = Callable[[User], Client]
PIECES = 3
LENGTH = PIECES * COPIED_AT_ONCE - 2
STORED = 'INSERT INTO "chat_message"'


@pytest.fixture(autouse=True)
def _real_transactions(transactional_db: None) -> None:
    """What others see, and what foreign keys demand, is seen at a commit."""


def test_it_is_stored_piece_by_piece_and_seen_once_it_is_whole(alice: User, charlie: User, client_of: ClientOf) -> None:
    long = make_long(charlie, [uuid7() for _ in range(LENGTH)])[-1].conversation
    brought = bring(alice, exported(long))
    confirm_import(brought=brought)
    client, seen = client_of(alice), []

    def look() -> object:
        stored = Conversation.objects.filter(owner=alice)
        pages = [client.get(f"/conversations/{one.id}/").status_code for one in stored]
        said = Message.objects.filter(conversation__in=stored).count()
        return said, pages, "Of pools" in client.get("/").text, ImportedSource.objects.count()

    with before_each_piece(STORED, lambda _number: seen.append(elsewhere(look))):
        assert work_on_import(brought.id) == {"imported": 1}
    assert seen == [(number * COPIED_AT_ONCE, [404], False, 0) for number in range(PIECES)]
    conversation = Conversation.objects.visible_to(alice).get()
    path = Message.objects.path_to(conversation.active_leaf_id)
    assert [one.text for one in path] == [f"Said {number}" for number in range(LENGTH)]
    assert "Of pools" in client.get("/").text
