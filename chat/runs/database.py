"""The engine's one door to the database: its own threads and connections, never the event loop's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from datetime import tzinfo
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, connections
from django.utils import timezone
from django.utils.translation import get_language, override

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4


class Database:
    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="engine-db")

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a synchronous function in a database thread and return what it returns."""
        call = partial(_call, partial(function, *args, **kwargs), get_language(), timezone.get_current_timezone())
        # An empty context: a request's own would tie the query to that request's thread. Language and zone go along.
        return await asyncio.get_running_loop().run_in_executor(self._threads, Context().run, call)

    def close(self) -> None:
        for _ in range(THREADS):
            self._threads.submit(connections.close_all)
        self._threads.shutdown(wait=True)


def _call(call: Callable[[], T], language: str | None, zone: tzinfo) -> T:
    try:
        with override(language), timezone.override(zone):
            return call()
    except DatabaseError:
        # A connection that failed may be broken for good; the next call opens a new one.
        connections.close_all()
        raise
    except InterfaceError as exc:
        # A driver's word for a connection that is gone already. Callers wait for the database on one kind of error.
        connections.close_all()
        raise OperationalError(str(exc)) from exc
    finally:
        close_old_connections()
