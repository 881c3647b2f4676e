"""Celery's entry points. They call actions and return what was done, which the log and the page of the tasks say."""

from __future__ import annotations

from accounts.actions import audit, invitations, sessions
from convoscope.background import background_task


@background_task(limit_s=300)
def delete_old_audit_entries() -> str:
    return f"{audit.delete_old_entries()} deleted"


@background_task(limit_s=300)
def delete_ended_sign_ins() -> str:
    return f"{sessions.delete_ended_sessions()} sessions, {invitations.delete_old_invitations()} invitations deleted"
