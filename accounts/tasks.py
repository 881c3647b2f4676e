"""Celery's entry points. They call actions and return what was done, which the log and the page of the tasks say."""

from __future__ import annotations

import logging
from uuid import UUID

from accounts.actions import audit, breaches, erasures, inactivity, invitations, sessions, sso
from convoscope.background import Deeds, background_task

logger = logging.getLogger(__name__)


@background_task(limit_s=300)
def delete_old_audit_entries() -> Deeds:
    return {"removed": audit.delete_old_entries()}


@background_task(limit_s=300)
def delete_ended_sign_ins() -> Deeds:
    return {"removed": sessions.delete_ended_sessions() + invitations.delete_old_invitations()}


@background_task(limit_s=300)
def forget_old_sign_ins() -> Deeds:
    return {"removed": sso.forget_old_sign_ins()}


@background_task(limit_s=300)
def erase_person(request_id: str) -> Deeds:
    try:
        return erasures.erase(UUID(request_id))
    except Exception as exc:
        logger.exception("erase_person %s: a step failed", request_id)
        erasures.fail_erasure(UUID(request_id), type(exc).__name__)
        return {"failed_by_our_fault": 1}


@background_task(limit_s=60)
def sweep_erasures() -> Deeds:
    """Queue those whose day has come, those to be tried again, and those whose process died."""
    due = erasures.due_erasures()
    for request_id in due:
        erase_person.delay(str(request_id))
    return {"queued": len(due)}


@background_task(limit_s=300)
def retire_inactive() -> Deeds:
    return {"people_told": inactivity.retire_inactive()}


@background_task(limit_s=120)
def remind_of_breaches() -> Deeds:
    return {"reminded": breaches.remind_of_breaches()}
