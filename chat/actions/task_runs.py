"""The record of background tasks, and how an administrator has one run at once."""

from __future__ import annotations

import os
import socket
from datetime import datetime

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from chat.inspect.masking import mask_keys
from chat.models import TaskRun
from convoscope.background import Deeds
from convoscope.errors import ValidationFailed

# Of each task. A failure stands longer than what went well since.
KEPT_RUNS = 20
KEPT_FAILURES = 5
SHOWN_CHARS = 500


def record_task_run(
    *,
    task: str,
    started_at: datetime,
    outcome: TaskRun.Outcome,
    did: Deeds | None = None,
    error: BaseException | None = None,
) -> None:
    """Keep how a run ended, and forget the oldest of the same task."""
    with transaction.atomic():
        TaskRun.objects.create(
            task=task,
            started_at=started_at,
            finished_at=timezone.now(),
            outcome=outcome,
            did=did or {},
            error_class=type(error).__name__ if error else "",
            error_detail=_shown(str(error)) if error else "",
            process=f"{socket.gethostname()}:{os.getpid()}",
        )
        runs = TaskRun.objects.filter(task=task).order_by("-id").values_list("id", flat=True)
        kept = [*runs[:KEPT_RUNS], *runs.exclude(outcome=TaskRun.Outcome.DONE)[:KEPT_FAILURES]]
        TaskRun.objects.filter(task=task).exclude(id__in=kept).delete()


def run_task_now(*, task: str) -> None:
    """Queue one of the schedule's tasks. Each does the same however often it is run.

    Raises: ValidationFailed if the schedule has none of that name, or the broker is gone.
    """
    if task not in {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}:
        raise ValidationFailed(_("This site has no such task. Reload the page."))
    try:
        current_app.send_task(task)
    except OperationalError as exc:
        raise ValidationFailed(_("The task wasn't queued: the broker can't be reached. Try again later.")) from exc


def _shown(text: str) -> str:
    """Its first line without keys: in those below it databases quote rows, which hold what people wrote."""
    known = [provider.api_key for provider in settings.PROVIDERS.values()]
    return mask_keys(text.strip().partition("\n")[0], known=known)[:SHOWN_CHARS]
