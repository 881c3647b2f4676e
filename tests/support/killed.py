"""Runs background tasks on a test's database, each in a process of its own that can be killed.

`python -m tests.support.killed` reads orders, a JSON object a line: `task` with its `arguments`, the number of the
point at which it `dies` (`points.py`; null for none), and whether it is run `twice` at once: by two threads of one
process in the embedded set-up, as its worker has them, else by two processes. It forks for each, which makes many
processes cheap, and writes how that ended: 0 or the signal that ended it, and how many points it passed. What a task
queues is done where it is queued.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "convoscope.settings.test"

from convoscope.settings import env
from convoscope.settings import test as settings

given = json.loads(os.environ["KILLED"])
settings.DATABASES["default"]["NAME"] = given["database"]
settings.MEDIA_ROOT = given["media"]
settings.RETENTION_DAYS = 90
settings.PROFILE_RETENTION_DAYS = 365
# One that budgets hold for, and that no network is needed for.
settings.PROVIDERS = {"openai": env.Provider(api_key="x", base_url="", model="gpt-5.6", timeout_s=30)}
django.setup()

from django.conf import settings as site  # noqa: E402
from django.db import connections  # noqa: E402
from django.db.backends.signals import connection_created  # noqa: E402

from convoscope.celery import app  # noqa: E402
from providers.registry import ADAPTERS  # noqa: E402
from tests.support.points import POINTS, watch_statements  # noqa: E402

ADAPTERS |= {"offline": "tests.support.points", "openai": "tests.support.points"}
connection_created.connect(watch_statements)
app.loader.import_default_modules()
app.conf.task_always_eager = app.conf.task_eager_propagates = True
site.STORAGES = site.STORAGES | {"default": {"BACKEND": "tests.support.points.Store"}}


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def do(task: str, arguments: list[str], start: Callable[[], object]) -> None:
    start()
    try:
        app.tasks[task].apply(args=arguments)
    finally:
        connections.close_all()


def do_in_threads(task: str, arguments: list[str], count: int) -> None:
    start = Barrier(count)
    with ThreadPoolExecutor(count) as threads:
        list(threads.map(lambda _number: do(task, arguments, start.wait), range(count)))


def work(order: dict[str, Any], out: int, start: Callable[[], object]) -> None:
    """In a child, which ends with it."""
    try:
        POINTS.last = order["dies"]
        if order["twice"] and settings.IS_EMBEDDED:
            do_in_threads(order["task"], order["arguments"], 2)
        else:
            do(order["task"], order["arguments"], start)
    except BaseException:  # noqa: BLE001  # a child goes no further than this
        traceback.print_exc()
        os._exit(1)
    os.write(out, str(POINTS.passed).encode())
    os._exit(0)


def ended(order: dict[str, Any]) -> list[int]:
    """How the last of its processes ended, and what it passed."""
    (go, gone), (passed, out) = os.pipe(), os.pipe()
    children = []
    for _number in range(1 if settings.IS_EMBEDDED or not order["twice"] else 2):
        child = os.fork()
        if child == 0:
            os.close(gone)
            work(order, out, lambda: os.read(go, 1))
        children.append(child)
    # They begin together: what they wait for ends.
    os.close(gone)
    os.close(go)
    os.close(out)
    ends = [os.waitpid(child, 0)[1] for child in children]
    with os.fdopen(passed) as counted:
        points = int(counted.read() or 0) if len(children) == 1 else 0
    return [max(os.WTERMSIG(end) if os.WIFSIGNALED(end) else end for end in ends), points]


say("ready")
for line in sys.stdin:
    say(json.dumps(ended(json.loads(line))))
