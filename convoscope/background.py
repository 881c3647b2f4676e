"""What every background task keeps to: it says what it did, is tried again where the database fails it, and works for a
limited time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from math import inf
from time import monotonic, sleep
from typing import Any, Literal

from celery import shared_task
from django.db import DatabaseError, connection

# What a task says that it did, and how often. The page of the tasks has the words, in the language of who reads it.
Deed = Literal[
    "announced",
    "checked",
    "conversations_removed",
    "days_rolled_up",
    "days_unnamed",
    "discarded_or_taken_up_elsewhere",
    "erased",
    "expired",
    "failed_by_our_fault",
    "files_removed",
    "flagged",
    "folders_removed",
    "imported",
    "lines_unnamed",
    "looked_through",
    "made",
    "messages_removed",
    "not_read",
    "not_reached",
    "not_written",
    "out_of_time",
    "paused",
    "people_told",
    "queued",
    "refused",
    "released",
    "reminded",
    "removed",
    "steps",
    "suggested",
]
Deeds = dict[Deed, int]

# By Celery's count the first is after 30 s at most; each waits twice as long as the one before.
RETRIES = 3
RETRY_AFTER_S = 30
RETRY_AFTER_MAX_S = 300
# SQLite has no queue of writers: who waits asks again now and then, and would seldom meet a shorter moment.
OTHERS_TURN_S = 0.02

_until: ContextVar[float] = ContextVar("until", default=inf)


def background_task(*, limit_s: int) -> Callable[[Callable[..., Deeds]], Any]:
    """Make a function a Celery task. It returns what it did, for the log and the page of the tasks.

    Celery can't interrupt a thread, so it is what the task calls that ends in time: it asks `time_is_up` before each
    piece of its work.
    """

    def declare(work: Callable[..., Deeds]) -> Any:
        @wraps(work)
        def limited(*args: str) -> Deeds:
            with limited_to(limit_s):
                return work(*args)

        return shared_task(
            autoretry_for=(DatabaseError,),
            retry_backoff=RETRY_AFTER_S,
            retry_backoff_max=RETRY_AFTER_MAX_S,
            max_retries=RETRIES,
            soft_time_limit=limit_s,
        )(limited)

    return declare


@contextmanager
def limited_to(limit_s: float) -> Iterator[None]:
    token = _until.set(monotonic() + limit_s)
    try:
        yield
    finally:
        _until.reset(token)


def time_is_up() -> bool:
    """Whether the task that this is a part of has worked as long as it may; never outside one."""
    return monotonic() > _until.get()


def let_others_write() -> None:
    """Between two of many transactions."""
    if connection.vendor == "sqlite":
        sleep(OTHERS_TURN_S)
