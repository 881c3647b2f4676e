"""A process's own table of live runs and of the pages that watch their conversations."""

from __future__ import annotations

from collections import defaultdict
from typing import Protocol
from uuid import UUID

from chat.runs.live import LiveRun


class Watcher(Protocol):
    """A page's end of a socket. `deliver` never blocks and never raises."""

    def deliver(self, message: str) -> None: ...

    def run_started(self, live: LiveRun) -> None: ...


class Hub:
    """Belongs to the engine's event loop; nothing here may be called from another thread."""

    def __init__(self) -> None:
        self._runs: dict[UUID, LiveRun] = {}
        self._watchers: defaultdict[UUID, set[Watcher]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._runs)

    def runs(self) -> list[LiveRun]:
        return list(self._runs.values())

    def run(self, run_id: UUID) -> LiveRun | None:
        return self._runs.get(run_id)

    def run_of_message(self, message_id: UUID) -> LiveRun | None:
        return next((live for live in self._runs.values() if live.message.id == message_id), None)

    def add(self, live: LiveRun) -> None:
        """Show the run to everybody who watches its conversation, from its present state on."""
        self._runs[live.claim.run_id] = live
        live.watchers = self._watchers[live.message.conversation_id]
        for watcher in live.watchers:
            watcher.run_started(live)

    def remove(self, live: LiveRun) -> None:
        if self._runs.get(live.claim.run_id) is live:
            del self._runs[live.claim.run_id]
        self._forget_if_idle(live.message.conversation_id)

    def watch(self, conversation_id: UUID, watcher: Watcher) -> None:
        self._watchers[conversation_id].add(watcher)

    def unwatch(self, conversation_id: UUID, watcher: Watcher) -> None:
        self._watchers[conversation_id].discard(watcher)
        self._forget_if_idle(conversation_id)

    def _forget_if_idle(self, conversation_id: UUID) -> None:
        in_use = any(live.message.conversation_id == conversation_id for live in self._runs.values())
        if not in_use and not self._watchers[conversation_id]:
            del self._watchers[conversation_id]
