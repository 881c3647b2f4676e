"""Sessions as rows of the database, kept in memory where no other process can change them."""

from __future__ import annotations

from django.conf import settings

if settings.IS_EMBEDDED:
    from django.contrib.sessions.backends.cached_db import SessionStore as Store
else:
    # Not through Redis: losing it must not sign anybody out, nor an outage bring back a session that was ended.
    from django.contrib.sessions.backends.db import SessionStore as Store  # type: ignore[assignment]  # its base


class SessionStore(Store):
    def _validate_session_key(self, key: str | None) -> bool:
        # A cookie may hold anything, such as a NUL, which PostgreSQL refuses to look for.
        return key is not None and len(key) >= 8 and key.isascii() and key.isalnum()
