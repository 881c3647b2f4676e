"""The response cache as the gateway uses it: from a loop, with the database behind `run`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from django.db import DatabaseError

from convoscope.encrypted_content import Unreadable
from providers.cache.known import Known
from providers.cache.policy import CacheScope, never_cached
from providers.cache.store import Consulted, consult, note_hit, remember
from providers.contract import ChatRequest, Usage

logger = logging.getLogger(__name__)

# Calls a function that talks to the database, off the loop, and gives back what it returns.
RunInThread = Callable[..., Awaitable[Any]]


class CacheDoor:
    """A database that doesn't answer is a cache that holds nothing: it costs nobody an answer.

    `known` is for a process that alone writes to the cache.
    """

    def __init__(self, run: RunInThread, *, known: Known | None = None) -> None:
        self._run = run
        self._known = known
        self._tasks: set[asyncio.Task[None]] = set()

    async def consult(self, request: ChatRequest, *, model_full_id: str) -> Consulted | None:
        """None where the cache has nothing to say."""
        if never_cached(request):
            return None
        if self._known is not None:
            if said := self._known.consult(request, model_full_id=model_full_id):
                return said
            if not self._known.is_loaded:
                self._later(self._run, self._known.load)
        try:
            consulted: Consulted = await self._run(consult, request, model_full_id=model_full_id)
        except DatabaseError as exc:
            logger.warning("the response cache is left out: the database doesn't answer (%s)", type(exc).__name__)
            return None
        except Unreadable:
            logger.warning("the response cache is left out: FIELD_ENCRYPTION_KEYS lacks the key of a kept answer")
            return None
        if consulted.answer is not None:
            self._later(self._run, note_hit, consulted.answer)
        return consulted

    def keep(self, scope: CacheScope, *, text: str, usage: Usage) -> None:
        """Store an answer, after whoever waits for it has it."""
        self._later(self._keep, scope, text=text, usage=usage)

    async def _keep(self, scope: CacheScope, *, text: str, usage: Usage) -> None:
        if await self._run(remember, scope, text=text, usage=usage) and self._known is not None:
            self._known.add(scope)

    async def aclose(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _later(self, work: Callable[..., Awaitable[object]], *args: object, **kwargs: object) -> None:
        task = asyncio.create_task(self._see_through(work(*args, **kwargs)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _see_through(self, work: Awaitable[object]) -> None:
        try:
            await work
        except DatabaseError as exc:
            logger.warning("the response cache keeps nothing: the database doesn't answer (%s)", type(exc).__name__)
