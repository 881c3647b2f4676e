"""Ending sessions by who they belong to, and forgetting those that ended."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.actions.audit import record
from accounts.models import User
from accounts.sessions import session_ended


def end_sessions(*, person: User, sessions: Iterable[UserSession]) -> int:
    """Sign the person out there, and close what these sessions hold open. Returns how many."""
    keys = []
    with transaction.atomic():
        for session in sessions:
            session.end()
            record("session.ended_elsewhere", by=person, concerns=person)
            keys.append(session.session_key)
        transaction.on_commit(lambda: _close(person, keys))
    return len(keys)


def _close(person: User, keys: list[str]) -> None:
    for key in keys:
        # Once more: a request in between may have put it into the cache.
        UserSession(session_key=key)._session_store().delete(key)
        session_ended.send(sender=User, person=person, session_key=key)


def delete_ended_sessions() -> int:
    """Those that ran out, with those of visitors, and what was kept of them for their owners. Returns how many of the
    latter."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    stored = Session.objects.values("session_key")
    return int(UserSession.objects.exclude(session_key__in=stored).delete()[0])
