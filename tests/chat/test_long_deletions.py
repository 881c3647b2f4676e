"""What was deleted of a long conversation, and what expired, goes piece by piece: others write meanwhile, nobody sees a
half or brings one back, and it may be cut short."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings
from uuid_utils.compat import uuid7

from accounts.models import User
from chat.actions.branches import DELETED_KEPT, delete_message, purge_deleted_messages, restore_message
from chat.actions.lifecycle import expire_old
from chat.actions.removing import REMOVED_AT_ONCE
from chat.models import Attachment, Conversation, Message
from convoscope.errors import ValidationFailed
from tests.chat.organising.conftest import ClientOf
from tests.support.pieces import Killed, before_each_piece, elsewhere, make_long

PIECES = 3
LENGTH = PIECES * REMOVED_AT_ONCE - 2
IDS = [uuid7() for _ in range(LENGTH)]
REMOVED = 'DELETE FROM "chat_message"'


@pytest.fixture(autouse=True)
def _real_transactions(transactional_db: None) -> None:
    """What others see, and what foreign keys demand, is seen at a commit."""


def deleted(path: list[Message]) -> Callable[[], int]:
    delete_message(message=path[0])
    Message.objects.update(deleted_at=timezone.now() - DELETED_KEPT)
    return purge_deleted_messages


def expired(path: list[Message]) -> Callable[[], int]:
    long_ago = timezone.now() - timedelta(days=400)
    Conversation.objects.update(status="completed", resolved_at=long_ago, expiry_announced_at=long_ago, memory="buffer")
    return expire_old


@pytest.fixture(params=[deleted, expired])
def make_due(request: pytest.FixtureRequest, settings: Settings) -> Callable[[list[Message]], Callable[[], int]]:
    settings.RETENTION_DAYS = 90
    return request.param  # type: ignore[no-any-return]  # one of the functions above


def test_it_goes_piece_by_piece_and_no_half_of_it_is_seen_or_brought_back(
    alice: User, client_of: ClientOf, make_due: Callable[[list[Message]], Callable[[], int]]
) -> None:
    path = make_long(alice, IDS)
    purge, client, file, seen = make_due(path), client_of(alice), Attachment.objects.get().file, []
    address = reverse("conversation_detail", args=[path[0].conversation_id])

    def look() -> object:
        page = client.get(address)
        return Message.objects.count(), page.status_code, "Said " in page.text

    def bring_back(_number: int) -> None:
        seen.append(elsewhere(look))
        with pytest.raises(ValidationFailed, match="too late"):
            restore_message(message=path[-1])

    with before_each_piece(REMOVED, bring_back):
        assert purge() > 0
    assert seen == [(LENGTH - number * REMOVED_AT_ONCE, 200, False) for number in range(PIECES)]
    assert not Message.objects.exists()
    assert not default_storage.exists(file)


@pytest.mark.parametrize("order", [1, -1], ids=["as said", "backwards"])
def test_cut_short_it_is_gone_on_with(
    alice: User, order: int, make_due: Callable[[list[Message]], Callable[[], int]]
) -> None:
    """In whatever order the clocks of several servers put the messages."""
    purge = make_due(make_long(alice, IDS[::order]))

    def die(number: int) -> None:
        if number == PIECES:
            raise Killed

    with before_each_piece(REMOVED, die), pytest.raises(Killed):
        purge()
    assert Message.objects.count() == LENGTH - (PIECES - 1) * REMOVED_AT_ONCE
    assert not Message.objects.visible_to(alice).exists()
    assert purge_deleted_messages() == LENGTH - (PIECES - 1) * REMOVED_AT_ONCE
    assert not Message.objects.exists()
