"""The ends of sockets and event streams: they check who connects and pass everything to a `ConversationFeed`."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import Any
from uuid import UUID

import orjson
from channels.generic.http import AsyncHttpConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.utils import timezone, translation

from accounts.zones import zone_for
from chat import access
from chat.events import EVERYBODY, owner_group
from chat.feeds import ConversationFeed, Hello
from chat.models import Conversation
from chat.runs.engine import current_engine

logger = logging.getLogger(__name__)

NOT_SIGNED_IN = 4401
NOT_FOUND = 4404
SESSION_ENDED = 4403
RESTARTING = 1012
HEARTBEAT_S = 15.0


def parse_hello(text: str | bytes) -> Hello | None:
    """A page's hello; None if it isn't one, such as a ping.

    Raises: ValueError for what no page of ours sends.
    """
    data = orjson.loads(text)
    if not isinstance(data, dict) or data.get("type") != "hello":
        return None
    unfinished = {
        UUID(message_id): (int(fence), int(seq)) for message_id, (fence, seq) in (data.get("unfinished") or {}).items()
    }
    last = data.get("last")
    return Hello(
        version=int(data.get("version", 0)),
        last_id=UUID(last) if last else None,
        unfinished=unfinished,
        has_follow_ups=bool(data.get("follow_ups", True)),
    )


class FeedMixin(ABC):
    """What socket and event stream share: access, groups, and the events of the channel layer."""

    scope: dict[str, Any]
    channel_layer: Any
    channel_name: str
    feed: ConversationFeed | None = None
    group: str = ""
    session_key: str = ""
    ending: asyncio.Task[None] | None = None

    async def open_feed(self, send: Any) -> int | None:
        """Join the conversation. Returns the close code if the person may not."""
        engine = current_engine()
        if engine is None:
            return RESTARTING
        conversation_id: UUID = self.scope["url_route"]["kwargs"]["conversation_id"]
        self.session_key = self.scope["cookies"].get(settings.SESSION_COOKIE_NAME, "")
        person, conversation = await engine.database.run(access.enter_conversation, self.session_key, conversation_id)
        if person is None:
            return NOT_SIGNED_IN
        if conversation is None:
            return NOT_FOUND
        # This connection's own: all that is rendered for it is for them.
        translation.activate(person.language)
        timezone.activate(zone_for(person, self.scope["cookies"]))
        self.group = owner_group(person.id)
        for group in (self.group, EVERYBODY):
            await self.channel_layer.group_add(group, self.channel_name)
        self.feed = ConversationFeed(conversation_id=conversation.id, engine=engine, send=send, restart=self.restart)
        return None

    async def close_feed(self) -> None:
        if self.feed is not None:
            self.feed.close()
            self.feed = None
        if self.group:
            for group in (self.group, EVERYBODY):
                await self.channel_layer.group_discard(group, self.channel_name)

    @abstractmethod
    async def end(self, code: int) -> None:
        """Close the connection, with a code where its kind has one."""

    def restart(self) -> None:
        # A task of its own: ending the connection ends the feed, which calls this.
        self.ending = asyncio.get_running_loop().create_task(self.end(RESTARTING))

    async def conversation_turn(self, event: dict[str, Any]) -> None:
        if self.feed is not None:
            self.feed.notice(event["html"])
            if self.feed.shows(event):
                self.feed.add_messages([UUID(one) for one in event["messages"]], after=event["after"])

    async def conversation_notice(self, event: dict[str, Any]) -> None:
        if self.feed is not None:
            self.feed.notice(event["html"])

    async def sidebar_changed(self, event: dict[str, Any]) -> None:
        if self.feed is None:
            return
        self.feed.notice(event["html"])
        if not await self.feed.show_keeping(event["conversations"]):
            await self.end(NOT_FOUND)

    async def conversation_path(self, event: dict[str, Any]) -> None:
        if self.feed is not None and self.feed.shows(event):
            self.feed.reload()

    async def run_ended(self, event: dict[str, Any]) -> None:
        if self.feed is None:
            return
        self.feed.notice(event["html"])
        if self.feed.shows(event):
            await self.feed.refresh_message(UUID(event["message"]), ended_by=event["engine"])

    async def layer_restored(self, event: dict[str, Any]) -> None:
        """The channel layer was gone for a while: the page connects again, which brings what it missed."""
        await self.end(RESTARTING)

    async def session_ended(self, event: dict[str, Any]) -> None:
        session_key = event["session_key"]
        if session_key is None or session_key == self.session_key:
            await self.end(SESSION_ENDED)


class ConversationConsumer(FeedMixin, AsyncWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    """`/ws/conversations/<id>/`"""

    async def connect(self) -> None:
        code = await self.open_feed(self.send_text)
        # Accepted first: a browser hides the code of a connection that was refused.
        await self.accept()
        if code is not None:
            await self.close(code)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            hello = parse_hello(text_data or bytes_data or b"")
        except (ValueError, TypeError, AttributeError):
            await self.close(1003)
            return
        if hello is None:
            await self.send_text('{"type":"pong"}')
        elif self.feed is not None:
            try:
                await self.feed.sync(hello)
            except Conversation.DoesNotExist:
                await self.close(NOT_FOUND)

    async def disconnect(self, code: int) -> None:
        await self.close_feed()

    async def send_text(self, text: str) -> None:
        await self.base_send({"type": "websocket.send", "text": text})

    async def end(self, code: int) -> None:
        await self.close(code)


class ConversationEventStream(FeedMixin, AsyncHttpConsumer):  # type: ignore[misc]  # channels is untyped
    """`/sse/conversations/<id>/?hello=…`: the same objects as server-sent events, where sockets are blocked."""

    heartbeat: asyncio.Task[None] | None = None

    async def handle(self, body: bytes) -> None:
        from django.http import QueryDict

        try:
            hello = parse_hello(QueryDict(self.scope["query_string"]).get("hello", ""))
        except (ValueError, TypeError, AttributeError):
            hello = None
        if hello is None:
            await self.send_response(400, b"")
            return
        await self.send_headers(
            headers=[
                (b"Content-Type", b"text/event-stream"),
                (b"Cache-Control", b"no-store"),
                (b"X-Accel-Buffering", b"no"),
                (b"X-Content-Type-Options", b"nosniff"),
            ]
        )
        await self.send_body(b": open\n\n", more_body=True)
        code = await self.open_feed(self.send_event)
        if self.feed is None:
            # In the stream: a browser hides the status of one that was refused.
            await self.end(code or RESTARTING)
            return
        self.heartbeat = asyncio.get_running_loop().create_task(self.beat())
        try:
            await self.feed.sync(hello)
        except Conversation.DoesNotExist:
            await self.end(NOT_FOUND)

    async def http_request(self, message: dict[str, Any]) -> None:
        """Keep the response open: the generic consumer would end it when `handle` returns."""
        if not message.get("more_body"):
            await self.handle(b"")

    async def http_disconnect(self, message: dict[str, Any]) -> None:
        await self.disconnect()
        await super().http_disconnect(message)

    async def disconnect(self) -> None:
        if self.heartbeat is not None:
            self.heartbeat.cancel()
        await self.close_feed()

    async def beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            await self.send_body(b": beat\n\n", more_body=True)

    async def send_event(self, text: str) -> None:
        await self.send_body(b"data: " + text.encode() + b"\n\n", more_body=True)

    async def end(self, code: int) -> None:
        await self.send_event(f'{{"type":"close","code":{code}}}')
        await self.disconnect()
        await self.send_body(b"")
