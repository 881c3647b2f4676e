"""A line to an endpoint: its adapter, and how many calls are on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from providers.contract import Adapter, EndpointConfig, Source


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
    """Lines with keys of the payer's own, made for one request and closed after it; the site's for every other
    endpoint."""

    def __init__(self, own: Mapping[str, Line], site: Lines) -> None:
        self._own = own
        self._site = site

    def borrow(self, name: str) -> Line:
        line = self._own.get(name)
        if line is None:
            return self._site.borrow(name)
        line.calls += 1
        return line

    async def give_back(self, line: Line) -> None:
        if line.source == "own_key":
            line.calls -= 1
        else:
            await self._site.give_back(line)

    async def aclose(self) -> None:
        for line in self._own.values():
            await line.adapter.aclose()
