"""Windows that slide, in memory and in Redis: the same behaviour, whatever the clocks do."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from shutil import which
from threading import Barrier
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.limits.memory import SWEEP_S, MemoryWindows
from accounts.limits.redis import RedisWindows
from tests.support import private_servers
from tests.support.limits import grow_older
from tests.support.source import ROOT

Windows = MemoryWindows | RedisWindows
# So long that the pauses of a busy machine don't matter.
WINDOW_S, SLACK_S = 6_000, 60
DEADLINE_S = 120
JUMP_S = 36_000


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if which("redis-server") is None:
        pytest.skip("Redis is not installed")
    with private_servers.redis(tmp_path_factory.mktemp("redis"), private_servers.free_port()) as url:
        yield url


@pytest.fixture(params=["memory", "redis"])
def windows(request: pytest.FixtureRequest) -> Windows:
    if request.param == "memory":
        return MemoryWindows()
    # A prefix of its own is a Redis of its own.
    return RedisWindows(request.getfixturevalue("redis_url"), key_prefix=f"test-{uuid4()}")


@pytest.fixture
def let_pass(windows: Windows) -> Callable[[float], None]:
    return partial(grow_older, windows)


def take(windows: Windows, amount: int = 1, *, limit: int = 3) -> bool:
    return windows.acquire_entry("somebody", limit, WINDOW_S, amount)


def used(windows: Windows) -> int:
    return windows.get_moving_window("somebody", 3, WINDOW_S)[1]


def wait_s(windows: Windows, amount: int = 1, *, limit: int = 3) -> float:
    return windows.wait_s("somebody", limit, WINDOW_S, amount)


def test_what_was_used_counts_for_a_window_and_no_longer(windows: Windows, let_pass: Callable[[float], None]) -> None:
    assert [take(windows) for _ in range(4)] == [True, True, True, False]
    let_pass(5_900)
    assert not take(windows)
    let_pass(100)
    assert [take(windows) for _ in range(4)] == [True, True, True, False]


def test_a_window_slides(windows: Windows, let_pass: Callable[[float], None]) -> None:
    """The clock's minute means nothing: each entry has its own."""
    for _ in range(3):
        assert take(windows)
        let_pass(1_500)
    assert not take(windows)
    let_pass(1_500)
    assert take(windows)
    assert not take(windows)
    let_pass(1_500)
    assert take(windows)


def test_a_refusal_is_not_counted(windows: Windows, let_pass: Callable[[float], None]) -> None:
    take(windows, 3)
    let_pass(3_000)
    assert [take(windows) for _ in range(5)] == [False] * 5
    let_pass(3_000)
    assert used(windows) == 0


@pytest.mark.parametrize(("amount", "waits_s"), [(1, 2_000), (2, 4_000), (3, 5_000), (99, 5_000)])
def test_the_wait_is_until_enough_has_left(
    windows: Windows, let_pass: Callable[[float], None], amount: int, waits_s: int
) -> None:
    for pause_s in (2_000, 1_000, 1_000):
        take(windows)
        let_pass(pause_s)
    assert wait_s(windows, amount) == pytest.approx(waits_s, abs=SLACK_S)
    let_pass(waits_s - SLACK_S)
    assert not take(windows, amount)
    let_pass(SLACK_S)
    assert take(windows, amount)


def test_who_has_room_waits_for_nothing(windows: Windows) -> None:
    assert wait_s(windows) == 0
    take(windows, 2)
    assert wait_s(windows) == 0


def test_the_oldest_entry_is_told_by_the_wall_clock(windows: Windows, let_pass: Callable[[float], None]) -> None:
    take(windows)
    let_pass(2_000)
    take(windows)
    oldest, count = windows.get_moving_window("somebody", 3, WINDOW_S)
    assert oldest == pytest.approx(time.time() - 2_000, abs=SLACK_S)
    assert count == 2


def test_more_than_a_whole_window_needs_an_empty_one(windows: Windows, let_pass: Callable[[float], None]) -> None:
    take(windows)
    assert not take(windows, 1_000_000)
    let_pass(WINDOW_S)
    assert take(windows, 1_000_000)
    assert used(windows) == 1_000_000
    assert not take(windows)
    let_pass(WINDOW_S)
    assert take(windows)


def test_entries_may_be_added_past_the_limit_and_given_back(windows: Windows) -> None:
    take(windows, 2)
    windows.add_entry("somebody", WINDOW_S, 5)
    assert used(windows) == 7
    windows.add_entry("somebody", WINDOW_S, -4)
    assert used(windows) == 3
    assert not take(windows)
    windows.add_entry("somebody", WINDOW_S, -2)
    assert used(windows) == 1
    windows.add_entry("somebody", WINDOW_S, -9)
    assert used(windows) == 0
    assert [take(windows) for _ in range(4)] == [True, True, True, False]


def test_what_is_given_back_is_the_newest(windows: Windows, let_pass: Callable[[float], None]) -> None:
    take(windows, 2)
    let_pass(3_000)
    take(windows)
    windows.add_entry("somebody", WINDOW_S, -1)
    let_pass(3_000)
    assert used(windows) == 0


def test_keys_and_limits_are_apart(windows: Windows) -> None:
    take(windows, 3)
    assert windows.acquire_entry("somebody else", 3, WINDOW_S, 3)
    # A limit that was lowered counts what was used under the old one, and one that was raised leaves room.
    assert take(windows, limit=4)
    assert not take(windows, limit=2)
    assert wait_s(windows, limit=2) == pytest.approx(WINDOW_S, abs=SLACK_S)


@pytest.mark.parametrize("jump_s", [JUMP_S, -JUMP_S])
def test_the_wall_clock_of_a_process_may_jump(windows: Windows, monkeypatch: pytest.MonkeyPatch, jump_s: float) -> None:
    take(windows, 3)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + jump_s)
    assert not take(windows)
    assert used(windows) == 3
    assert 0 < wait_s(windows) <= WINDOW_S
    assert windows.get_moving_window("somebody", 3, WINDOW_S)[0] == pytest.approx(now + jump_s, abs=SLACK_S)


@pytest.mark.parametrize("jump_s", [JUMP_S, -JUMP_S])
def test_a_jump_of_redis_own_clock_locks_nobody_out(redis_url: str, jump_s: float) -> None:
    windows = RedisWindows(redis_url, key_prefix=f"test-{uuid4()}")
    take(windows, 3)
    grow_older(windows, jump_s)
    assert [take(windows) for _ in range(4)] == [True, True, True, False]


def test_a_clock_of_redis_that_is_put_right_by_a_little_forgets_nothing(redis_url: str) -> None:
    windows = RedisWindows(redis_url, key_prefix=f"test-{uuid4()}")
    take(windows, 3)
    grow_older(windows, -0.5)
    assert not take(windows)


def test_threads_agree(windows: Windows) -> None:
    start = Barrier(40)

    def rush(_: int) -> bool:
        start.wait()
        return take(windows, limit=25)

    with ThreadPoolExecutor(40) as threads:
        assert sum(threads.map(rush, range(40))) == 25


def test_ten_processes_with_forty_threads_each_are_let_in_a_hundred_times(redis_url: str, tmp_path: Path) -> None:
    outs, go = [tmp_path / str(number) for number in range(10)], tmp_path / "go"
    command = [sys.executable, "-m", "tests.support.taker"]
    user = str(uuid4())
    processes = [subprocess.Popen([*command, str(out), str(go), user, redis_url], cwd=ROOT) for out in outs]
    try:
        deadline = time.monotonic() + DEADLINE_S
        while not all(out.exists() for out in outs):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        go.touch()
        assert [process.wait(DEADLINE_S) for process in processes] == [0] * 10
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert sum(int(out.read_text()) for out in outs) == 100


def test_memory_forgets_who_comes_no_more() -> None:
    windows = MemoryWindows()
    for number in range(100):
        windows.acquire_entry(f"visitor {number}", 3, WINDOW_S)
    grow_older(windows, SWEEP_S + WINDOW_S)
    take(windows)
    assert windows.reset() == 1


def test_redis_forgets_who_comes_no_more(redis_url: str) -> None:
    windows = RedisWindows(redis_url, key_prefix=f"test-{uuid4()}")
    take(windows)
    windows.add_entry("somebody", WINDOW_S, 2)
    left_s = windows.get_connection().ttl(windows.prefixed_key("somebody"))
    assert 0 < left_s <= WINDOW_S


Event = tuple[int, int]
EVENTS = st.lists(st.tuples(st.integers(0, 4_000), st.integers(1, 12)), max_size=40)


@given(limit=st.integers(1, 20), events=EVENTS)
def test_memory_decides_like_a_list_of_all_that_was_let_in(limit: int, events: list[Event]) -> None:
    windows, now = MemoryWindows(), 0
    windows.clock = lambda: now
    let_in: list[Event] = []
    for pause_s, amount in events:
        now += pause_s
        counts = sum(weight for moment, weight in let_in if moment > now - WINDOW_S)
        expected = counts + min(amount, limit) <= limit
        wait = wait_s(windows, amount, limit=limit)
        assert (wait == 0) == expected
        assert 0 <= wait <= WINDOW_S
        assert take(windows, amount, limit=limit) == expected
        if expected:
            let_in.append((now, amount))


def test_a_window_of_which_a_part_was_given_back_is_forgotten_like_any_other(redis_url: str) -> None:
    windows = RedisWindows(redis_url, key_prefix=f"test-{uuid4()}")
    assert take(windows, 3)
    windows.add_entry("somebody", WINDOW_S, -1)
    assert used(windows) == 2
    assert 0 < windows.get_connection().ttl(windows.prefixed_key("somebody")) <= WINDOW_S
