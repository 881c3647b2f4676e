"""What the gateway means to do about a request."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias

from providers.cache.policy import CacheScope
from providers.cache.store import CachedAnswer
from providers.contract import GatewayEvent, Model, Routed
from providers.delivery import Delivery
from providers.errors import ProviderError
from providers.line import OwnLines

ShareKey: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """`kept` is an answer that needs no call. Without one `delivery` is how it will be got, or `error` why it can't be;
    `own_lines` are to be closed after it. With a `scope` it may be kept, and shared with who asks the same meanwhile:
    also where nobody else can be asked.
    """

    asked: Model
    routed: Routed
    delivery: Delivery | None = None
    error: ProviderError | None = None
    own_lines: OwnLines | None = None
    kept: CachedAnswer | None = None
    scope: CacheScope | None = None

    @property
    def share_key(self) -> ShareKey | None:
        return share_key(self.scope) if self.scope is not None else None


def share_key(scope: CacheScope) -> ShareKey:
    """The same person asks the same of the same model."""
    return str(scope.payer.user_id), scope.request_digest


async def closing_after(
    events: AsyncGenerator[GatewayEvent, None], lines: OwnLines
) -> AsyncGenerator[GatewayEvent, None]:
    """The events; then the lines that were made for them alone are closed."""
    try:
        async with aclosing(events):
            async for event in events:
                yield event
    finally:
        await lines.aclose()
