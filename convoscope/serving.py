"""Starts the engine with the server and stops it in good order: lifespan where the server has it, else first use."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import logging
import signal
import sys
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from accounts.actions.policies import record_policies
from chat.runs.engine import Engine, current_engine, set_current_engine
from convoscope.embedded import EmbeddedCelery
from providers.cache.door import CacheDoor
from providers.cache.known import Known
from providers.configured import reread_endpoints
from providers.gateway import Gateway
from providers.models import CacheSettings
from providers.refresh import EndpointRefresh
from providers.resilience.health import read_health
from providers.resilience.levels import read_pin
from providers.task_model import task_model

logger = logging.getLogger(__name__)

# A thread that renders a page lets the event loop go on at once. With Python's own 5 ms a first token waits for it,
# which takes a fifth longer.
SWITCH_INTERVAL_S = 0.0003


class VarLock:
    """The lock on `var/`: while it is held, no other process serves from there, whatever its leases say."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "serving.lock"
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Raises: ImproperlyConfigured if another process holds it."""
        file = self._path.open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            file.close()
            raise ImproperlyConfigured(
                f"Another Convoscope is already serving from {self._path.parent.name}/. "
                "Stop it first, or set DATABASE_URL and REDIS_URL to run several."
            ) from exc
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class ServingProcess:
    """What a serving process starts and stops: the lock, the engine, the embedded Celery, the SIGTERM hook."""

    def __init__(self) -> None:
        self._lock = VarLock(Path(settings.VAR_DIR)) if settings.HOLDS_VAR_LOCK else None
        self._celery = EmbeddedCelery() if settings.CELERY_IS_EMBEDDED else None
        self._endpoints: EndpointRefresh | None = None
        self._previous: Any = None
        self._drain: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises: ImproperlyConfigured, or what kept a part from starting; what had started is stopped again."""
        async with AsyncExitStack() as undo:
            undo.push_async_callback(self.stop)
            await self._start()
            undo.pop_all()

    async def _start(self) -> None:
        if self._lock is not None:
            self._lock.acquire()
        # On PostgreSQL the lock says nothing of processes on other machines.
        is_alone = self._lock is not None and connection.vendor == "sqlite"
        engine = Engine(Gateway([]))
        engine.gateway.cache = CacheDoor(engine.database.run, known=Known() if is_alone else None)
        set_current_engine(engine)
        self._endpoints = EndpointRefresh(
            engine.gateway,
            partial(engine.database.run, reread_endpoints),
            read_pin=partial(engine.database.run, read_pin),
            read_health=lambda names: engine.database.run(read_health, names),
        )
        await self._endpoints.start()
        await engine.start(owns_all_runs=is_alone)
        if self._celery is not None:
            self._celery.start()
        await self._warm_up(engine)
        self._hook_sigterm(engine)
        # What was imported stays for good. Left to the collector, a full pass over it stops every stream for 80 ms.
        gc.collect()
        gc.freeze()
        sys.setswitchinterval(SWITCH_INTERVAL_S)

    async def _warm_up(self, engine: Engine) -> None:
        """Load what the first question would wait for, and say what is wrong with a setting that only rows explain. The
        audit log is told of policies that changed."""
        await engine.database.run(task_model)
        await engine.database.run(record_policies)
        if (await engine.database.run(CacheSettings.objects.current)).is_semantic_enabled:
            # Imported where it is used: numpy is a third of an idle process.
            from providers.embeddings.local import local_embedder

            await asyncio.to_thread(local_embedder().load)

    async def stop(self) -> None:
        engine = current_engine()
        set_current_engine(None)
        if self._endpoints is not None:
            await self._endpoints.stop()
        if engine is not None:
            await engine.stop()
        if self._celery is not None:
            await asyncio.to_thread(self._celery.stop)
        if self._lock is not None:
            self._lock.release()

    def _hook_sigterm(self, engine: Engine) -> None:
        """Drain on SIGTERM while sockets are still open, then let the server's own handler go on."""

        def on_sigterm(number: int, frame: FrameType | None) -> None:
            if self._drain is None:
                engine.loop.call_soon_threadsafe(drain_then_stop, number)
            else:
                self._pass_on(number)

        def drain_then_stop(number: int) -> None:
            self._drain = engine.loop.create_task(engine.drain(settings.DRAIN_SECONDS))
            self._drain.add_done_callback(lambda _: self._pass_on(number))

        with suppress(ValueError):  # not the main thread: whoever embeds the app there handles signals
            self._previous = signal.signal(signal.SIGTERM, on_sigterm)

    def _pass_on(self, number: int) -> None:
        if callable(self._previous):
            self._previous(number, None)
        else:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)


_process: ServingProcess | None = None
_starting = asyncio.Lock()


async def start_serving() -> None:
    global _process
    async with _starting:
        if _process is None:
            process = ServingProcess()
            await process.start()
            _process = process


async def stop_serving() -> None:
    global _process
    async with _starting:
        if _process is not None:
            process, _process = _process, None
            await process.stop()
