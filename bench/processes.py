"""The processes of a measurement: each on loopback, pinned to a core, ended by its own id."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
START_DEADLINE_S = 60.0
SERVER_CORE, LOAD_CORE = "0", "1"


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    url: str
    started_in_s: float


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pin_self() -> None:
    """Keep the load generator off the server's core."""
    if os.cpu_count() != 1:
        os.sched_setaffinity(0, {int(LOAD_CORE)})


@contextmanager
def running(command: list[str], *, port: int, core: str, env: Mapping[str, str]) -> Generator[Process, None, None]:
    """Start, wait until it answers over HTTP, and end it afterwards."""
    pinned = ["taskset", "-c", core] if shutil.which("taskset") and os.cpu_count() != 1 else []
    begin = time.monotonic()
    process = subprocess.Popen([*pinned, *command], cwd=ROOT, env=os.environ | dict(env))
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(process, url, begin)
        yield Process(process.pid, url, time.monotonic() - begin)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, begin: float) -> None:
    while time.monotonic() - begin < START_DEADLINE_S:
        if process.poll() is not None:
            raise RuntimeError(f"a process ended with code {process.returncode} before it answered")
        try:
            urllib.request.urlopen(f"{url}/accounts/login/", timeout=5).close()  # noqa: S310  # loopback
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.01)
    raise RuntimeError(f"{url} did not answer within {START_DEADLINE_S:g} s")


@contextmanager
def provider() -> Generator[str, None, None]:
    """The provider's base URL. It speaks only its own protocol, so it is up when its port is."""
    port = free_port()
    process = subprocess.Popen(
        ["taskset", "-c", LOAD_CORE, sys.executable, "-m", "bench.provider", "--port", str(port)], cwd=ROOT
    )
    try:
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def relay(provider_url: str) -> Generator[Process, None, None]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bench.relay:app", "--port", str(port), "--log-level", "error"]
    command += ["--loop", "uvloop", "--ws-per-message-deflate", "false"]
    with running(command, port=port, core=SERVER_CORE, env={"BENCH_PROVIDER": provider_url}) as process:
        yield process


@contextmanager
def product(provider_url: str, people: int) -> Generator[tuple[Process, list[str]], None, None]:
    """The product as `make run` starts it, with one endpoint, and the session keys of its people."""
    with tempfile.TemporaryDirectory(prefix="convoscope-bench-") as var:
        port = free_port()
        env = {
            "APP_VAR_DIR": var,
            "APP_PORT": str(port),
            "APP_LOG_LEVEL": "warning",
            # Everybody asks far more often than people do.
            "RATE_LIMIT_REQUESTS": "1000000",
            "OPENAI_API_KEY": "bench",
            "OPENAI_BASE_URL": provider_url,
            "OPENAI_MODEL": "bench-n5-ttft0-itl0",
            "DJANGO_SETTINGS_MODULE": "convoscope.settings.current",
        }
        made = subprocess.run(
            [sys.executable, "-m", "bench.people", str(people)],
            cwd=ROOT,
            env=os.environ | env,
            check=True,
            capture_output=True,
            text=True,
        )
        command = [sys.executable, "manage.py", "serve"]
        with running(command, port=port, core=SERVER_CORE, env=env) as process:
            yield process, made.stdout.split()


def rows_of(module: str, *arguments: str) -> Iterator[dict[str, Any]]:
    """What a measurement of the books prints, a row at a time. Raises: CalledProcessError."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield json.loads(line)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def gateway_costs(provider_url: str) -> dict[str, dict[str, float]]:
    """What `bench.gateway` finds, on the server's core."""
    with tempfile.TemporaryDirectory(prefix="convoscope-bench-") as var:
        pinned = ["taskset", "-c", SERVER_CORE] if shutil.which("taskset") and os.cpu_count() != 1 else []
        done = subprocess.run(
            [*pinned, sys.executable, "-m", "bench.gateway", provider_url],
            cwd=ROOT,
            env=os.environ | {"APP_VAR_DIR": var, "APP_LOG_LEVEL": "warning"},
            check=True,
            stdout=subprocess.PIPE,
        )
    costs: dict[str, dict[str, float]] = json.loads(done.stdout)
    return costs
