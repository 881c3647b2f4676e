"""Many requests at once, in threads and in processes: budgets hold, and every counter is the sum of its rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from accounts.models import User
from providers.actions.budget_settings import remove_budget
from providers.actions.budgets import release, reserve
from providers.actions.ledger import write_lines
from providers.contract import Payer
from providers.counting import sum_of_lines
from providers.errors import BudgetExceeded
from providers.models import Budget, BudgetPeriod, Reservation, UsageRecord
from tests.support.place import on_servers
from tests.support.spending import admin, counters, line, make_budget, tokens

ROOT = Path(__file__).resolve().parents[2]
THREADS = 8
REQUESTS = 200
# Long enough for the other thread to reach the lock it waits for.
PAUSE_S = 0.3


@pytest.fixture(autouse=True)
def _real_transactions(transactional_db: None) -> None:
    """Each thread has a connection of its own, so what it sees must be committed."""


@pytest.fixture
def payer(alice: User) -> Payer:
    return Payer(alice.id)


def at_once(*functions: Callable[[], object]) -> list[object]:
    """What each returned, or the budget's refusal."""
    start = threading.Barrier(min(len(functions), THREADS))

    def call(number: int) -> object:
        try:
            if number < THREADS:
                start.wait()
            return functions[number]()
        except BudgetExceeded as refused:
            return refused
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(call, range(len(functions))))


def in_processes(folder: Path, payer: Payer, *numbers: int) -> list[str]:
    """The requests that were let through of those that processes made: how many processes, requests of each, tokens
    expected and tokens used."""
    environment = os.environ | {"RACE_DATABASE": json.dumps(connection.settings_dict, default=str)}
    command = [sys.executable, "-m", "tests.support.reserver", str(folder), str(payer.user_id), *map(str, numbers)]
    assert subprocess.run(command, cwd=ROOT, env=environment, timeout=200).returncode == 0
    return [request for out in folder.glob("reserver-*") for request in out.read_text().split()]


@on_servers
def test_200_requests_of_10_processes_go_beyond_by_one_at_most(payer: Payer, tmp_path: Path) -> None:
    budgets = [make_budget(limit="5000"), make_budget("site", limit="100000")]
    let_through = in_processes(tmp_path, payer, 10, 20, 300)
    assert len(let_through) == 17
    assert {str(one) for one in Reservation.objects.values_list("request_id", flat=True)} == set(let_through)
    assert [counters(budget) for budget in budgets] == [(0, 17 * 300)] * 2


@on_servers
def test_processes_that_reserve_settle_and_release_leave_true_counters(payer: Payer, tmp_path: Path) -> None:
    budgets = [make_budget(limit="5000"), make_budget("site", period="day", limit="100000")]
    let_through = in_processes(tmp_path, payer, 4, 25, 200, 90)
    assert Reservation.objects.count() == 0
    assert UsageRecord.objects.count() == len(let_through)
    assert [counters(budget) for budget in budgets] == [(90 * len(let_through), 0)] * 2
    # The answers used less than was expected of them, so more of them fit than were held at once.
    assert 5000 // 200 < len(let_through) <= 5000 // 90 + 1


def test_200_requests_of_threads_go_beyond_by_one_at_most(payer: Payer) -> None:
    budget = make_budget(limit="5000")
    ask = [
        partial(reserve, request_id=uuid4(), payer=payer, estimate=tokens(300), feature="chat") for _ in range(REQUESTS)
    ]
    answers = at_once(*ask)
    assert sum(isinstance(answer, list) for answer in answers) == 17
    assert sum(isinstance(answer, BudgetExceeded) for answer in answers) == REQUESTS - 17
    assert counters(budget) == (0, 17 * 300)


@pytest.mark.parametrize("limit", ["100", "1000"])
def test_twins_of_one_request_hold_once_and_none_is_refused(payer: Payer, limit: str) -> None:
    budget = make_budget(limit=limit)
    ask = partial(reserve, request_id=uuid4(), payer=payer, estimate=tokens(300), feature="chat")
    answers: list[object] = []
    twin = threading.Thread(target=lambda: answers.extend(at_once(ask)))
    with transaction.atomic():
        ask()
        # It looks for the request before this is committed, and finds the room taken or its place when it is.
        twin.start()
        threading.Event().wait(PAUSE_S)
    twin.join()
    assert [type(answer) for answer in answers] == [list]
    assert counters(budget) == (0, 300)


def test_the_first_requests_of_a_new_period_make_one_row(payer: Payer) -> None:
    budget = make_budget(limit="100000")
    BudgetPeriod.objects.all().delete()
    ask = [partial(reserve, request_id=uuid4(), payer=payer, estimate=tokens(10), feature="chat") for _ in range(40)]
    assert all(isinstance(answer, list) for answer in at_once(*ask))
    assert counters(budget) == (0, 400)


def test_a_request_released_by_many_is_given_back_once(payer: Payer) -> None:
    budget, request_id = make_budget(), uuid4()
    for request in (request_id, uuid4()):
        reserve(request_id=request, payer=payer, estimate=tokens(100), feature="chat")
    at_once(*[partial(release, request_id)] * THREADS)
    assert counters(budget) == (0, 100)


def test_a_line_written_by_many_counts_once(payer: Payer) -> None:
    budget, once = make_budget(limit="100000"), line(payer)
    others = [partial(write_lines, [once, line(payer)]) for _ in range(40)]
    at_once(*others)
    assert UsageRecord.objects.count() == 41
    assert counters(budget) == (41 * 120, 0)


def test_a_budget_made_while_a_line_is_written_counts_it(payer: Payer) -> None:
    made: list[Budget] = []

    def make() -> None:
        try:
            made.append(make_budget())
        finally:
            connections.close_all()

    making = threading.Thread(target=make)
    admin()
    with transaction.atomic():
        write_lines([line(payer)])
        making.start()
        threading.Event().wait(PAUSE_S)
    making.join()
    assert counters(made[0]) == (120, 0)


def test_budgets_made_and_removed_among_writers_end_true(payer: Payer) -> None:
    admin()
    kinds = list(product(("user", "site"), ("day", "month"), ("tokens", "money")))
    make = [partial(make_budget, scope, period=period, unit=unit, limit="1000000000") for scope, period, unit in kinds]
    write = [partial(write_lines, [line(payer), line(payer)]) for _ in range(64)]
    at_once(*(action for pair in zip(write, make, strict=False) for action in pair), *write[8:32])
    gone = Budget.objects.filter(scope="site", period="day")
    at_once(*write[32:40], *(partial(remove_budget, budget=budget, by=admin()) for budget in gone), *write[40:])
    rows = list(BudgetPeriod.objects.select_related("budget"))
    assert len(rows) == 6
    assert [row.used for row in rows] == [sum_of_lines(row.budget, row.starts_on) for row in rows]
    assert UsageRecord.objects.count() == 128
