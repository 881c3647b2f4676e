"""Sessions as rows of the database."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore


class SessionStore(DatabaseSessionStore):
    """Not through the cache: a lost Redis must not sign anybody out, nor an outage bring back a session that was
    ended."""

    def _validate_session_key(self, key: str | None) -> bool:
        # A cookie may hold anything, such as a NUL, which PostgreSQL refuses to look for.
        return key is not None and len(key) >= 8 and key.isascii() and key.isalnum()
