"""What is removed for good, when, and with what; the ledger keeps its lines."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from accounts.models import User
from chat.actions.purging import PURGED_AT_ONCE, delete_conversations, purge_conversations
from chat.models import Checkpoint, Conversation, Message, Run, Tag
from chat.runs.leases import claim_run
from chat.tasks import purge_trash
from providers.models import Attempt, UsageRecord
from tests.chat.organising.conftest import make
from tests.support.answers import Call, Line, make_answer
from tests.support.turns import make_turn


def days_ago(days: float) -> dict[str, Any]:
    return {"trashed_at": timezone.now() - timedelta(days=days)}


def test_a_purge_takes_messages_runs_and_checkpoints_and_leaves_the_ledger(alice: User) -> None:
    call = Call(100, fields={"wire_request": b"all that was said"})
    run = make_answer(alice, calls=[call], lines=[Line(1, 4_300_000)])
    Checkpoint.objects.create(run=run, fence=1, n=1, text_delta="Half")
    conversation = run.message.conversation
    conversation.tags.create(owner=alice, name="urgent", key="urgent")
    everywhere = conversation.tags.create(owner=alice, name="of all", key="of all")
    kept = make(alice, "Of pools", **days_ago(29.9))
    kept.tags.add(everywhere)
    Conversation.objects.filter(id=conversation.id).update(**days_ago(30.1))
    purge_trash()
    assert list(Conversation.objects.all()) == [kept]
    assert [model.objects.count() for model in (Message, Run, Checkpoint)] == [0, 0, 0]
    assert list(Tag.objects.all()) == [everywhere]
    assert UsageRecord.objects.get().cost_nanousd == 4_300_000
    assert Attempt.objects.get().wire_request is None


@pytest.mark.django_db
def test_a_purge_takes_many_and_finds_nothing_the_second_time(alice: User) -> None:
    for _ in range(2 * PURGED_AT_ONCE + 3):
        make(alice, "Old", **days_ago(31))
    assert purge_conversations() == 2 * PURGED_AT_ONCE + 3
    assert purge_conversations() == 0


def test_a_temporary_chat_is_gone_a_day_after_its_last_message(alice: User) -> None:
    make(alice, "Gone", is_temporary=True, hours_ago=24.1)
    make(alice, "Going on", is_temporary=True, hours_ago=23.9)
    make(alice, "Not temporary", hours_ago=1_000)
    assert purge_conversations() == 1
    assert set(Conversation.objects.values_list("title", flat=True)) == {"Going on", "Not temporary"}


def test_what_another_process_is_writing_is_stopped_and_waited_for(alice: User) -> None:
    turn = make_turn(alice)
    claim = claim_run(turn.run.id, owner=turn.question.id)
    assert claim is not None
    Conversation.objects.update(**days_ago(0))
    assert delete_conversations(owner=alice, ids=None) == 1
    assert purge_conversations() == 0
    run = Run.objects.get()
    assert run.stop_requested_at is not None
    # The other process sees the mark with its next checkpoint, and ends it.
    Run.objects.update(status=Run.Status.STOPPED)
    assert purge_conversations() == 1


def test_a_branching_conversation_of_many_messages_is_taken_whole(alice: User) -> None:
    conversation = make(alice, "Tree", **days_ago(31))
    last = None
    for number in range(300):
        said = Message(conversation=conversation, parent=last, role="user", text=str(number))
        said.save()
        last = said if number % 3 else last
    Conversation.objects.update(active_leaf=last)
    assert purge_conversations() == 1
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_purges_at_once_share_the_work(alice: User) -> None:
    for _ in range(3 * PURGED_AT_ONCE):
        make(alice, "Old", **days_ago(31))
    start = threading.Barrier(2)

    def purge() -> int:
        try:
            start.wait()
            return purge_conversations()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        counts = [future.result() for future in [threads.submit(purge) for _ in range(2)]]
    assert sum(counts) == 3 * PURGED_AT_ONCE
    assert not Conversation.objects.exists()
