"""Logs what each background task did, and keeps it for the page of the tasks. A task never fails by that."""

from __future__ import annotations

import logging
from typing import Any

from celery.signals import task_failure, task_prerun, task_retry, task_success
from django.db import Error
from django.utils import timezone

from chat.actions.task_runs import record_task_run
from chat.models import TaskRun
from convoscope.background import Deeds

logger = logging.getLogger(__name__)


def note_beginning(sender: Any, **kwargs: Any) -> None:
    sender.request.began_at = timezone.now()


def keep_success(sender: Any, result: Deeds, **kwargs: Any) -> None:
    module, _, name = sender.name.rpartition(".")
    did = ", ".join(f"{deed} {count}" for deed, count in result.items() if count) or "nothing to do"
    logging.getLogger(module).info("%s: %s", " ".join((name, *sender.request.args)), did)
    _record(sender, TaskRun.Outcome.DONE, did=result)


def keep_retry(sender: Any, reason: Any, **kwargs: Any) -> None:
    _record(sender, TaskRun.Outcome.RETRIED, error=reason.exc)


def keep_failure(sender: Any, exception: BaseException, **kwargs: Any) -> None:
    _record(sender, TaskRun.Outcome.FAILED, error=exception)


def _record(
    sender: Any, outcome: TaskRun.Outcome, *, did: Deeds | None = None, error: BaseException | None = None
) -> None:
    try:
        record_task_run(task=sender.name, started_at=sender.request.began_at, outcome=outcome, did=did, error=error)
    except Error as exc:
        logger.warning("the run of %s wasn't recorded: %s", sender.name, exc)


# As calls: Celery's decorators have no types.
task_prerun.connect(note_beginning)
task_success.connect(keep_success)
task_retry.connect(keep_retry)
task_failure.connect(keep_failure)
