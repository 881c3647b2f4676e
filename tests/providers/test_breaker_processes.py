"""Ten real processes over one Redis agree on an endpoint's breaker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from redis import Redis

from providers.resilience.breaker import OPEN_S, OPENS_AFTER_FAILURES, REFRESH_S
from tests.support.private_servers import free_port, redis

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = 10

pytestmark = pytest.mark.skipif(which("redis-server") is None, reason="Redis is not installed here")


class Crowd:
    """Processes that are told something at the same moment."""

    def __init__(self, url: str, stack: ExitStack) -> None:
        self._redis = stack.enter_context(Redis.from_url(url))
        environment = os.environ | {"TEST_REDIS_URL": url, "PYTEST_XDIST_WORKER": ""}
        environment.pop("TEST_DATABASE_URL", None)
        command = [sys.executable, "-m", "tests.support.breaking"]
        self.processes = [
            stack.enter_context(
                subprocess.Popen(
                    command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            for _ in range(PROCESSES)
        ]
        for process in self.processes:
            stack.callback(process.kill)

    def all(self, *order: object, of: range = range(PROCESSES)) -> list[Any]:
        """What each answers."""
        told = [self.processes[number] for number in of]
        for process in told:
            assert process.stdin is not None
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
        answers = []
        for process in told:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "the process ended"
            answers.append(json.loads(line))
        return answers

    def one(self, number: int, *order: object) -> Any:
        return self.all(*order, of=range(number, number + 1))[0]

    def look(self) -> list[str]:
        """What each thinks of the endpoint once it has looked, a second later."""
        self.all("later", REFRESH_S)
        self.all("refresh", "openai")
        return self.all("state", "openai")

    def end_of_the_minute(self) -> None:
        """For Redis and everybody's clock."""
        [key] = self._redis.keys("*breaker:open:openai")
        assert 0 < self._redis.ttl(key) <= OPEN_S
        self._redis.delete(key)
        self.all("later", OPEN_S)

    def keys(self) -> list[object]:
        return [*self._redis.keys("*breaker:*:openai")]


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Crowd]:
    with ExitStack() as stack:
        url = stack.enter_context(redis(tmp_path, free_port()))
        yield Crowd(url, stack)


def test_ten_processes_agree(crowd: Crowd) -> None:
    # Each of five has met one failure: the last of them opens it, and the others learn of it.
    assert set(crowd.look()) == {"closed"}
    crowd.all("failed", "openai", of=range(OPENS_AFTER_FAILURES - 1))
    assert set(crowd.look()) == {"closed"}
    crowd.one(7, "failed", "openai")
    assert crowd.one(7, "state", "openai") == "open"
    assert crowd.look() == ["open"] * PROCESSES
    assert all(OPEN_S - 2 * REFRESH_S <= left <= OPEN_S for left in crowd.all("opens_in_s", "openai"))
    assert crowd.all("may_try", "openai") == [False] * PROCESSES

    # One trial among them, which tells nothing; then another one's, which fails.
    crowd.end_of_the_minute()
    assert crowd.look() == ["half_open"] * PROCESSES
    told = crowd.all("may_try", "openai")
    assert told.count(True) == 1
    first = told.index(True)
    crowd.all("later", REFRESH_S)
    assert [number for number, may in enumerate(crowd.all("may_try", "openai")) if may] == [first]
    crowd.all("give_back", "openai")
    crowd.all("later", REFRESH_S)
    told = crowd.all("may_try", "openai")
    assert told.count(True) == 1
    crowd.one(told.index(True), "failed", "openai")
    assert crowd.all("may_try", "openai") == [False] * PROCESSES, "not even who has not looked yet"
    assert crowd.look() == ["open"] * PROCESSES

    # The next trial succeeds.
    crowd.end_of_the_minute()
    assert crowd.look() == ["half_open"] * PROCESSES
    told = crowd.all("may_try", "openai")
    crowd.one(told.index(True), "succeeded", "openai")
    assert crowd.look() == ["closed"] * PROCESSES
    assert crowd.keys() == []


def test_many_that_open_it_at_once_open_one_breaker(crowd: Crowd) -> None:
    crowd.all("failed", "openai")
    assert crowd.all("state", "openai").count("open") >= 2, "several saw the fifth failure"
    assert crowd.look() == ["open"] * PROCESSES
    crowd.end_of_the_minute()
    assert crowd.look() == ["half_open"] * PROCESSES
    assert crowd.all("may_try", "openai").count(True) == 1
