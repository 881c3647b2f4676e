"""The cache on Redis."""

from __future__ import annotations

from contextvars import Context
from typing import Any

from django.core.cache import caches

from tests.support.place import on_servers

pytestmark = on_servers


def test_requests_share_the_connections_of_the_process() -> None:
    def pool() -> Any:
        return caches["default"]._cache.get_client().connection_pool  # type: ignore[attr-defined]

    # A request has a context of its own, in which Django makes a cache.
    pools = [Context().run(pool) for _ in range(3)]
    assert pools[0] is pools[1] is pools[2]
