"""Ending the sessions that an issuer says are over."""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module

from django.conf import settings
from django.db import transaction

from accounts.actions.audit import record
from accounts.actions.sso import write_trace
from accounts.models import SSOSession, SSOTrace, User
from accounts.sessions import session_ended


def end_sessions_of(*, provider: str, issuer: str, subject: str, sids: Collection[str]) -> int:
    """Those of these sessions at the issuer, or without any all of the person's that began there; also those of which
    the issuer didn't say by what session they began. They are signed out, and what they hold open is closed. Returns
    how many."""
    with transaction.atomic():
        ours = SSOSession.objects.filter(provider=provider, issuer=issuer)
        if subject:
            ours = ours.filter(subject=subject[:255])
        if sids:
            ours = ours.filter(sid__in=[*(one[:255] for one in sids), *([""] if subject else [])])
        found = list(ours.select_related("user"))
        for one in found:
            _sign_out(one.session_key)
        for person in {one.user_id: one.user for one in found}.values():
            write_trace(
                provider=provider,
                user=person,
                outcome=SSOTrace.Outcome.SIGNED_OUT,
                claims={"sub": subject, "sid": ", ".join(sids)},
            )
        SSOSession.objects.filter(pk__in=[one.pk for one in found]).delete()
        for one in found:
            record("session.ended_by_issuer", by=None, concerns=one.user, details={"provider": provider})
        transaction.on_commit(lambda: _close(found))
    return len(found)


def _close(sessions: list[SSOSession]) -> None:
    for one in sessions:
        # Once more: a request in between may have put it into the cache.
        _sign_out(one.session_key)
        session_ended.send(sender=User, person=one.user, session_key=one.session_key)


def _sign_out(session_key: str) -> None:
    import_module(settings.SESSION_ENGINE).SessionStore(session_key).delete()
