"""A process with breakers of its own on a shared Redis. It does what its standard input tells it, one order a line.

`python -m tests.support.breaking`: an order is a JSON list, such as `["failed", "openai"]`; the answer is JSON too.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import uuid4

os.environ["DJANGO_SETTINGS_MODULE"] = "convoscope.settings.test"

from providers.resilience.breaker import Breakers

REQUEST_ID = uuid4()


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


async def main() -> None:
    clock = Clock()
    breakers = Breakers(clock=clock, is_shared=True)

    async def later(seconds: float) -> None:
        clock.now_s += seconds

    async def state(endpoint: str) -> str:
        return breakers.state(endpoint)

    async def opens_in_s(endpoint: str) -> float:
        return breakers.opens_in_s(endpoint)

    async def may_try(endpoint: str) -> bool:
        return await breakers.may_try(endpoint, request_id=REQUEST_ID)

    async def give_back(endpoint: str) -> None:
        await breakers.give_back_trial(endpoint, request_id=REQUEST_ID)

    async def refresh(endpoint: str) -> None:
        await breakers.refresh([endpoint])

    orders: dict[str, Callable[..., Coroutine[Any, Any, object]]] = {
        "later": later,
        "state": state,
        "opens_in_s": opens_in_s,
        "may_try": may_try,
        "give_back": give_back,
        "refresh": refresh,
        "failed": breakers.failed,
        "succeeded": breakers.succeeded,
    }
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        sys.stdout.write(json.dumps(await orders[name](*arguments)) + "\n")
        sys.stdout.flush()


asyncio.run(main())
