"""Two calls at once, for a first one that is slow to begin: whichever says something first is the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from providers.contract import AttemptStarted, Dropped, GatewayEvent
from providers.errors import ProviderError


class Pump:
    """Reads a call's events in a task of its own, so that one can wait for two calls. Belongs to one loop.

    `number` is that of its call, once `started` has told it.
    """

    def __init__(self, events: AsyncGenerator[GatewayEvent, None]) -> None:
        self.number = 0
        self._queue: asyncio.Queue[GatewayEvent | ProviderError | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._read(events))
        self._next: asyncio.Task[GatewayEvent | ProviderError | None] | None = None

    async def _read(self, events: AsyncGenerator[GatewayEvent, None]) -> None:
        try:
            async with aclosing(events):
                async for event in events:
                    self._queue.put_nowait(event)
        except ProviderError as error:
            self._queue.put_nowait(error)
        finally:
            # Also after a fault of ours, for which `rest` looks then.
            self._queue.put_nowait(None)

    def coming(self) -> asyncio.Task[GatewayEvent | ProviderError | None]:
        """The next event, an error, or None at the end; the same task until its result was taken by `taken`."""
        if self._next is None:
            self._next = asyncio.create_task(self._queue.get())
        return self._next

    def taken(self) -> GatewayEvent | ProviderError | None:
        """The result of `coming`, which is done."""
        done, self._next = self.coming(), None
        return done.result()

    async def rest(self) -> AsyncGenerator[GatewayEvent, None]:
        """Everything from here on.

        Raises: ProviderError.
        """
        while True:
            await self.coming()
            event = self.taken()
            if event is None:
                await self._task
                return
            if isinstance(event, ProviderError):
                raise event
            yield event

    async def aclose(self) -> None:
        """End the call, if it goes on."""
        tasks = [self._task, *([self._next] if self._next is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def begun(pump: Pump, seconds: float | None = None) -> bool:
    """Wait until something of the call is there to be taken; False if that took longer."""
    done, _ = await asyncio.wait([pump.coming()], timeout=seconds)
    return bool(done)


async def race(one: Pump, other: Pump) -> tuple[Pump, Dropped]:
    """Wait until one of two calls says something; of two at once it is `one`. The other is ended, unless it had failed
    by itself. An error that no other model may go on after is an answer too."""
    await asyncio.wait([one.coming(), other.coming()], return_when=asyncio.FIRST_COMPLETED)
    winner, loser = (one, other) if one.coming().done() else (other, one)
    first = winner.coming().result()
    if isinstance(first, ProviderError) and first.may_fall_back:
        winner, loser = loser, winner
    said = loser.coming().result() if loser.coming().done() else None
    await loser.aclose()
    return winner, Dropped(loser.number, said if isinstance(said, ProviderError) else None)


async def started(pump: Pump) -> AttemptStarted | ProviderError:
    """A call's first event, which comes before the provider is asked."""
    await pump.coming()
    event = pump.taken()
    assert isinstance(event, AttemptStarted | ProviderError)
    if isinstance(event, AttemptStarted):
        pump.number = event.call_number
    return event
