"""Forks of long conversations: copied piece by piece, so that others write meanwhile, and seen once they are whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import User
from chat.actions.forks import COPIED_AT_ONCE, fork_conversation
from chat.actions.moderation import hide_message, lock_conversation
from chat.actions.purging import purge_conversations
from chat.models import Attachment, Conversation, Message
from convoscope.errors import ConversationLocked, ValidationFailed
from tests.chat.moderation.conftest import make_moderator
from tests.support.pieces import Killed, before_each_piece, elsewhere, make_long

ClientOf = Callable[[User], Client]
PIECES = 3
LENGTH = PIECES * COPIED_AT_ONCE - 2
IDS = [uuid7() for _ in range(LENGTH)]
COPIED = 'INSERT INTO "chat_message"'


@pytest.fixture(autouse=True)
def _real_transactions(transactional_db: None) -> None:
    """What others see, and what foreign keys demand, is seen at a commit."""


def test_a_long_conversation_is_copied_piece_by_piece_and_seen_once_it_is_whole(
    alice: User, client_of: ClientOf
) -> None:
    last = make_long(alice, IDS)[-1]
    client, seen = client_of(alice), []

    def look() -> object:
        copies = Conversation.objects.exclude(id=last.conversation_id)
        addresses = [reverse("conversation_detail", args=[one]) for one in copies.values_list("id", flat=True)]
        return (
            Message.objects.filter(conversation__in=copies).count(),
            [client.get(one).status_code for one in addresses],
            "(fork)" in client.get("/").text,
            "(fork)" in client.get(reverse("search"), {"q": "pools"}).text,
        )

    with before_each_piece(COPIED, lambda _number: seen.append(elsewhere(look))):
        response = client_of(alice).post(reverse("message_fork", args=[last.id]))
    assert seen == [(number * COPIED_AT_ONCE, [404], False, False) for number in range(PIECES)]
    fork = Conversation.objects.exclude(id=last.conversation_id).get()
    assert response.headers["Location"] == reverse("conversation_detail", args=[fork.id])
    assert client.get(response.headers["Location"]).status_code == 200
    assert "(fork)" in client.get("/").text
    path = Message.objects.path_to(fork.active_leaf_id)
    assert [one.text for one in path] == [f"Said {number}" for number in range(LENGTH)]
    assert path[-1].attachments.get().file == last.attachments.get().file


def test_what_a_killed_process_copied_is_purged_and_the_original_keeps_its_files(alice: User) -> None:
    last = make_long(alice, IDS)[-1]

    def die(number: int) -> None:
        if number == PIECES:
            raise Killed

    with before_each_piece(COPIED, die), pytest.raises(Killed):
        fork_conversation(message=last, by=alice, has_branches=False)
    assert Message.objects.count() == LENGTH + (PIECES - 1) * COPIED_AT_ONCE
    assert purge_conversations() == 0, "it may still be copied"
    unfinished = Conversation.objects.exclude(id=last.conversation_id)
    unfinished.update(deleted_at=F("deleted_at") - timedelta(hours=1))
    assert purge_conversations() == 1
    assert Conversation.objects.get().id == last.conversation_id
    assert Message.objects.count() == LENGTH
    assert default_storage.exists(Attachment.objects.get().file)


def test_what_is_deleted_meanwhile_is_left_out_with_all_that_follows_it(alice: User) -> None:
    """Also where it is brought back before what follows it is copied."""
    path = make_long(alice, IDS)
    gone = Message.objects.filter(id=path[COPIED_AT_ONCE + 5].id)

    def delete_and_restore(number: int) -> None:
        gone.update(deleted_at=timezone.now() if number == 1 else None)

    with before_each_piece(COPIED, delete_and_restore):
        fork = fork_conversation(message=path[0], by=alice, has_branches=True)
    assert fork.messages.count() == COPIED_AT_ONCE + 5
    shown = Message.objects.path_to(fork.active_leaf_id)
    assert [one.text for one in shown] == [f"Said {number}" for number in range(COPIED_AT_ONCE + 5)]


@pytest.mark.parametrize("has_branches", [True, False], ids=["tree", "path"])
def test_what_is_forked_from_may_not_be_deleted_meanwhile(alice: User, has_branches: bool) -> None:
    path = make_long(alice, IDS)
    rest = Message.objects.filter(id__in=[one.id for one in path[COPIED_AT_ONCE:]])

    def delete(_number: int) -> None:
        rest.update(deleted_at=timezone.now())

    with before_each_piece(COPIED, delete), pytest.raises(ValidationFailed, match="deleted meanwhile"):
        fork_conversation(message=path[-1], by=alice, has_branches=has_branches)
    assert [one.title for one in Conversation.objects.visible_to(alice)] == ["Of pools"]


@pytest.mark.parametrize("has_branches", [True, False], ids=["tree", "path"])
def test_what_the_purge_leaves_for_now_is_no_beginning(alice: User, has_branches: bool) -> None:
    """It takes the messages above first, and what hung on them stands alone until it goes too."""
    path = make_long(alice, IDS)
    last_of_piece, next_of_piece = path[COPIED_AT_ONCE * 2 - 1], path[COPIED_AT_ONCE * 2]

    def purge_some(number: int) -> None:
        if number == 2:
            Message.objects.filter(id=next_of_piece.id).update(parent=None)
            Message.objects.filter(id=last_of_piece.id).delete()

    with before_each_piece(COPIED, purge_some), pytest.raises(ValidationFailed, match="changed while it was copied"):
        fork_conversation(message=path[-1], by=alice, has_branches=has_branches)
    assert [one.title for one in Conversation.objects.visible_to(alice)] == ["Of pools"]


def test_each_is_copied_after_what_it_hangs_on_whatever_their_ids_say(alice: User) -> None:
    """The clocks of two servers may differ by more than an answer takes."""
    path = make_long(alice, IDS[::-1])
    fork = fork_conversation(message=path[-1], by=alice, has_branches=True)
    shown = Message.objects.path_to(fork.active_leaf_id)
    assert [one.text for one in shown] == [f"Said {number}" for number in range(LENGTH)]


def test_siblings_keep_their_order(alice: User) -> None:
    root, *rest = make_long(alice, IDS)
    Message.objects.filter(id__in=[one.id for one in rest]).update(parent=root)
    fork = fork_conversation(message=root, by=alice, has_branches=True)
    copies = fork.messages.exclude(parent=None).order_by("id")
    assert [one.text for one in copies] == [f"Said {number}" for number in range(1, LENGTH)]


@pytest.mark.parametrize("number", [0, LENGTH - 1], ids=["copied", "not yet copied"])
def test_what_is_hidden_meanwhile_is_in_no_copy(alice: User, number: int) -> None:
    path, moderator = make_long(alice, IDS), make_moderator()

    def hide(piece: int) -> None:
        if piece == 1:
            hide_message(message=path[number], reason="It insults.", by=moderator)

    with before_each_piece(COPIED, hide):
        forked = fork_conversation_or_none(path[1])
    copies = Message.objects.exclude(conversation=path[0].conversation_id)
    seen = copies.filter(conversation__deleted_at=None, text=f"Said {number}")
    assert not seen.exists()
    assert (forked is None) == (number == 0)


def fork_conversation_or_none(message: Message) -> Conversation | None:
    try:
        return fork_conversation(message=message, by=message.conversation.owner, has_branches=True)
    except ValidationFailed:
        return None


def test_what_is_locked_meanwhile_is_not_forked(alice: User) -> None:
    path, moderator = make_long(alice, IDS), make_moderator()
    conversation = path[0].conversation

    def lock(piece: int) -> None:
        if piece == 1:
            lock_conversation(conversation=conversation, reason="It insults.", by=moderator)

    with before_each_piece(COPIED, lock), pytest.raises(ConversationLocked):
        fork_conversation(message=path[-1], by=alice, has_branches=False)
    assert [one.id for one in Conversation.objects.visible_to(alice)] == [conversation.id]


def test_a_summary_that_is_forgotten_meanwhile_is_not_copied(alice: User) -> None:
    path = make_long(alice, IDS)
    mine = Conversation.objects.filter(id=path[0].conversation_id)
    mine.update(summary="Of pools.", summary_leaf=path[3])
    path[-1].conversation.refresh_from_db()

    def forget(_piece: int) -> None:
        mine.update(summary="", title="Otherwise", topics="")

    with before_each_piece(COPIED, forget):
        fork = fork_conversation(message=path[-1], by=alice, has_branches=False)
    assert (fork.summary, fork.title) == ("", "Otherwise (fork)")
