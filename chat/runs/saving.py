"""Saving what must not be lost while the database can't be written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from django.db import DatabaseError, DataError, IntegrityError

T = TypeVar("T")

RETRY_FIRST_S = 0.5
RETRY_MAX_S = 15.0


async def until_saved(save: Callable[[], Awaitable[T]], *, waits: Callable[[DatabaseError], None]) -> T:
    """What `save` returns, which is tried as often as it takes; `waits` hears of each time that failed.

    Raises: DataError or IntegrityError for what no attempt will bring in, and whatever isn't the database's fault.
    """
    pause_s = RETRY_FIRST_S
    while True:
        try:
            return await save()
        except (DataError, IntegrityError):
            raise
        except DatabaseError as exc:
            waits(exc)
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, RETRY_MAX_S)
