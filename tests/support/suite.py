"""`make test`: the whole suite on PostgreSQL and Redis, then embedded. Arguments are pytest's.

The servers are those of TEST_DATABASE_URL and TEST_REDIS_URL, or private ones where they are installed. The second
run's summary counts the first run as a test of its own, `tests/test_both_ways.py`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from types import FrameType

from tests.support.migrated import migrated_database
from tests.support.private_servers import missing_servers, private_servers

URLS = ("TEST_DATABASE_URL", "TEST_REDIS_URL")
OUTCOME = "TEST_OUTCOME_ON_SERVERS"


def main(arguments: list[str]) -> int:
    # As an exception it passes through what stops the servers.
    signal.signal(signal.SIGTERM, _exit)
    given = {name: os.environ[name] for name in URLS if os.environ.get(name)}
    embedded = {name: value for name, value in os.environ.items() if name not in URLS}
    with ExitStack() as stack:
        if len(given) < len(URLS) and (missing := missing_servers()):
            first, outcome = 0, f"not run: {missing} not installed here"
        else:
            servers = given if len(given) == len(URLS) else stack.enter_context(private_servers())
            with migrated_database(servers["TEST_DATABASE_URL"]) as template:
                environment = embedded | servers | {"TEST_TEMPLATE": template}
                first, outcome = _run("On PostgreSQL and Redis", arguments, environment)
    second, _ = _run("Embedded: SQLite, one process", arguments, embedded | {OUTCOME: outcome})
    return first or second


def _run(title: str, arguments: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """The suite in a process of its own: its exit code, and what the other run says of it."""
    print(f"\n== {title}", flush=True)
    # Tests wait for servers, browsers and clocks as long as they compute.
    workers = str(2 * (os.cpu_count() or 1))
    command = [sys.executable, "-m", "pytest", "-n", workers, "--dist", "worksteal", "--durations", "30", *arguments]
    code = subprocess.run(command, env=environment).returncode
    return code, "passed" if code == 0 else f"failed with pytest's code {code}: its summary stands above"


def _exit(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
