"""A process that reserves for many requests at once on a test's database, and writes down which were let through.

`python -m tests.support.reserver OUT GO USER REQUESTS TOKENS`: starts when the file GO is there. With a second number
of tokens after a slash each request is also settled and released, as a run that ends.
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

OUT, GO = Path(sys.argv[1]), Path(sys.argv[2])
PAYER, REQUESTS = Payer(UUID(sys.argv[3])), int(sys.argv[4])
EXPECTED, _, USED = sys.argv[5].partition("/")
THREADS = 4


def ask(_: int) -> str:
    request_id = uuid4()
    try:
        reserve(request_id=request_id, payer=PAYER, estimate=tokens(int(EXPECTED)), feature="chat")
        if USED:
            with transaction.atomic():
                release(request_id)
                write_lines([line(PAYER, (int(USED), 0), request_id=request_id)])
    except BudgetExceeded:
        return ""
    finally:
        connections.close_all()
    return str(request_id)


OUT.touch()
while not GO.exists():
    time.sleep(0.01)
with ThreadPoolExecutor(THREADS) as threads:
    OUT.write_text("\n".join(filter(None, threads.map(ask, range(REQUESTS)))))
