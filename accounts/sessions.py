"""Who a session belongs to, for connections that don't pass through Django's middleware."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

from django.conf import settings
from django.contrib.auth import get_user
from django.dispatch import Signal

from accounts.models import User

# Sent with `person` and `session_key`, which is None for all of theirs: what such a session holds open is to be closed.
session_ended = Signal()


def person_of_session(session_key: str) -> User | None:
    """The signed-in person, checked as Django checks a request: a changed password or a suspension ends it."""
    if not session_key:
        return None
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    person = get_user(SimpleNamespace(session=session))  # type: ignore[arg-type]  # it reads the session alone
    return person if isinstance(person, User) else None
