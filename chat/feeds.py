"""A page's view of its conversation: the resync on connect, then what is pushed after it, for socket and SSE alike."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _

from accounts.models import Preferences
from chat.fragments import (
    WINDOW_MESSAGES,
    ShownMessage,
    follow_ups_notice,
    follow_ups_of,
    message_html,
    show_live,
    show_message,
    show_path,
)
from chat.models import Conversation, Message
from chat.runs.engine import Engine
from chat.runs.live import LiveRun, encode
from chat.shelves import labels_of
from chat.templatetags.dom import dom_id
from convoscope.encrypted_fields import mark_locked

# What a slow reader may lag behind before its backlog is dropped and it has to connect again, which brings the state.
BACKLOG_MAX_MESSAGES = 1_000
BACKLOG_MAX_CHARS = 1_000_000
# Larger articles are fetched by the page instead of being pushed.
PUSH_MAX_CHARS = 60_000


@dataclass(frozen=True, slots=True)
class Hello:
    """What a page says it has: the conversation's version, its last message, whether follow-ups are suggested under
    it, and its unfinished messages with the (fence, seq) each is at."""

    version: int
    last_id: UUID | None
    unfinished: Mapping[UUID, tuple[int, int]]
    has_follow_ups: bool = True


@dataclass(frozen=True, slots=True)
class Missed:
    """What the database has that the page lacks: of the conversation itself, as HTML, and of its messages.
    `must_reload` says that its path is no longer the one shown."""

    notice: str
    new_messages: list[ShownMessage]
    changed: list[ShownMessage]
    must_reload: bool


class ConversationFeed:
    """Watches one conversation for one page, in the engine's loop. `send` writes one text message to the page, and
    `restart` has the page connect again."""

    def __init__(
        self,
        *,
        conversation_id: UUID,
        engine: Engine,
        send: Callable[[str], Awaitable[None]],
        restart: Callable[[], None],
    ) -> None:
        self._conversation_id = conversation_id
        self._engine = engine
        self._send = send
        self._restart = restart
        # What counts as backlog of a message, in characters, and the message. What answers a hello is none, however
        # long it is: dropped, it would be asked for again.
        self._outbox: deque[tuple[int, str]] = deque()
        self._backlog_chars = 0
        self._unread = 0
        self._wake = asyncio.Event()
        self._is_synced = False
        self._is_behind = False
        self._writer = asyncio.get_running_loop().create_task(self._write())

    def close(self) -> None:
        self._engine.hub.unwatch(self._conversation_id, self)
        self._writer.cancel()

    async def sync(self, hello: Hello) -> None:
        """Answer a page's hello: what it lacks, then the state of its runs, then frames as they come."""
        missed = await self._engine.database.run(read_missed, self._conversation_id, hello)
        self._engine.hub.watch(self._conversation_id, self)
        self._is_synced = True
        if any(shown.message.is_unfinished and not self._is_live(shown) for shown in missed.changed):
            # Nobody here works on it: it may have ended between that reading and the watching. Now its end can no
            # longer be missed, so this reading is true or a push corrects it.
            missed = await self._engine.database.run(read_missed, self._conversation_id, hello)
        if self._unread:
            # Asked again before it was read: what nobody reads isn't heaped up.
            self._fall_behind()
            return
        # From here to the end nothing awaits: no frame can slip between a state and what follows it.
        if missed.notice:
            self.notice(missed.notice)
        if missed.must_reload:
            self.reload()
            return
        if missed.new_messages:
            after = str(missed.new_messages[0].message.parent_id or "")
            for html in following([self._article(shown) for shown in missed.new_messages], after=after):
                self._put(encode("notice", "", 0, 0, html))
        for shown in missed.changed:
            if not self._is_live(shown):
                self._put(self._state(shown))
        for live in self._engine.hub.runs():
            if live.message.conversation_id == self._conversation_id:
                for message in _live_state(live):
                    self._put(message)

    # Watcher

    def deliver(self, message: str) -> None:
        self._put(message, counts=len(message))
        if len(self._outbox) - self._unread > BACKLOG_MAX_MESSAGES or self._backlog_chars > BACKLOG_MAX_CHARS:
            self._fall_behind()

    def run_started(self, live: LiveRun) -> None:
        # A first claim starts from nothing, which every page has already.
        if self._is_synced and (live.claim.fence > 1 or live.text):
            for message in _live_state(live):
                self.deliver(message)

    # Events of the channel layer

    def notice(self, html: str) -> None:
        self.deliver(encode("notice", "", 0, 0, html))

    def shows(self, event: Mapping[str, str]) -> bool:
        return event["conversation"] == str(self._conversation_id)

    async def show_keeping(self, conversations: list[str] | None) -> bool:
        """Show where the conversation is kept now, if it is one of these; with None any is. False if it is gone."""
        if conversations is not None and str(self._conversation_id) not in conversations:
            return True
        html = await self._engine.database.run(_read_notice, self._conversation_id)
        if html:
            self.notice(html)
        return bool(html)

    def add_messages(self, message_ids: list[UUID], *, after: str) -> None:
        """Have the page fetch messages it may not have yet: the page that sent them drops these."""
        for html in following([by_reference(message_id) for message_id in message_ids], after=after):
            self.notice(html)

    def reload(self) -> None:
        """Have the page fetch the path that is shown now."""
        self.notice('<template data-notice="reload"></template>')

    async def refresh_message(self, message_id: UUID, *, ended_by: str) -> None:
        """Show a message that another process finished."""
        if ended_by != str(self._engine.id):
            shown = await self._engine.database.run(_read_shown, message_id)
            if shown is not None and not shown.message.is_unfinished:
                self.deliver(self._state(shown))

    # Sending

    def _put(self, message: str, *, counts: int = 0) -> None:
        if self._is_behind:
            return
        self._outbox.append((counts, message))
        self._backlog_chars += counts
        self._unread += not counts
        self._wake.set()

    def _fall_behind(self) -> None:
        self._is_behind = True
        self._outbox.clear()
        self._wake.set()

    def _is_live(self, shown: ShownMessage) -> bool:
        return self._engine.hub.run_of_message(shown.message.id) is not None

    def _article(self, shown: ShownMessage) -> str:
        html = message_html(shown)
        return html if len(html) <= PUSH_MAX_CHARS else by_reference(shown.message.id)

    def _state(self, shown: ShownMessage) -> str:
        run_id = shown.run.id if shown.run else ""
        return encode("state", run_id, shown.fence, shown.seq, self._article(shown))

    async def _write(self) -> None:
        """Send what waits, one at a time: only this page's own socket can make it wait."""
        while not self._is_behind:
            await self._wake.wait()
            self._wake.clear()
            while self._outbox:
                counts, message = self._outbox.popleft()
                self._backlog_chars -= counts
                self._unread -= not counts
                await self._send(message)
        self._restart()


def _live_state(live: LiveRun) -> list[str]:
    """A live answer as it is now. The page shows the article when it has all of its pieces."""
    operations = live.snapshot(asyncio.get_running_loop().time())
    article = f'{message_html(show_live(live))}<template data-pieces="{len(operations)}"></template>'
    return [encode("state", live.claim.run_id, live.claim.fence, live.seq, html) for html in (article, *operations)]


def by_reference(message_id: UUID) -> str:
    """An article that the page fetches by itself. Without a template: every turn pushes two, which most pages drop."""
    return (
        f'<article id="{dom_id(message_id)}" class="answer" data-message="{message_id}" hx-trigger="load" '
        f'hx-get="{reverse("message_detail", args=[message_id])}" hx-swap="outerHTML">'
        f'<p class="phase">{escape(_("Loading the message…"))}</p></article>'
    )


def following(articles: list[str], *, after: str) -> Iterator[str]:
    """Notices that append articles behind the message `after`; the page drops what its path had instead."""
    for html in articles:
        yield f'<template data-notice="article" data-after="{after}">{html}</template>'
        after = ""


def changed_notice(conversation: Conversation) -> str:
    """What a page says of the conversation itself. Reads its folder and tags."""
    context = {"conversation": conversation, "labels": labels_of(conversation)}
    return render_to_string("chat/_conversation_resynced.html", context)


def read_missed(conversation_id: UUID, hello: Hello) -> Missed:
    """Compare what a page has with the database.

    Raises: Conversation.DoesNotExist if it was deleted meanwhile.
    """
    conversation = Conversation.objects.get(id=conversation_id, deleted_at=None)
    notice = changed_notice(conversation) if conversation.version != hello.version else ""
    named = Message.objects.filter(conversation=conversation, id__in=hello.unfinished)
    changed = show_path(list(named))
    leaf_id = conversation.active_leaf_id
    # What it shows may have been hidden meanwhile, or be shown again.
    if notice and conversation.moderation_actions.exists():
        return Missed(notice, [], changed, must_reload=True)
    if conversation.version == hello.version or leaf_id == hello.last_id:
        if (
            leaf_id is not None
            and not hello.has_follow_ups
            and leaf_id == hello.last_id
            and leaf_id not in hello.unfinished
        ):
            notice += _follow_ups_notice(conversation, leaf_id)
        return Missed(notice, [], changed, must_reload=False)
    path = Message.objects.path_to(leaf_id, last=WINDOW_MESSAGES)
    ids = [message.id for message in path]
    if hello.last_id in ids:
        new = path[ids.index(hello.last_id) + 1 :]
    elif hello.last_id is None and len(path) < WINDOW_MESSAGES:
        new = path
    else:
        return Missed(notice, [], changed, must_reload=True)
    return Missed(notice, show_path(new), changed, must_reload=False)


def _follow_ups_notice(conversation: Conversation, leaf_id: UUID) -> str:
    """What was suggested under the last message between the making of a page and its hello; empty if nothing was."""
    # What is suggested after a hidden answer tells of it.
    answer = Message.objects.readable().filter(id=leaf_id).first()
    if answer is None or not (follow_ups := follow_ups_of(mark_locked(answer))):
        return ""
    if not Preferences.of(conversation.owner).suggests_follow_ups:
        return ""
    return follow_ups_notice(answer, follow_ups)


def _read_notice(conversation_id: UUID) -> str:
    """Empty if the conversation was deleted."""
    conversation = Conversation.objects.filter(id=conversation_id, deleted_at=None).first()
    return changed_notice(conversation) if conversation else ""


def _read_shown(message_id: UUID) -> ShownMessage | None:
    message = Message.objects.filter(id=message_id).first()
    return show_message(message) if message else None
