"""How much a person may ask for: requests and tokens, in windows that slide.

A window holds what was used in the last minute, whatever the clock's minute. What visitors may send is counted by the
address they come from, in `accounts/middleware.py`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from limits import RateLimitItemPerSecond
from limits.strategies import MovingWindowRateLimiter

from accounts.limits.memory import MemoryWindows
from accounts.models import User
from convoscope.errors import HOUR_S, MINUTE_S, LimitReached
from convoscope.numbers import number

if TYPE_CHECKING:
    from accounts.limits.redis import RedisWindows

logger = logging.getLogger(__name__)

TIER_WINDOW_S = 60
# A Redis that hangs is waited for once in this time, not by each request.
GONE_PAUSE_S = 5.0


@dataclass(frozen=True, slots=True)
class LimitState:
    """Where somebody stands in a window; `reset_s` is when the oldest of what they used leaves it."""

    limit: int
    remaining: int
    reset_s: float

    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(ceil(time.time() + self.reset_s)),
        }


class Limit(RateLimitItemPerSecond):
    """So much in so many seconds. Its key is the person's alone: what they used counts on when their tier changes."""

    def key_for(self, *identifiers: bytes | str | int | float) -> str:
        return f"{self.namespace}:{identifiers[0]!s}"


@dataclass(frozen=True, slots=True)
class Allowance:
    requests: Limit
    tokens: Limit | None


class Limiter(MovingWindowRateLimiter):
    """The library's moving window. Entries may also be added past the limit, and it says how long to wait."""

    def __init__(self, windows: MemoryWindows | RedisWindows) -> None:
        super().__init__(windows)
        self.windows = windows
        self.clock = time.monotonic
        self._is_gone_until = 0.0

    @contextmanager
    def or_let_pass(self) -> Iterator[None]:
        """Do without the limits where Redis doesn't answer."""
        try:
            yield
        except self.windows.base_exceptions as exc:
            self._is_gone_until = self.clock() + GONE_PAUSE_S
            logger.warning("the limits are left out: Redis doesn't answer (%s)", type(exc).__name__)

    @property
    def is_gone(self) -> bool:
        return self.clock() < self._is_gone_until

    def add(self, limit: Limit, key: str, amount: int) -> None:
        self.windows.add_entry(limit.key_for(key), limit.get_expiry(), amount)

    def state(self, limit: Limit, key: str) -> LimitState:
        reset_at, remaining = self.get_window_stats(limit, key)
        # Overdrawn, or lowered since, more is used than there is.
        return LimitState(limit.amount, max(0, remaining), max(0.0, reset_at - time.time()))

    def reached(self, limit: Limit, key: str, amount: int, reason: str) -> LimitReached:
        wait_s = self.windows.wait_s(limit.key_for(key), limit.amount, limit.get_expiry(), amount)
        return LimitReached(reason, retry_after_s=wait_s, headers=self.state(limit, key).headers())


def take_request(user: User, *, tokens: int = 0) -> None:
    """Count a request that will use about so many tokens; what it used beyond them is added by `add_tokens`.

    Raises: LimitReached; then nothing is counted.
    """
    limiter, allowance, key = current_limiter(), allowance_of(user), str(user.id)
    if limiter.is_gone:
        return
    amount = max(1, tokens)
    with limiter.or_let_pass():
        if allowance.tokens is not None and not limiter.hit(allowance.tokens, key, cost=amount):
            raise limiter.reached(allowance.tokens, key, amount, _tokens_reason(allowance.tokens))
        if not limiter.hit(allowance.requests, key):
            if allowance.tokens is not None:
                limiter.add(allowance.tokens, key, -amount)
            raise limiter.reached(allowance.requests, key, 1, _requests_reason(allowance.requests))


@contextmanager
def counted(user: User, *, tokens: int = 0) -> Iterator[None]:
    """Count a request for what the block does; where it raises, nothing was done and nothing is counted.

    Raises: LimitReached, before the block begins.
    """
    take_request(user, tokens=tokens)
    with ExitStack() as undo:
        undo.callback(give_back, user, tokens=tokens)
        yield
        undo.pop_all()


def give_back(user: User, *, tokens: int = 0) -> None:
    """Undo `take_request`."""
    limiter, allowance, key = current_limiter(), allowance_of(user), str(user.id)
    if limiter.is_gone:
        return
    with limiter.or_let_pass():
        limiter.add(allowance.requests, key, -1)
        if allowance.tokens is not None:
            limiter.add(allowance.tokens, key, -max(1, tokens))


def add_tokens(user_id: UUID, extra: int) -> None:
    """What a request used beyond the tokens it was counted with, or less than them. It counts past the limit too: a
    window is overdrawn by the requests that were let in, and the next one waits."""
    limiter = current_limiter()
    if extra and not limiter.is_gone:
        with limiter.or_let_pass():
            # Of whatever tier: the key is the same.
            limiter.add(_limit(1, TIER_WINDOW_S, "tokens"), str(user_id), extra)


def forget_limits(user_id: UUID) -> None:
    """As if the person had never asked for anything."""
    limiter = current_limiter()
    if not limiter.is_gone:
        with limiter.or_let_pass():
            for namespace in ("requests", "tokens"):
                limiter.windows.clear(_limit(1, TIER_WINDOW_S, namespace).key_for(str(user_id)))


def limit_state(user: User) -> LimitState | None:
    """Where a person's requests stand; None where nobody counts, since Redis is gone."""
    limiter = current_limiter()
    if not limiter.is_gone:
        with limiter.or_let_pass():
            return limiter.state(allowance_of(user).requests, str(user.id))
    return None


def allowance_of(user: User) -> Allowance:
    """By the person's tier as it is now; without one, or with one that is no more, by the site's own limits."""
    tier = settings.TIER_LIMITS.get(user.tier_in_force)
    if tier is None:
        return Allowance(_limit(settings.RATE_LIMIT_REQUESTS, settings.RATE_LIMIT_WINDOW, "requests"), None)
    tokens = None if tier.tokens is None else _limit(tier.tokens, TIER_WINDOW_S, "tokens")
    return Allowance(_limit(tier.requests, TIER_WINDOW_S, "requests"), tokens)


def current_limiter() -> Limiter:
    return _limiter(settings.REDIS_URL)


@cache
def _limiter(redis_url: str) -> Limiter:
    if not redis_url:
        return Limiter(MemoryWindows())
    # The embedded set-up loads no client of a server that it hasn't.
    from accounts.limits.redis import RedisWindows

    return Limiter(RedisWindows(redis_url, key_prefix="convoscope:limits", **settings.RATE_LIMIT_REDIS_OPTIONS))


@cache
def _limit(amount: int, window_s: int, namespace: str) -> Limit:
    return Limit(amount, window_s, namespace)


def _requests_reason(limit: Limit) -> str:
    words = ngettext(
        "You have reached your limit of %(limit)s message %(window)s. Your text is kept.",
        "You have reached your limit of %(limit)s messages %(window)s. Your text is kept.",
        limit.amount,
    )
    return words % _figures(limit)


def _tokens_reason(limit: Limit) -> str:
    return _(
        "You have reached your limit of %(limit)s tokens %(window)s, which long messages and answers use up. "
        "Your text is kept."
    ) % _figures(limit)


def _figures(limit: Limit) -> dict[str, str]:
    window_s = limit.get_expiry()
    words = {MINUTE_S: _("a minute"), HOUR_S: _("an hour"), 24 * HOUR_S: _("a day")}
    seconds = ngettext("in %(n)s second", "in %(n)s seconds", window_s) % {"n": window_s}
    return {"limit": number(limit.amount), "window": words.get(window_s, seconds)}
