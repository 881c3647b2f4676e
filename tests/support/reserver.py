"""Processes that reserve for many requests at once on a test's database, and write down which were let through.

`python -m tests.support.reserver FOLDER USER PROCESSES REQUESTS EXPECTED [USED]`: each process makes that many requests
in threads. Where it is said how many tokens they use, each is also settled and released, as a run that ends.
"""

from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid4

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "convoscope.settings.test"

from convoscope.settings import test as settings

settings.DATABASES["default"]["NAME"] = json.loads(os.environ["RACE_DATABASE"])["NAME"]
django.setup()

from django.db import connections, transaction  # noqa: E402

from providers.actions.budgets import release, reserve  # noqa: E402
from providers.actions.ledger import write_lines  # noqa: E402
from providers.contract import Payer  # noqa: E402
from providers.errors import BudgetExceeded  # noqa: E402
from tests.support.spending import line, tokens  # noqa: E402

FOLDER, PAYER = Path(sys.argv[1]), Payer(UUID(sys.argv[2]))
PROCESSES, REQUESTS, EXPECTED, *USED = map(int, sys.argv[3:])
THREADS = 4


def ask(_: int) -> str:
    request_id = uuid4()
    try:
        reserve(request_id=request_id, payer=PAYER, estimate=tokens(EXPECTED), feature="chat")
        for used in USED:
            with transaction.atomic():
                release(request_id)
                write_lines([line(PAYER, (used, 0), request_id=request_id)])
    except BudgetExceeded:
        return ""
    finally:
        connections.close_all()
    return str(request_id)


def work(number: int) -> None:
    out = FOLDER / f"reserver-{number}"
    out.touch()
    while len(list(FOLDER.glob("reserver-*"))) < PROCESSES:
        time.sleep(0.01)
    with ThreadPoolExecutor(THREADS) as threads:
        out.write_text("\n".join(filter(None, threads.map(ask, range(REQUESTS)))))


# Forked here, where nothing is connected yet and no thread runs: a start of the whole app for each takes far longer.
children = []
for number in range(PROCESSES):
    child = os.fork()
    if child == 0:
        work(number)
        os._exit(0)
    children.append(child)
sys.exit(any(os.waitpid(child, 0)[1] for child in children))
