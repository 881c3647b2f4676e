"""What background tasks keep to, what is kept of their runs, and the page that tells administrators."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, get_args

import pytest
from celery import current_app
from celery.schedules import crontab
from django.conf import settings
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone

import accounts.tasks
import chat.tasks
import providers.tasks
from accounts.models import User
from chat.actions.task_runs import KEPT_FAILURES, KEPT_RUNS, record_task_run
from chat.models import Conversation, TaskRun
from chat.task_deeds import DEEDS
from chat.task_listing import PURPOSES, interval, list_tasks, schedule_words
from chat.tasks import pause_idle, purge_trash, update_summary
from convoscope.background import RETRIES, Deed, Deeds, background_task, time_is_up
from tests.chat.lifecycle.conftest import ago
from tests.support.server import words

ClientOf = Callable[[User], Client]
DONE, FAILED = TaskRun.Outcome.DONE, TaskRun.Outcome.FAILED
KEY = "sk-0123456789abcdefghij"


def ours() -> dict[str, Any]:
    """Each that this project declares, by its name."""
    modules = (accounts.tasks.__name__, chat.tasks.__name__, providers.tasks.__name__)
    return {name: task for name, task in current_app.tasks.items() if name.rpartition(".")[0] in modules}


@pytest.fixture
def failing() -> Iterator[Any]:
    """A task that fails by what it is given: one of its own, gone after the test."""

    @background_task(limit_s=1)
    def fail_as_told(how: str) -> Deeds:
        raise {"database": DatabaseError, "fault": ValueError}[how](f"refused {KEY}\nDETAIL: what somebody wrote")

    yield fail_as_told
    current_app.tasks.unregister(fail_as_told.name)


# What they keep to


def test_each_task_declares_its_limit_and_is_tried_again_where_the_database_fails_it() -> None:
    assert ours().keys() == PURPOSES.keys()
    for name, task in ours().items():
        assert (name, task.autoretry_for, task.max_retries) == (name, (DatabaseError,), RETRIES)
        assert 0 < task.soft_time_limit <= 1800
        assert task.retry_backoff


def test_there_are_words_for_whatever_a_task_can_have_done() -> None:
    assert set(get_args(Deed)) == DEEDS.keys()


def test_each_of_the_schedule_exists_needs_nothing_and_is_spoken_of_in_words() -> None:
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in ours()
        assert "args" not in entry
        assert schedule_words(entry["schedule"])
        if isinstance(entry["schedule"], crontab):
            assert len(entry["schedule"].minute) == 1
            assert len(entry["schedule"].hour) == 24


def test_within_a_task_time_is_up_at_its_limit(failing: Any) -> None:
    @background_task(limit_s=-1)
    def late() -> Deeds:
        return {"out_of_time": int(time_is_up())}

    assert late() == {"out_of_time": 1}
    assert not time_is_up()
    current_app.tasks.unregister(late.name)


# What is kept of a run


def test_a_run_is_kept_with_what_it_did_and_logged(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "chat.tasks")
    Conversation.objects.create(owner=alice, title="Idle", active_at=ago(hours=1))
    pause_idle.apply()
    run = TaskRun.objects.get()
    assert (run.task, run.outcome, run.did) == ("chat.tasks.pause_idle", DONE, {"paused": 1})
    assert run.started_at <= run.finished_at
    assert "pause_idle: paused 1" in caplog.messages


@pytest.mark.django_db
def test_the_log_names_what_a_task_was_about(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "chat.tasks")
    number = "0192d4c8-0000-7000-8000-000000000001"
    update_summary.apply(args=(number,))
    assert f"update_summary {number}: nothing to do" in caplog.messages


@pytest.mark.django_db
def test_an_error_is_kept_without_keys_and_without_what_people_wrote(failing: Any) -> None:
    failing.apply(args=("fault",))
    run = TaskRun.objects.get()
    assert (run.outcome, run.error_class, run.error_detail) == (FAILED, "ValueError", "refused [key]")


@pytest.mark.django_db
def test_where_the_database_fails_it_it_is_tried_again(failing: Any) -> None:
    failing.apply(args=("database",), throw=False)
    outcomes = list(TaskRun.objects.order_by("id").values_list("outcome", "error_class"))
    assert outcomes.count(("retried", "DatabaseError")) == RETRIES
    assert outcomes.count((FAILED, "DatabaseError")) == 1


@pytest.mark.django_db
def test_a_record_that_can_not_be_written_breaks_no_task(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if TaskRun._meta.db_table in sql:
            raise DatabaseError("the disk is full")
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse):
        assert purge_trash.apply().successful()
    assert "wasn't recorded: the disk is full" in caplog.text
    assert not TaskRun.objects.exists()


@pytest.mark.django_db
def test_so_many_are_kept_and_failures_longer() -> None:
    for number in range(KEPT_FAILURES + 2):
        record_task_run(task="a", started_at=timezone.now(), outcome=FAILED, error=ValueError(str(number)))
    record_task_run(task="b", started_at=timezone.now(), outcome=DONE)
    for number in range(KEPT_RUNS + 3):
        record_task_run(task="a", started_at=timezone.now(), outcome=DONE, did={"queued": number})
    kept = TaskRun.objects.filter(task="a")
    assert kept.filter(outcome=DONE).count() == KEPT_RUNS
    assert sorted(kept.filter(outcome=FAILED).values_list("error_detail", flat=True)) == ["2", "3", "4", "5", "6"]
    assert TaskRun.objects.filter(task="b").count() == 1


# The page


def ran(task: str, *, minutes_ago: float, outcome: str = DONE, **fields: Any) -> None:
    moment = ago(minutes=minutes_ago)
    fields = {"started_at": moment, "finished_at": moment + timedelta(milliseconds=120), "process": "here:1"} | fields
    TaskRun.objects.create(task=task, outcome=outcome, **fields)


def test_it_tells_how_each_went_and_when_it_is_due(admin: User, client_of: ClientOf) -> None:
    ran("chat.tasks.purge_trash", minutes_ago=2, did={"conversations_removed": 3, "folders_removed": 0})
    ran("chat.tasks.pause_idle", minutes_ago=4, did={"paused": 0})
    ran("chat.tasks.make_title", minutes_ago=9, outcome=FAILED, error_class="ValueError", error_detail="<no> title")
    page = words(client_of(admin).get("/tasks/").text)
    assert "purge_trash · Every 5 minutes · next due 2 minutes from now" in page.replace("\xa0", " ")
    assert "here:1: 3 conversations removed" in page
    assert "here:1: nothing to do" in page
    assert "Pauses conversations that nobody goes on with, and summarises them Late" in page
    assert "1 failure of late" in page
    assert "ValueError: <no> title" in page
    assert "Each hour, at minute 10" in page
    listed = {one.name: one for one in list_tasks()}
    assert [listed[name].state for name in ("purge_trash", "pause_idle", "make_title", "expire_old")] == [
        "on",
        "near",
        "failed",
        "",
    ]


@pytest.mark.django_db
def test_one_by_the_clock_is_due_at_its_minute() -> None:
    ran("chat.tasks.expire_old", minutes_ago=1)
    due_at = next(one.due_at for one in list_tasks() if one.name == "expire_old")
    assert due_at is not None
    assert due_at.minute == 25
    assert timedelta(0) < due_at - ago(minutes=1) <= interval(crontab(minute="25"))


def test_a_task_is_run_at_once(admin: User, client_of: ClientOf) -> None:
    client = client_of(admin)
    answer = client.post("/tasks/run/", {"task": "chat.tasks.purge_trash"}, follow=True)
    assert "The task was queued." in answer.text
    refused = client.post("/tasks/run/", {"task": "chat.tasks.make_title"}, follow=True)
    assert "This site has no such task." in refused.text


def test_it_is_for_administrators(alice: User, client: Client, client_of: ClientOf) -> None:
    for answer in (client_of(alice).get("/tasks/"), client_of(alice).post("/tasks/run/")):
        assert answer.status_code == 404
    for answer in (client.get("/tasks/"), client.post("/tasks/run/")):
        assert answer.headers["Location"].startswith("/accounts/login/")
