"""Rolling the ledger up: what is due, that nothing is lost or counted twice, and that drift is found."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from celery.schedules import crontab
from django.conf import settings
from django.db import connections

from accounts.models import User
from providers.actions.roll_up import roll_up_day, roll_up_usage
from providers.models import RolledDay, UsageDay, UsageDayByCall, UsageDayByPayer, UsageRecord
from providers.reports.period import Period
from providers.reports.rollup import check_roll_ups
from providers.reports.totals import Usage
from providers.tasks import roll_up_usage as roll_up_usage_task
from tests.support.ledger import line, write

TODAY = date(2026, 11, 18)
NOW = datetime(2026, 11, 18, 0, 10, tzinfo=UTC)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def contents() -> list[object]:
    """Everything rolled up but the ids."""
    return [
        sorted((str(row | {"id": None}) for row in table.objects.values()), key=str)
        for table in (UsageDay, UsageDayByCall, UsageDayByPayer)
    ]


@pytest.mark.django_db
def test_closed_days_are_rolled_up_and_today_is_not() -> None:
    write(line(ago(3)), line(ago(1), hour=23), line(TODAY, hour=0))
    assert roll_up_usage(now=NOW) == [ago(3), ago(2), ago(1)]
    assert list(RolledDay.objects.order_by("day").values_list("lines", flat=True)) == [1, 0, 1]
    assert Usage(Period(ago(3), TODAY)).total().calls == 3


@pytest.mark.django_db
def test_a_second_run_finds_nothing_to_do_and_changes_nothing() -> None:
    write(*(line(ago(number)) for number in (1, 1, 2)))
    roll_up_usage(now=NOW)
    before = contents()
    assert roll_up_usage(now=NOW) == []
    roll_up_day(day=ago(1))
    assert contents() == before


@pytest.mark.django_db
def test_a_missed_day_is_found() -> None:
    write(line(ago(5)), line(ago(2)))
    roll_up_usage(now=NOW - timedelta(days=3))
    assert roll_up_usage(now=NOW) == [ago(3), ago(2), ago(1)]


@pytest.mark.django_db
def test_a_late_line_makes_its_day_be_computed_anew() -> None:
    write(line(ago(3)), line(ago(2)))
    roll_up_usage(now=NOW)
    write(line(ago(2), model="another"), line(ago(4)))
    assert roll_up_usage(now=NOW) == [ago(4), ago(2)]
    assert UsageDay.objects.filter(day=ago(2)).count() == 2
    assert check_roll_ups() == []


@pytest.mark.django_db
def test_an_empty_ledger_has_nothing_to_roll_up() -> None:
    assert roll_up_usage(now=NOW) == []
    write(line(TODAY))
    assert roll_up_usage(now=NOW) == []


@pytest.mark.django_db
def test_who_saw_fewer_lines_leaves_the_day_as_it_is() -> None:
    write(line(ago(1)), line(ago(1)))
    roll_up_day(day=ago(1))
    RolledDay.objects.update(lines=3)
    UsageDay.objects.update(calls=3)
    roll_up_day(day=ago(1))
    assert UsageDay.objects.get().calls == 3


@pytest.mark.django_db(transaction=True)
def test_two_at_once_roll_up_the_same(alice: User) -> None:
    write(*(line(ago(number % 4 + 1), user=alice, model=f"model-{number % 5}") for number in range(60)))
    start = threading.Barrier(2)

    def roll() -> None:
        try:
            start.wait()
            roll_up_usage(now=NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        futures = [threads.submit(roll) for _ in range(2)]
    assert [future.exception() for future in futures] == [None, None]
    assert check_roll_ups() == []
    assert UsageDay.objects.count() == 20


DAMAGES: dict[str, tuple[Callable[[], object], str]] = {
    "a changed sum": (lambda: UsageDay.objects.update(cost_nanousd=7), "cost_nanousd 7 instead of 1000000"),
    "a lost row": (lambda: UsageDayByCall.objects.all().delete(), "calls 0 instead of 1"),
    "a row too many": (
        lambda: UsageDayByPayer.objects.create(day=ago(1), calls=1),
        "calls 2 instead of 1",
    ),
    "a lost line": (lambda: UsageRecord.objects.all().delete(), "1 lines were rolled up and 0 are there"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("damage", DAMAGES)
def test_drift_is_described(damage: str) -> None:
    write(line(ago(1)))
    roll_up_usage(now=NOW)
    assert check_roll_ups() == []
    harm, said = DAMAGES[damage]
    harm()
    drifts = check_roll_ups()
    assert any(said in drift and str(ago(1)) in drift for drift in drifts), drifts


@pytest.mark.django_db
def test_a_late_line_and_a_deleted_person_are_no_drift(alice: User) -> None:
    write(line(ago(1), user=alice), line(ago(1)), line(ago(2)))
    roll_up_usage(now=NOW)
    alice.delete()
    write(line(ago(2)))
    assert check_roll_ups() == []


@pytest.mark.django_db
def test_the_task_rolls_up_what_is_due() -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    write(line(yesterday))
    roll_up_usage_task()
    assert RolledDay.objects.get().lines == 1


def test_beat_calls_the_task_every_hour() -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["roll-up-usage"]
    assert entry["task"] == roll_up_usage_task.name
    assert isinstance(entry["schedule"], crontab)
    assert len(entry["schedule"].hour) == 24
    assert len(entry["schedule"].minute) == 1
