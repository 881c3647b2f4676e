"""The breakers as a request with keys of its own sees them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from providers.resilience.breaker import BreakerView, State


@dataclass(frozen=True, slots=True)
class BesideOwnKeys:
    """The site's breakers, which say nothing about the endpoints `own`: another key, and maybe another address. What
    happens there is not told to them either."""

    site: BreakerView
    own: Collection[str]

    def state(self, endpoint: str) -> State:
        return "closed" if endpoint in self.own else self.site.state(endpoint)

    def opens_in_s(self, endpoint: str) -> float:
        return 0.0 if endpoint in self.own else self.site.opens_in_s(endpoint)

    def limited_for_s(self, full_id: str) -> float:
        return 0.0 if self._is_own(full_id) else self.site.limited_for_s(full_id)

    async def may_try(self, endpoint: str, *, request_id: UUID) -> bool:
        return endpoint in self.own or await self.site.may_try(endpoint, request_id=request_id)

    async def give_back_trial(self, endpoint: str, *, request_id: UUID) -> None:
        if endpoint not in self.own:
            await self.site.give_back_trial(endpoint, request_id=request_id)

    async def succeeded(self, endpoint: str) -> None:
        if endpoint not in self.own:
            await self.site.succeeded(endpoint)

    async def failed(self, endpoint: str) -> None:
        if endpoint not in self.own:
            await self.site.failed(endpoint)

    async def rate_limited(self, full_id: str, seconds: float) -> None:
        if not self._is_own(full_id):
            await self.site.rate_limited(full_id, seconds)

    def _is_own(self, full_id: str) -> bool:
        return full_id.partition("/")[0] in self.own
