"""A process that works in the background is killed at random moments, again and again: what comes of it is what comes
of one that wasn't."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from threading import Event

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from chat.actions.entities import kept_entities
from chat.entities.graph import Graph
from chat.models import Conversation, Message
from tests.chat.lifecycle.conftest import ago
from tests.chat.test_entities import SISTER
from tests.chat.test_summaries import talk
from tests.support.process import ROOT

CONVERSATIONS = 3
KILLS = 5
# About as long as one of these takes.
LONGEST_S = 0.1
KILLED = int(signal.SIGKILL)


class Worker:
    def __init__(self) -> None:
        environment = os.environ | {"KILLED_DATABASE": json.dumps({"NAME": str(connection.settings_dict["NAME"])})}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.killed"],
            cwd=ROOT,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._read() == "ready"

    def do(self, thing: str, *, kill_after_s: float | None = None) -> int:
        """0, or the signal that ended it."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{thing}\n")
        self._process.stdin.flush()
        child = int(self._read())
        if kill_after_s is not None:
            Event().wait(kill_after_s)
            # It may have ended by now.
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return int(self._read())

    def stop(self) -> None:
        """What it reads ends, and so does it."""
        self._process.communicate(timeout=60)

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture
def worker(transactional_db: None) -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.stop()


def make_what_is_due(owner: User) -> None:
    """Of each kind some, and some that nothing is to happen to."""
    Conversation.objects.all().delete()
    kinds: dict[str, dict[str, object]] = {
        "trashed": {"trashed_at": ago(days=31), "active_at": timezone.now()},
        "idle": {"active_at": ago(hours=1)},
        "over": {"status": "completed", "resolved_at": ago(days=91), "expiry_announced_at": ago(days=15)},
        "kept": {"active_at": timezone.now()},
    }
    for name, fields in kinds.items():
        for number in range(CONVERSATIONS):
            conversation = talk(owner, 8, first=SISTER)
            Conversation.objects.filter(id=conversation.id).update(title=f"{name} {number}", **fields)
            deleted = Message.objects.filter(conversation=conversation).order_by("-id")[:2].values("id")
            Message.objects.filter(id__in=list(deleted.values_list("id", flat=True))).update(deleted_at=ago(hours=1))
            conversation.active_leaf = conversation.messages.order_by("-id")[2]
            conversation.save(update_fields=["active_leaf"])


def entities_of(conversation: Conversation) -> list[tuple[str, ...]]:
    """By names alone: ids are made of the conversation's, which is another each time."""
    graph = Graph.of_json(kept_entities(conversation).graph)
    names = {one.id: one.name for one in graph.entities}
    found = [(one.name, one.type, str(one.attributes)) for one in graph.entities]
    return [*found, *((names[one.source], one.kind, names[one.target]) for one in graph.relations)]


def state() -> list[tuple[object, ...]]:
    return [
        (
            conversation.title,
            conversation.status,
            conversation.summary,
            conversation.topics,
            entities_of(conversation),
            conversation.active_leaf_id is None,
            [(message.text, message.deleted_at is None) for message in conversation.messages.order_by("id")],
        )
        for conversation in Conversation.objects.order_by("title")
    ]


@pytest.mark.parametrize(
    "thing", ["purge_trash", "purge_deleted_messages", "pause_idle", "expire_old", "update_summary", "extract_entities"]
)
def test_killed_at_random_moments_it_comes_to_the_same(worker: Worker, alice: User, thing: str) -> None:
    moments = random.Random(thing)
    make_what_is_due(alice)
    before = state()
    assert worker.do(thing) == 0
    whole = state()
    assert whole != before
    make_what_is_due(alice)
    assert state() == before
    ends = {
        worker.do(thing, kill_after_s=after_s)
        for after_s in (0, *(moments.uniform(0, LONGEST_S) for _ in range(KILLS)))
    }
    assert KILLED in ends
    assert worker.do(thing) == 0
    assert state() == whole
    assert worker.do(thing) == 0
    assert state() == whole
