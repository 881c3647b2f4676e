"""Long conversations are purged piece by piece: others write meanwhile, nobody sees a half, and it may be cut short."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import User
from chat.actions.organising import restore_conversations
from chat.actions.purging import purge_conversations
from chat.actions.removing import REMOVED_AT_ONCE
from chat.models import Attachment, Conversation, Message, Run
from providers.models import Attempt
from tests.chat.organising.conftest import ClientOf, make
from tests.support.answers import Call, make_calls
from tests.support.pieces import Killed, before_each_piece, elsewhere, make_long

PIECES = 3
LENGTH = PIECES * REMOVED_AT_ONCE - 2
IDS = [uuid7() for _ in range(LENGTH)]
REMOVED = 'DELETE FROM "chat_message"'
LONG_AGO = timezone.now() - timedelta(days=40)
DUE: dict[str, dict[str, Any]] = {
    "deleted": {"trashed_at": LONG_AGO, "deleted_at": LONG_AGO},
    "trashed": {"trashed_at": LONG_AGO},
    "temporary": {"is_temporary": True, "active_at": LONG_AGO},
}


@pytest.fixture(autouse=True)
def _real_transactions(transactional_db: None) -> None:
    """What others see, and what foreign keys demand, is seen at a commit."""


def make_runs(path: list[Message]) -> None:
    """Of every message, each with a request as it was sent."""
    runs = Run.objects.bulk_create(Run(message=one, status="complete") for one in path)
    for run in runs:
        make_calls(run.id, run.created_at, [Call(100, fields={"wire_request": b"all that was said"})])


def is_all_gone() -> bool:
    rows = (Conversation, Message, Run, Attachment)
    assert [model.__name__ for model in rows if model.objects.exists()] == []
    return not Attempt.objects.exclude(wire_request=None).exists()


@pytest.mark.parametrize("due", DUE)
def test_it_goes_piece_by_piece_and_no_half_of_it_is_seen_or_brought_back(
    alice: User, client_of: ClientOf, due: str
) -> None:
    path = make_long(alice, IDS, **DUE[due])
    client, conversation_id = client_of(alice), path[0].conversation_id
    file, seen = Attachment.objects.get().file, []

    def look() -> object:
        return (
            Message.objects.count(),
            client.get(reverse("conversation_detail", args=[conversation_id])).status_code,
            client.get(reverse("message_detail", args=[path[0].id])).status_code,
            "Of pools" in client.get(reverse("trash")).text,
        )

    def bring_back(_number: int) -> None:
        seen.append(elsewhere(look))
        restore_conversations(owner=alice, ids=[conversation_id])

    with before_each_piece(REMOVED, bring_back):
        assert purge_conversations() == 1
    assert seen == [(LENGTH - number * REMOVED_AT_ONCE, 404, 404, False) for number in range(PIECES)]
    assert is_all_gone()
    assert not default_storage.exists(file)


@pytest.mark.parametrize("due", DUE)
@pytest.mark.parametrize("order", [1, -1], ids=["as said", "backwards"])
def test_cut_short_it_is_gone_on_with(alice: User, due: str, order: int) -> None:
    """In whatever order the clocks of several servers put the messages."""
    make_runs(make_long(alice, IDS[::order], **DUE[due]))

    def die(number: int) -> None:
        if number == PIECES:
            raise Killed

    with before_each_piece(REMOVED, die), pytest.raises(Killed):
        purge_conversations()
    assert Message.objects.count() == LENGTH - (PIECES - 1) * REMOVED_AT_ONCE
    assert not Conversation.objects.visible_to(alice).exists()
    assert purge_conversations() == 1
    assert is_all_gone()


def test_short_ones_go_along_with_it(alice: User) -> None:
    make_long(alice, IDS, **DUE["trashed"])
    for number in range(PIECES):
        make_long(alice, [uuid7() for _ in range(number)] or [uuid7()], **DUE["temporary"])
    make(alice, "Empty", **DUE["trashed"])
    assert purge_conversations() == PIECES + 2
    assert purge_conversations() == 0
    assert is_all_gone()
