"""Who a session belongs to, for connections that don't pass through Django's middleware; and when it was last used."""

from __future__ import annotations

import time
from importlib import import_module
from types import SimpleNamespace

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import get_user
from django.db import transaction
from django.dispatch import Signal
from django.http import HttpRequest
from django.utils import timezone

from accounts import second_factor
from accounts.models import User
from accounts.networks import network_of
from accounts.origin import origin_of

# Sent with `person`, who is None for everybody, and `session_key`, which is None for all of theirs: what such a session
# holds open is to be closed.
session_ended = Signal()

# So often a session's use is written down, by each process.
NOTED_EVERY_S = 600
NOTED_MAX_SESSIONS = 10_000
_noted: dict[str, float] = {}


def person_of_session(session_key: str) -> User | None:
    """The signed-in person, checked as pages are: a changed password or a suspension ends it, and nothing is open to
    who lacks a second factor that they need, or has terms to read."""
    if not session_key:
        return None
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    person = get_user(SimpleNamespace(session=session))  # type: ignore[arg-type]  # it reads the session alone
    if not isinstance(person, User) or person.has_terms_due or second_factor.is_missing(person):
        return None
    return person


def is_use_due(session_key: str) -> bool:
    """Whether it is time to write down that the session is used; asks nobody."""
    return time.monotonic() - _noted.get(session_key, -NOTED_EVERY_S) >= NOTED_EVERY_S


def remember_noted(session_key: str) -> None:
    if len(_noted) >= NOTED_MAX_SESSIONS:
        # They are noted a little earlier than they need be.
        _noted.clear()
    _noted[session_key] = time.monotonic()


def note_use(request: HttpRequest) -> None:
    """That, and from where, a signed-in person's session is used now. Costs one query where it was noted before."""
    key = request.session.session_key
    assert key is not None  # a session that names a person is stored
    remember_noted(key)
    origin = origin_of(request)
    if not network_of(origin.address):
        # A local socket tells no address.
        return
    seen = {
        "user": request.user,
        "ip": origin.address,
        "user_agent": origin.browser,
        "last_seen_at": timezone.now(),
    }
    if not UserSession.objects.filter(session_key=key).update(**seen):
        UserSession.objects.get_or_create(session_key=key, defaults=seen)


def close_sessions_of(person: User | None) -> None:
    """Have what all of their sessions, or with None everybody's, hold open closed, once what makes it necessary is
    stored."""
    transaction.on_commit(lambda: session_ended.send(sender=User, person=person, session_key=None))


def close_sessions_without_factor(person: User) -> None:
    """For whom may need a second factor since a moment: where they do and have none, what they have open is closed."""
    # As it is stored now: what an instance was asked before, it keeps.
    if second_factor.is_missing(User.objects.get(pk=person.pk)):
        close_sessions_of(person)
