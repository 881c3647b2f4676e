"""The points at which a process may die: around every statement, what it does to files, and the calls of models.

At one of them, by its number, it kills itself with SIGKILL: nothing is cleaned up, and nobody is told.
"""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

from django.core.files import File
from django.core.files.storage import FileSystemStorage
from django.db.backends.base.base import BaseDatabaseWrapper

from providers.adapters.offline.adapter import OfflineAdapter
from providers.contract import Adapter, AdapterEvent, ChatRequest, EndpointConfig, Model

# A file that is being written is cut within its first bytes, and later.
PIECE_BYTES = 300


class Points:
    def __init__(self) -> None:
        self.passed = 0
        self.last: int | None = None

    def reach(self) -> None:
        self.passed += 1
        if self.passed == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


POINTS = Points()


def _around(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    POINTS.reach()
    result = execute(sql, params, many, context)
    POINTS.reach()
    return result


def watch_statements(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """For the signal of a new connection, of which each thread has one."""
    if _around not in connection.execute_wrappers:
        connection.execute_wrappers.append(_around)


class _Cut(File):  # type: ignore[type-arg]  # of bytes
    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        for piece in super().chunks(PIECE_BYTES):
            POINTS.reach()
            yield piece
        POINTS.reach()


class Store(FileSystemStorage):
    def _save(self, name: str, content: File[Any]) -> str:
        return super()._save(name, _Cut(content.file))  # type: ignore[no-any-return,misc]  # private, so without types

    def delete(self, name: str) -> None:
        POINTS.reach()
        super().delete(name)
        POINTS.reach()


class CutAdapter(OfflineAdapter):
    """The built-in model at once; a call may end before it begins, in its middle, or before anybody takes its end."""

    def __init__(self) -> None:
        super().__init__(tokens_per_s=0)

    async def stream(self, request: ChatRequest, model: Model) -> AsyncGenerator[AdapterEvent, None]:
        POINTS.reach()
        number = 0
        async for event in super().stream(request, model):
            yield event
            number += 1
            if number == 2:
                POINTS.reach()
        POINTS.reach()


def make_adapter(endpoint: EndpointConfig) -> Adapter:
    return CutAdapter()
