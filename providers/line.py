"""A line to an endpoint: its adapter, and how many calls are on it."""

from __future__ import annotations

from dataclasses import dataclass

from providers.contract import Adapter, EndpointConfig


@dataclass(slots=True, eq=False)
class Line:
    """One that was replaced is closed after the last of its calls."""

    endpoint: EndpointConfig
    adapter: Adapter
    calls: int = 0
    is_replaced: bool = False

    async def close_if_unused(self) -> None:
        if self.is_replaced and not self.calls:
            await self.adapter.aclose()
