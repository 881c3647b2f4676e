"""The cache on Redis. What it holds can always be done without, so a Redis that is gone is an empty cache."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def _or_as_if_empty(name: str, answer: Callable[..., Any]) -> Any:
    """The client's method, or where Redis fails what `answer` makes of its arguments."""
    method = getattr(RedisCacheClient, name)

    @wraps(method)
    def call(self: RedisCacheClient, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except RedisError as exc:
            logger.warning("the cache is left out: Redis doesn't answer (%s)", type(exc).__name__)
            return answer(*args, **kwargs)

    return call


def _not_there(key: str, *args: Any, **kwargs: Any) -> Any:
    # What counting in a key that expired raises; callers know it.
    raise ValueError("Key not found in the cache.")


class SurvivingClient(RedisCacheClient):
    add = _or_as_if_empty("add", lambda *args: True)
    get = _or_as_if_empty("get", lambda key, default: default)
    set = _or_as_if_empty("set", lambda *args: None)
    touch = _or_as_if_empty("touch", lambda *args: False)
    delete = _or_as_if_empty("delete", lambda *args: False)
    get_many = _or_as_if_empty("get_many", lambda *args: {})
    has_key = _or_as_if_empty("has_key", lambda *args: False)
    incr = _or_as_if_empty("incr", _not_there)
    set_many = _or_as_if_empty("set_many", lambda *args: None)
    delete_many = _or_as_if_empty("delete_many", lambda *args: None)
    clear = _or_as_if_empty("clear", lambda *args: False)


class SurvivingRedisCache(RedisCache):
    """Django makes one for each request; the client, with its connections, is the process's."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _client


_clients: dict[str, SurvivingClient] = {}


def _client(servers: list[str], **options: Any) -> SurvivingClient:
    """The process's own. Of two threads that come first the later one's, still without a connection, is dropped."""
    key = repr((servers, options))
    return _clients.get(key) or _clients.setdefault(key, SurvivingClient(servers, **options))
