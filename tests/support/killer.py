"""The other end of `tests.support.killed`: has tasks run in processes of their own, and be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from tests.support.process import ROOT

KILLED = int(signal.SIGKILL)


class Worker:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert self._read() == "ready"

    def do(self, task: str, arguments: Sequence[str]) -> int:
        """How many points there are on its way, each of which it could die at."""
        end, points = self._ended(task, arguments)
        assert end == 0
        return points

    def die(self, task: str, arguments: Sequence[str], *, at: int) -> bool:
        """Whether it was killed there: its way may have been shorter."""
        end, _points = self._ended(task, arguments, dies=at)
        assert end in (0, KILLED)
        return end == KILLED

    def do_twice(self, task: str, arguments: Sequence[str]) -> None:
        """At once."""
        end, _points = self._ended(task, arguments, twice=True)
        assert end == 0

    def _ended(
        self, task: str, arguments: Sequence[str], *, dies: int | None = None, twice: bool = False
    ) -> tuple[int, int]:
        assert self._process.stdin is not None
        order = {"task": task, "arguments": list(arguments), "dies": dies, "twice": twice}
        self._process.stdin.write(f"{json.dumps(order)}\n")
        self._process.stdin.flush()
        end, points = json.loads(self._read())
        return end, points

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def worker_process(media: Path) -> Iterator[Worker]:
    """Works on the test's database, and keeps its files in this folder."""
    given = {"database": str(connection.settings_dict["NAME"]), "media": str(media)}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.killed"],
        cwd=ROOT,
        env=os.environ | {"KILLED": json.dumps(given)},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        # It ends when there is nothing more for it to read.
        yield Worker(process)
