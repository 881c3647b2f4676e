"""A process that asks for more than a limit allows, from many threads at once, and writes down how often it was let in.

`python -m tests.support.taker OUT GO USER_ID REDIS_URL`: begins when the file GO is there.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import UUID

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "convoscope.settings.test"
django.setup()

from django.conf import settings  # noqa: E402

from accounts.limits import take_request  # noqa: E402
from accounts.models import User  # noqa: E402
from convoscope.errors import LimitReached  # noqa: E402

OUT, GO = Path(sys.argv[1]), Path(sys.argv[2])
THREADS = 40
settings.REDIS_URL = sys.argv[4]


def is_let_in(user: User, start: Barrier) -> bool:
    start.wait()
    try:
        take_request(user)
    except LimitReached:
        return False
    return True


def main() -> None:
    user, start = User(id=UUID(sys.argv[3])), Barrier(THREADS)
    # There is no database to ask for their teams.
    user.team_tier = ""
    OUT.touch()
    while not GO.exists():
        time.sleep(0.01)
    with ThreadPoolExecutor(THREADS) as threads:
        results = list(threads.map(is_let_in, [user] * THREADS, [start] * THREADS))
    OUT.write_text(str(sum(results)))


main()
