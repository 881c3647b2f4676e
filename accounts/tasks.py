"""Celery's entry points. They call actions and return what was done, which the log and the page of the tasks say."""

from __future__ import annotations

from accounts.actions import audit, invitations, sessions, sso
from convoscope.background import Deeds, background_task


@background_task(limit_s=300)
def delete_old_audit_entries() -> Deeds:
    return {"removed": audit.delete_old_entries()}


@background_task(limit_s=300)
def delete_ended_sign_ins() -> Deeds:
    return {"removed": sessions.delete_ended_sessions() + invitations.delete_old_invitations()}


@background_task(limit_s=300)
def forget_old_sign_ins() -> Deeds:
    return {"removed": sso.forget_old_sign_ins()}
