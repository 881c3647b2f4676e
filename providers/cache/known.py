"""What the cache holds, in memory, where one process alone writes to it: nothing that was never asked before is looked
up before its first token."""

from __future__ import annotations

from django.db import transaction
from django.db.models.signals import post_save

from providers.cache.bounds import MAX_ENTRIES
from providers.cache.policy import CacheScope, NotCached, cache_scope
from providers.cache.store import Consulted, no_entry, not_cached
from providers.contract import ChatRequest
from providers.models import CachedResponse, CacheSettings


class Known:
    """Says what surely isn't in the cache. What was removed meanwhile is asked for in vain."""

    def __init__(self) -> None:
        self._site: CacheSettings | None = None
        self._version = 0
        self._held: set[tuple[str, str]] = set()
        post_save.connect(self._on_change, sender=CacheSettings)

    @property
    def is_loaded(self) -> bool:
        return self._site is not None

    def load(self) -> None:
        """Read the settings and what is held. Talks to the database: call it in a thread for that."""
        version = self._version
        site = CacheSettings.objects.current()
        self._held.update(CachedResponse.objects.values_list("scope", "request_digest"))
        if version == self._version:
            self._site = site

    def add(self, scope: CacheScope) -> None:
        self._held.add((scope.key, scope.request_digest))
        # Named are those that were removed, too.
        if len(self._held) > 2 * MAX_ENTRIES:
            self._forget()
            self._held.clear()

    def consult(self, request: ChatRequest, *, model_full_id: str) -> Consulted | None:
        """What the cache would say; None where it has to be asked."""
        if self._site is None or self._site.is_semantic_enabled:
            return None
        scope = cache_scope(request, model_full_id=model_full_id, site=self._site)
        if isinstance(scope, NotCached):
            return not_cached(scope)
        return None if (scope.key, scope.request_digest) in self._held else Consulted(scope, None, no_entry(scope))

    def _on_change(self, **signal: object) -> None:
        transaction.on_commit(self._forget)

    def _forget(self) -> None:
        self._version += 1
        self._site = None
