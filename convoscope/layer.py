"""The channel layer on Redis, for several processes. A Redis that is gone costs pages the events of other processes,
never a request, a socket or an answer; when it is back, pages are told to ask for what they missed."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer, RedisSingleShardConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

FAILURES = (RedisError, OSError)
RETRY_S = 1.0
POLL_S = 0.5


class SurvivingRedisLayer(RedisPubSubChannelLayer):  # type: ignore[misc]  # channels_redis is untyped
    def _get_layer(self) -> Any:
        loop = asyncio.get_running_loop()
        if loop not in self._layers:
            # Puts a layer of its own kind there, with what closes it together with the loop.
            made = super()._get_layer()
            made._shards = [_Shard(shard.host | {"retry": Retry(NoBackoff(), 0)}, made) for shard in made._shards]
        return self._layers[loop]


class _Shard(RedisSingleShardConnection):  # type: ignore[misc]  # channels_redis is untyped
    """The connection to Redis of one event loop.

    Nothing is retried below it: a connection that came back unseen would hide that events were missed.
    """

    is_down = False
    _pubsub: Any
    _subscribed_to: set[str]

    async def publish(self, channel: str, message: bytes) -> None:
        """Send, or while Redis is gone drop: pages find the same in the database at their next resync."""
        if self.is_down:
            return
        try:
            await super().publish(channel, message)
        except FAILURES as exc:
            self._lose(exc)

    async def subscribe(self, channel: str) -> None:
        """Listen to a channel that the layer has in its tables; while Redis is gone, as soon as it is back."""
        if self.is_down:
            return
        try:
            await super().subscribe(channel)
        except FAILURES as exc:
            self._lose(exc)

    async def unsubscribe(self, channel: str) -> None:
        try:
            if not self.is_down:
                await super().unsubscribe(channel)
        except FAILURES as exc:
            self._lose(exc)

    async def _do_receiving(self) -> None:
        while True:
            try:
                if self.is_down:
                    await self._come_back()
                elif self._pubsub.subscribed:
                    self._receive_message(
                        await self._pubsub.get_message(ignore_subscribe_messages=True, timeout=POLL_S)
                    )
                else:
                    await asyncio.sleep(0.1)
            except FAILURES as exc:
                self._lose(exc)
                await asyncio.sleep(RETRY_S)

    def _lose(self, exc: Exception) -> None:
        if not self.is_down:
            self.is_down = True
            logger.warning("Redis is gone (%s): pages miss what other processes do until it is back", exc)
        # A process may lose it before any page listened.
        self._ensure_redis()
        self._ensure_receiver()

    async def _come_back(self) -> None:
        """Listen again to everything, and tell this process's pages that they missed something.

        Raises: RedisError while Redis is still gone.
        """
        async with self._lock:
            await self._redis.ping()
            await self._pubsub.aclose()
            self._pubsub = self._redis.pubsub()
            self._subscribed_to = set()
            self.is_down = False
        layer = self.channel_layer
        for channel in [*layer.channels, *layer.groups]:
            await self.subscribe(channel)
        if self.is_down:
            return
        logger.warning("Redis is back")
        for queue in layer.channels.values():
            queue.put_nowait(layer.channel_layer.serialize({"type": "layer.restored"}))
