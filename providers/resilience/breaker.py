"""Circuit breakers, one for each endpoint, and the times until which models are rate-limited.

A process decides by its own table. Where processes share a Redis, every failure is counted there and every table is
brought up to date once a second, so that they agree; a Redis that is gone leaves each with its own.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias
from uuid import UUID

from django.conf import settings
from django.core.cache import cache

logger = logging.getLogger(__name__)

OPENS_AFTER_FAILURES = 5
OPEN_S = 60.0
# A trial whose process died must not keep the breaker half-open for ever.
TRIAL_S = 60.0
# What nobody asked for a day starts anew.
REMEMBERED_S = 24 * 3600.0
REFRESH_S = 1.0

State: TypeAlias = Literal["closed", "open", "half_open"]


class BreakerView(Protocol):
    """What one request sees and tells of the breakers."""

    def state(self, endpoint: str) -> State: ...

    def opens_in_s(self, endpoint: str) -> float: ...

    def limited_for_s(self, full_id: str) -> float: ...

    async def may_try(self, endpoint: str, *, request_id: UUID) -> bool: ...

    async def give_back_trial(self, endpoint: str, *, request_id: UUID) -> None: ...

    async def succeeded(self, endpoint: str) -> None: ...

    async def failed(self, endpoint: str) -> None: ...

    async def rate_limited(self, full_id: str, seconds: float) -> None: ...


@dataclass(slots=True)
class Breaker:
    """One endpoint's, by this process's monotonic clock, which no change of the wall clock moves. `trial_of` is the
    request that tries it out, where that is one of this process."""

    failures: int = 0
    is_tripped: bool = False
    open_until_s: float = 0.0
    trial_until_s: float = 0.0
    trial_of: UUID | None = None


class Breakers:
    """`clock` is there for tests. Belongs to one event loop; the shared part is read and written in threads."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, is_shared: bool | None = None) -> None:
        self._clock = clock
        self._is_shared = bool(settings.REDIS_URL) if is_shared is None else is_shared
        self._table: defaultdict[str, Breaker] = defaultdict(Breaker)
        self._limited_until_s: dict[str, float] = {}
        self._refreshed_at_s: float | None = None

    def state(self, endpoint: str) -> State:
        breaker = self._table.get(endpoint)
        if breaker is None or not breaker.is_tripped:
            return "closed"
        return "open" if self._clock() < breaker.open_until_s else "half_open"

    def opens_in_s(self, endpoint: str) -> float:
        """Seconds until an open breaker lets a trial through."""
        return max(0.0, self._table[endpoint].open_until_s - self._clock())

    def limited_for_s(self, full_id: str) -> float:
        """Seconds for which the model's provider asked to be left alone; 0 if it may be asked."""
        return max(0.0, self._limited_until_s.get(full_id, 0.0) - self._clock())

    async def may_try(self, endpoint: str, *, request_id: UUID) -> bool:
        """Whether a request may make a call now. Of a half-open breaker only one, in all processes, is told so: the
        trial is its own until it tells how that went, or gives it back."""
        state = self.state(endpoint)
        if state != "half_open":
            return state == "closed"
        breaker = self._table[endpoint]
        if self._clock() < breaker.trial_until_s:
            return breaker.trial_of == request_id
        breaker.trial_of, breaker.trial_until_s = request_id, self._clock() + TRIAL_S
        if self._is_shared and not await asyncio.to_thread(_claim_trial, endpoint):
            # Another process has it. That one may give it back, so it is asked for again soon.
            breaker.trial_of, breaker.trial_until_s = None, self._clock() + REFRESH_S
            return False
        logger.info("breaker of %s: half-open, one call is let through", endpoint)
        return True

    async def give_back_trial(self, endpoint: str, *, request_id: UUID) -> None:
        """The request's trial, if it has one, ended without telling anything: it was stopped, or refused for another
        reason. The next may try."""
        breaker = self._table.get(endpoint)
        if breaker is not None and breaker.trial_of == request_id:
            breaker.trial_of, breaker.trial_until_s = None, 0.0
            if self._is_shared:
                await asyncio.to_thread(cache.delete, _key(endpoint, "trial"))

    async def give_back_trials(self, *, request_id: UUID) -> None:
        """The request is over, however it ended."""
        for endpoint in [name for name, breaker in self._table.items() if breaker.trial_of == request_id]:
            await self.give_back_trial(endpoint, request_id=request_id)

    async def succeeded(self, endpoint: str) -> None:
        breaker = self._table.get(endpoint)
        if breaker is None or not (breaker.failures or breaker.is_tripped):
            return
        if breaker.is_tripped:
            logger.warning("breaker of %s: closed, it answers again", endpoint)
        del self._table[endpoint]
        if self._is_shared:
            names = ("failures", "tripped", "open", "trial")
            await asyncio.to_thread(cache.delete_many, [_key(endpoint, name) for name in names])

    async def failed(self, endpoint: str) -> None:
        """Count a failure that says the endpoint is not well."""
        breaker = self._table[endpoint]
        breaker.failures += 1
        if self._is_shared:
            shared = await asyncio.to_thread(_count_failure, endpoint)
            # What was learnt of others meanwhile may have replaced it.
            breaker = self._table[endpoint]
            breaker.failures = max(breaker.failures, shared)
        is_trial = self.state(endpoint) == "half_open"
        if is_trial or (breaker.failures >= OPENS_AFTER_FAILURES and not breaker.is_tripped):
            await self._open(endpoint, breaker)

    async def rate_limited(self, full_id: str, seconds: float) -> None:
        now_s = self._clock()
        # Anybody may name any model of an endpoint that has no list of them.
        self._limited_until_s = {name: until_s for name, until_s in self._limited_until_s.items() if until_s > now_s}
        self._limited_until_s[full_id] = now_s + seconds
        if self._is_shared and seconds > 0:
            await asyncio.to_thread(cache.set, _key(full_id, "limited"), seconds, seconds)

    async def refresh(self, endpoints: Iterable[str], *, full_ids: Iterable[str] = ()) -> None:
        """Take over what other processes learnt, where that is older than a second."""
        now_s = self._clock()
        if not self._is_shared or (self._refreshed_at_s is not None and now_s - self._refreshed_at_s < REFRESH_S):
            return
        self._refreshed_at_s = now_s
        names, models = list(endpoints), list(full_ids)
        keys = [_key(name, fact) for name in names for fact in ("failures", "tripped", "open")]
        keys += [_key(full_id, "limited") for full_id in models]
        found = await asyncio.to_thread(_read, keys)
        if found is None:
            return
        for name in names:
            self._take_over(name, found)
        for full_id in models:
            if _key(full_id, "limited") in found:
                self._limited_until_s[full_id] = max(self._limited_until_s.get(full_id, 0.0), now_s + 2 * REFRESH_S)

    def _take_over(self, endpoint: str, found: dict[str, float]) -> None:
        is_tripped = _key(endpoint, "tripped") in found
        failures = int(found.get(_key(endpoint, "failures"), 0))
        if not is_tripped and not failures:
            self._table.pop(endpoint, None)
            return
        breaker = self._table[endpoint]
        breaker.failures, breaker.is_tripped = failures, is_tripped
        if _key(endpoint, "open") not in found:
            breaker.open_until_s = 0.0
        elif self.state(endpoint) != "open":
            # It opened since the last look. When it ends only Redis knows exactly, and the next looks tell.
            breaker.open_until_s = self._clock() + OPEN_S

    async def _open(self, endpoint: str, breaker: Breaker) -> None:
        logger.warning("breaker of %s: open for %g s after %d failures", endpoint, OPEN_S, breaker.failures)
        breaker.is_tripped = True
        breaker.open_until_s = self._clock() + OPEN_S
        breaker.trial_of, breaker.trial_until_s = None, 0.0
        if self._is_shared:
            await asyncio.to_thread(_share_open, endpoint)


def _key(name: str, fact: str) -> str:
    return f"breaker:{fact}:{name}"


def _count_failure(endpoint: str) -> int:
    key = _key(endpoint, "failures")
    cache.add(key, 0, REMEMBERED_S)
    try:
        return cache.incr(key)
    except ValueError:  # Redis is gone: this process counts alone
        return 0


def _claim_trial(endpoint: str) -> bool:
    """Not while it is open: another process's trial may have failed just now."""
    return not cache.get(_key(endpoint, "open")) and bool(cache.add(_key(endpoint, "trial"), 1, TRIAL_S))


def _share_open(endpoint: str) -> None:
    cache.set(_key(endpoint, "tripped"), 1, REMEMBERED_S)
    cache.set(_key(endpoint, "open"), 1, OPEN_S)
    cache.delete(_key(endpoint, "trial"))


def _read(keys: list[str]) -> dict[str, float] | None:
    """What the shared cache holds of these keys; None where it is gone, which looks like an empty one."""
    cache.add(_key("", "alive"), 1, None)
    found = cache.get_many([*keys, _key("", "alive")])
    return found if found else None
