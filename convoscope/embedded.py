"""Celery's worker and beat as threads of the serving process, for the set-up without a broker."""

from __future__ import annotations

import threading
from typing import Any

from celery.beat import EmbeddedService

from convoscope.celery import app

WORKER_THREADS = 2


class EmbeddedCelery:
    """The in-memory broker forgets everything at exit; the sweeps find what was lost."""

    def __init__(self) -> None:
        self._worker: Any = None
        self._beat: Any = EmbeddedService(app, thread=True, scheduler_cls="celery.beat:Scheduler")
        self._thread = threading.Thread(target=self._work, name="celery-worker", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._beat.start()

    def stop(self) -> None:
        if not self._thread.is_alive():
            return
        self._beat.stop()
        if self._worker is not None:
            self._worker.stop()
        self._thread.join(timeout=5)

    def _work(self) -> None:
        # Made in its own thread: it closes database connections, which an event loop's thread must not do.
        self._worker = app.WorkController(
            pool="threads",
            concurrency=WORKER_THREADS,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            quiet=True,
        )
        self._worker.start()
