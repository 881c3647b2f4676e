"""Background tasks as the page for administrators lists them: what each is for, how it went of late, when it is due."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from celery.schedules import crontab
from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chat.models import TaskRun
from chat.task_deeds import deed_words

# One run may be skipped by a restart; nobody works on the tasks after so many.
LATE_INTERVALS = 3
PURPOSES: dict[str, Promise] = {
    "chat.tasks.make_title": gettext_lazy("Names a conversation after its first answer"),
    "chat.tasks.update_summary": gettext_lazy("Brings the summary of a long conversation up to date"),
    "chat.tasks.extract_entities": gettext_lazy("Finds the entities and topics of a conversation"),
    "chat.tasks.suggest_follow_ups": gettext_lazy("Suggests what may be asked after an answer"),
    "chat.tasks.complete_conversation": gettext_lazy("Gives a resolved conversation its title and final summary"),
    "chat.tasks.build_export": gettext_lazy("Makes the archive that somebody asked for"),
    "chat.tasks.sweep_missing_titles": gettext_lazy("Has titles made that were lost on the way"),
    "chat.tasks.purge_deleted_messages": gettext_lazy(
        "Removes deleted messages that can't be brought back any more, and files that were attached and never sent"
    ),
    "chat.tasks.purge_trash": gettext_lazy("Removes what lay in the trash long enough, and old temporary chats"),
    "chat.tasks.pause_idle": gettext_lazy("Pauses conversations that nobody goes on with, and summarises them"),
    "chat.tasks.sweep_completions": gettext_lazy("Has final summaries made that were lost on the way"),
    "chat.tasks.expire_old": gettext_lazy("Announces what expires, and deletes the messages of what has"),
    "chat.tasks.sweep_exports": gettext_lazy("Has archives made that were lost on the way, and deletes old ones"),
    "chat.tasks.work_on_import": gettext_lazy("Looks through a file of conversations, or imports it"),
    "chat.tasks.sweep_imports": gettext_lazy("Takes up imports that were lost, and removes old files"),
    "chat.tasks.purge_stray_files": gettext_lazy(
        "Removes files of exports, imports and attachments that a killed process left"
    ),
    "chat.tasks.purge_expired_shares": gettext_lazy("Removes what links showed that expired a while ago"),
    "chat.tasks.purge_deleted_prompts": gettext_lazy("Removes deleted prompts that can't be brought back any more"),
    "chat.tasks.check_messages": gettext_lazy("Looks through messages for what moderators should see"),
    "chat.tasks.sweep_message_checks": gettext_lazy("Looks through messages that were missed"),
    "accounts.tasks.delete_old_audit_entries": gettext_lazy("Removes what the audit log kept long enough"),
    "accounts.tasks.delete_ended_sign_ins": gettext_lazy("Forgets sessions that ran out, and old invitations"),
    "accounts.tasks.forget_old_sign_ins": gettext_lazy("Forgets how people signed in through providers a while ago"),
    "accounts.tasks.erase_person": gettext_lazy("Erases somebody whose grace is over"),
    "accounts.tasks.sweep_erasures": gettext_lazy("Has erasures begun that are due, and those tried again that failed"),
    "accounts.tasks.retire_inactive": gettext_lazy("Announces the end of accounts that nobody uses, and ends them"),
    "accounts.tasks.remind_of_breaches": gettext_lazy(
        "Reminds administrators of a breach before its 72 hours are over"
    ),
    "providers.tasks.forget_payers": gettext_lazy("Takes people out of old sums and lines of what was used"),
    "providers.tasks.sweep_cached_responses": gettext_lazy("Removes kept answers that are too old or too many"),
    "providers.tasks.sweep_reservations": gettext_lazy("Gives budgets back what lost requests still hold"),
    "providers.tasks.sweep_wire_requests": gettext_lazy("Forgets what was sent to providers a while ago"),
    "providers.tasks.roll_up_usage": gettext_lazy("Sums the ledger up by days, for reports"),
    "providers.tasks.check_idle_endpoints": gettext_lazy("Looks whether providers that nobody asks can be reached"),
}


@dataclass(frozen=True, slots=True)
class ListedTask:
    """`schedule` is when it runs, in words; `failures` are the latest, newest first."""

    task: str
    name: str
    purpose: str
    schedule: str
    is_scheduled: bool
    last: TaskRun | None
    due_at: datetime | None
    is_late: bool
    failures: list[TaskRun]

    @property
    def state(self) -> str:
        """As the page marks it."""
        if self.is_late:
            return "near"
        if self.last is None:
            return ""
        return "on" if self.last.outcome == TaskRun.Outcome.DONE else "failed"

    @property
    def did(self) -> str:
        """What the last run came to, if it was done."""
        return deed_words(self.last.did) if self.last and self.last.outcome == TaskRun.Outcome.DONE else ""

    @property
    def state_words(self) -> str:
        if self.is_late:
            return _("Late")
        return self.last.get_outcome_display() if self.last else _("Not run yet")


def list_tasks() -> list[ListedTask]:
    """Those of the schedule in its order, then those that something asks for."""
    runs: defaultdict[str, list[TaskRun]] = defaultdict(list)
    # Few of each are kept.
    for run in TaskRun.objects.order_by("-id"):
        runs[run.task].append(run)
    scheduled = {entry["task"]: entry["schedule"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    others = [task for task in PURPOSES if task not in scheduled]
    return [_listed(task, scheduled.get(task), runs[task]) for task in (*scheduled, *others)]


def interval(schedule: float | crontab) -> timedelta:
    """How far apart its runs are. Those by the clock are hourly, which a test holds."""
    return timedelta(hours=1) if isinstance(schedule, crontab) else timedelta(seconds=schedule)


def schedule_words(schedule: float | crontab | None) -> str:
    if schedule is None:
        return _("When it is asked for")
    if isinstance(schedule, crontab):
        [minute] = schedule.minute
        return _("Each hour, at minute %(minute)d") % {"minute": minute}
    minutes = round(schedule / 60)
    return ngettext("Each minute", "Every %(minutes)d minutes", minutes) % {"minutes": minutes}


def _listed(task: str, schedule: float | crontab | None, runs: list[TaskRun]) -> ListedTask:
    last = runs[0] if runs else None
    due_at, is_late = None, False
    if schedule is not None and last is not None:
        due_at = last.started_at + interval(schedule)
        if isinstance(schedule, crontab):
            due_at = last.started_at + schedule.remaining_delta(last.started_at)[1]
        is_late = timezone.now() - last.started_at > LATE_INTERVALS * interval(schedule)
    return ListedTask(
        task=task,
        name=task.rpartition(".")[2],
        purpose=str(PURPOSES[task]),
        schedule=schedule_words(schedule),
        is_scheduled=schedule is not None,
        last=last,
        due_at=due_at,
        is_late=is_late,
        failures=[run for run in runs if run.outcome != TaskRun.Outcome.DONE],
    )
