"""A line to an endpoint: its adapter, and how many calls are on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from providers.contract import Adapter, EndpointConfig, Source

OWN_LINES_KEPT = 100
# A key that was taken away is not kept for long.
OWN_LINE_IDLE_S = 300.0


class Lines(Protocol):
    """Where the line to an endpoint comes from, for one call."""

    def borrow(self, name: str) -> Line: ...

    async def give_back(self, line: Line) -> None: ...


@dataclass(slots=True, eq=False)
class Line:
    """One that was replaced is closed after the last of its calls."""

    endpoint: EndpointConfig
    adapter: Adapter
    source: Source = "provider"
    calls: int = 0
    was_used: bool = False
    is_replaced: bool = False

    async def close_if_unused(self) -> None:
        if self.is_replaced and not self.calls:
            await self.adapter.aclose()


class OwnLines:
    """What one request goes by: lines with keys of the payer's own, and the site's for every other endpoint."""

    def __init__(self, own: Mapping[str, Line], site: Lines) -> None:
        self._own = own
        self._site = site
        for line in own.values():
            line.calls += 1

    def borrow(self, name: str) -> Line:
        line = self._own.get(name)
        if line is None:
            return self._site.borrow(name)
        line.calls += 1
        return line

    async def give_back(self, line: Line) -> None:
        if line.source == "own_key":
            line.calls -= 1
            await line.close_if_unused()
        else:
            await self._site.give_back(line)

    async def aclose(self) -> None:
        """The request is over."""
        for line in self._own.values():
            await self.give_back(line)


class OwnLineKeeper:
    """Keeps people's own lines open from one request to the next, since each new one costs a handshake before the first
    token: the last `OWN_LINES_KEPT`, while they are used."""

    def __init__(self, make_adapter: Callable[[EndpointConfig], Adapter], *, clock: Callable[[], float]) -> None:
        self._make_adapter = make_adapter
        self._clock = clock
        self._used_s: dict[EndpointConfig, float] = {}
        self._lines: dict[EndpointConfig, Line] = {}

    async def lines(self, endpoints: Iterable[EndpointConfig], site: Lines) -> OwnLines:
        """To be closed after the request. Where the key or the address changed, a line is another."""
        found = {}
        for one in endpoints:
            if one not in self._lines:
                # In a thread, with the import of its SDK: on the loop that would stall every stream.
                made = Line(one, await asyncio.to_thread(self._make_adapter, one), source="own_key")
                if self._lines.setdefault(one, made) is not made:
                    await made.adapter.aclose()
            found[one.name] = self._lines[one]
            self._used_s[one] = self._clock()
        lines = OwnLines(found, site)
        for line in self._take_out_unused():
            line.is_replaced = True
            await line.close_if_unused()
        return lines

    async def aclose(self) -> None:
        for line in self._lines.values():
            await line.adapter.aclose()
        self._lines.clear()
        self._used_s.clear()

    def _take_out_unused(self) -> list[Line]:
        newest = sorted(self._lines, key=self._used_s.__getitem__, reverse=True)
        unused = [
            one
            for place, one in enumerate(newest)
            if place >= OWN_LINES_KEPT or self._clock() - self._used_s[one] > OWN_LINE_IDLE_S
        ]
        for one in unused:
            del self._used_s[one]
        return [self._lines.pop(one) for one in unused]
