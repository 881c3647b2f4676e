"""What the gateway means to do about a request."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TypeAlias

from providers.cache.policy import CacheScope
from providers.cache.store import CachedAnswer
from providers.contract import ChatRequest, Failed, GatewayEvent, Model, Routed
from providers.delivery import Delivery
from providers.errors import ProviderError
from providers.line import OwnLines

ShareKey: TypeAlias = tuple[str, str, bool, bool]


@dataclass(frozen=True, slots=True)
class Plan:
    """`kept` is an answer that needs no call. Without one `delivery` is how it will be got, or `error` why it can't be;
    `own_lines` are to be closed after it. With a `scope` it may be kept, and shared with who asks the same meanwhile,
    by `share_key`: also where nobody else can be asked.
    """

    asked: Model
    routed: Routed
    delivery: Delivery | None = None
    error: ProviderError | None = None
    own_lines: OwnLines | None = None
    kept: CachedAnswer | None = None
    scope: CacheScope | None = None
    share_key: ShareKey | None = None


def share_key(scope: CacheScope, request: ChatRequest) -> ShareKey:
    """The same person asks the same of the same model, and the same others may answer both."""
    return str(scope.payer.user_id), scope.request_digest, request.only_this_model, request.must_be_free


async def failed(error: ProviderError) -> AsyncGenerator[GatewayEvent, None]:
    yield Failed(error)
