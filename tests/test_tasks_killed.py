"""Each background task is killed at random points, again and again, and run twice at once: what comes of it is what
comes of one that nobody disturbed. `tests/support/due` says what each is given to do."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from time import time

import pytest
from celery import current_app
from django.core.cache import cache
from django.utils import timezone
from pytest_django import DjangoDbBlocker, Settings

from accounts.models import ErasureRequest, User
from chat.models import Conversation, ConversationExport, ConversationImport
from providers.models import Reservation
from tests.chat.test_task_pages import ours
from tests.support.due import DUE, accounts, chat, privacy, providers
from tests.support.due.kind import Due
from tests.support.killer import Worker, worker_process

ROUNDS = 2
# An archive is begun so often at most.
KILLS = 2


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("media")


@pytest.fixture(scope="module")
def worker(media: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Worker]:
    """It forks, so one serves all tests."""
    with worker_process(media) as worker:
        yield worker


@pytest.fixture(autouse=True)
def _files(media: Path, settings: Settings, transactional_db: None) -> None:
    settings.MEDIA_ROOT = media


def make(due: Due, owner: User, media: Path) -> tuple[str, ...]:
    for app in (privacy, accounts, chat, providers):
        app.forget()
    for path in media.iterdir():
        rmtree(path)
    cache.clear()
    return due.make(owner)


def let_hours_pass(media: Path) -> None:
    """The claims of those who were killed end with their time."""
    cache.clear()
    long_ago = timezone.now() - timedelta(hours=3)
    ConversationExport.objects.exclude(alive_at=None).update(alive_at=long_ago)
    ConversationImport.objects.exclude(alive_at=None).update(alive_at=long_ago)
    ErasureRequest.objects.exclude(alive_at=None).update(alive_at=long_ago)
    # Copies that aren't whole yet
    Conversation.objects.filter(deleted_at__gt=timezone.now()).update(deleted_at=long_ago)
    Reservation.objects.update(expires_at=long_ago)
    for path in media.rglob("*"):
        os.utime(path, (time() - 3 * 24 * 3600,) * 2)


def finish(worker: Worker, due: Due, arguments: tuple[str, ...], media: Path) -> None:
    """As redelivery and the schedule do."""
    let_hours_pass(media)
    for task in due.again:
        worker.do(task, ())
    if not due.again:
        worker.do(due.task, arguments)


def test_each_task_has_something_to_be_killed_at() -> None:
    assert {due.task for due in DUE} == ours().keys()
    assert {task for due in DUE for task in due.again} <= current_app.tasks.keys()


@pytest.mark.parametrize("due", DUE, ids=str)
def test_killed_at_random_points_it_comes_to_the_same(worker: Worker, alice: User, media: Path, due: Due) -> None:
    arguments = make(due, alice, media)
    before = due.state()
    points = worker.do(due.task, arguments)
    assert due.state() != before
    finish(worker, due, arguments, media)
    whole = due.state()
    finish(worker, due, arguments, media)
    assert due.state() == whole
    chance, deaths = random.Random(str(due)), 0
    for _round in range(ROUNDS):
        arguments = make(due, alice, media)
        assert due.state() == before
        first = chance.randint(1, points)
        deaths += worker.die(due.task, arguments, at=first)
        for _kill in range(KILLS - 1):
            let_hours_pass(media)
            task, given = (due.again[0], ()) if due.again else (due.task, arguments)
            deaths += worker.die(task, given, at=chance.randint(1, points))
        finish(worker, due, arguments, media)
        assert due.state() == whole, f"killed at {first} of {points}"
    assert deaths >= ROUNDS


@pytest.mark.parametrize("due", DUE, ids=str)
def test_twice_at_once_it_comes_to_the_same(worker: Worker, alice: User, media: Path, due: Due) -> None:
    arguments = make(due, alice, media)
    worker.do(due.task, arguments)
    finish(worker, due, arguments, media)
    whole = due.state()
    arguments = make(due, alice, media)
    worker.do_twice(due.task, arguments)
    finish(worker, due, arguments, media)
    assert due.state() == whole
