"""PostgreSQL and Redis of our own, on loopback ports, for as long as a test or a run of the suite takes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import chown, which

import psycopg
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

START_DEADLINE_S = 30
# Each worker of pytest takes one.
REDIS_DATABASES = 64


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def missing_servers() -> str:
    """What is not installed here; empty if nothing is missing."""
    found = {"PostgreSQL": _postgres_binaries(), "Redis": which("redis-server")}
    return " and ".join(name for name, path in found.items() if path is None)


@contextmanager
def private_servers() -> Iterator[dict[str, str]]:
    """Both, in a folder that goes with them. Yields the variables that tell the tests where they are."""
    with tempfile.TemporaryDirectory(prefix="convoscope-servers-") as name, ExitStack() as stack:
        folder = Path(name)
        # PostgreSQL's own user has to get through.
        folder.chmod(0o755)
        yield {
            "TEST_DATABASE_URL": stack.enter_context(postgres(folder)),
            "TEST_REDIS_URL": stack.enter_context(redis(folder, free_port())),
        }


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    binaries, data, port = _postgres_binaries(), folder / "postgres", free_port()
    assert binaries is not None
    # It refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    data.mkdir(mode=0o700)
    if user:
        chown(data, user, user)
    initdb = [str(binaries / "initdb"), "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8"]
    made = subprocess.run(
        [*initdb, "--no-sync", "--pgdata", str(data)], cwd="/", capture_output=True, user=user, group=user
    )
    if made.returncode:
        raise SystemExit(f"initdb failed:\n{made.stderr.decode()}")
    # What a crash of the machine would lose doesn't matter here.
    settings = ("listen_addresses=127.0.0.1", f"unix_socket_directories={data}", "fsync=off", "max_connections=300")
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *(f"--{one}" for one in settings)]
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"

    def answers() -> None:
        psycopg.connect(url).close()

    # SIGINT is its fast shutdown, which doesn't wait for clients.
    with _running(command, answers, folder / "postgres.log", end=signal.SIGINT, user=user):
        yield url


@contextmanager
def redis(folder: Path, port: int) -> Iterator[str]:
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)]
    command += ["--save", "", "--appendonly", "no", "--databases", str(REDIS_DATABASES)]
    url = f"redis://127.0.0.1:{port}/0"
    with Redis.from_url(url) as client, _running(command, client.ping, folder / "redis.log", end=signal.SIGTERM):
        yield url


@contextmanager
def _running(
    command: Sequence[str], answers: Callable[[], object], log: Path, *, end: signal.Signals, user: str | None = None
) -> Iterator[None]:
    """A server, from when it answers to when it has ended."""
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd="/", stdout=output, stderr=output, user=user, group=user)
    try:
        deadline_s = time.monotonic() + START_DEADLINE_S
        while True:
            try:
                answers()
                break
            except (psycopg.OperationalError, RedisConnectionError):
                if server.poll() is not None or time.monotonic() > deadline_s:
                    raise SystemExit(f"{command[0]} did not start:\n{log.read_text()}") from None
                time.sleep(0.05)
        yield
    finally:
        server.send_signal(end)
        server.wait(timeout=START_DEADLINE_S)


def _postgres_binaries() -> Path | None:
    """Where the newest one's programs are: Debian keeps them out of PATH."""
    versions = {path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")}
    if not versions and (initdb := which("initdb")) is not None:
        return Path(initdb).resolve().parent
    return max(versions, key=lambda path: float(path.parent.name), default=None)
