"""Erasing people: asked for, taken back, done in steps of which each is recorded, and told at the end.

Whoever works on one holds it by `attempt`; a step that was done isn't done again, and one that fails is tried again
later. Killed at any point, and gone on with, it comes to the same.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions.audit import record
from accounts.actions.people import hold, lock_administrators
from accounts.actions.privacy_mail import send_receipt, send_requested
from accounts.models import ErasureRequest, ErasureStep, Pseudonym, User
from accounts.privacy.erasing import NotWhole, count_rows, erase_system
from accounts.privacy.registry import System, systems
from convoscope.background import Deeds, time_is_up
from convoscope.errors import AppError

logger = logging.getLogger(__name__)

# After the first failure; each wait is twice as long as the one before.
RETRY_AFTER = timedelta(minutes=1)
RETRY_AFTER_MAX = timedelta(hours=1)
# So long is the receipt's mail tried; then its address is forgotten, and the receipt is left to administrators.
MAILED_FOR = timedelta(days=3)
AT_ONCE = 100
Status = ErasureRequest.Status
Reason = ErasureRequest.Reason


class OnlyAdministrator(AppError):
    """For the one without whom nobody could administer the site."""

    code = "VALIDATION_ERROR"
    http_status = 409


class ErasureLost(Exception):
    """Another process has taken it up, or a legal hold was placed. Seen by nobody: who works on it stops."""


def request_erasure(*, user: User, reason: str = Reason.ASKED, grace: timedelta | None = None) -> ErasureRequest:
    """Have the account erased when the grace is over. Asking again changes nothing.

    Raises: OnlyAdministrator.
    """
    if grace is None:
        grace = timedelta(days=settings.ERASURE_GRACE_DAYS)
    try:
        with transaction.atomic():
            if user.is_superuser:
                _require_another(user)
            pseudonym = Pseudonym.objects.get_or_create(user=user)[0]
            request = ErasureRequest.objects.create(
                user=user, pseudonym=pseudonym.id, reason=reason, due_at=timezone.now() + grace
            )
            User.objects.filter(id=user.id).update(erasure_due_at=request.due_at)
            by = user if reason == Reason.ASKED else None
            record("erasure.requested", by=by, concerns=user, on=request)
    except IntegrityError:
        return unfinished_of(user)
    if grace:
        send_requested(user, request)
    return request


def cancel_erasure(*, user: User) -> bool:
    """Take it back, while its grace runs. Returns whether there was one to take back."""
    with transaction.atomic():
        waiting = ErasureRequest.objects.standing().select_for_update().filter(user=user).first()
        if waiting is None:
            return False
        waiting.status, waiting.finished_at = Status.CANCELLED, timezone.now()
        waiting.save(update_fields=["status", "finished_at"])
        User.objects.filter(id=user.id).update(erasure_due_at=None)
        record("erasure.cancelled", by=user, concerns=user, on=waiting)
    return True


def unfinished_of(user: User) -> ErasureRequest:
    return ErasureRequest.objects.get(user=user, status__in=(Status.WAITING, Status.RUNNING))


def due_erasures() -> list[UUID]:
    takeable = ErasureRequest.objects.takeable(timezone.now()).order_by("due_at")
    return list(takeable.values_list("id", flat=True)[:AT_ONCE])


def erase(request_id: UUID) -> Deeds:
    request = _take(request_id)
    if request is None:
        return {"discarded_or_taken_up_elsewhere": 1}
    try:
        # All are counted before anything goes, since what one deletes may take along what another would.
        for step, system in [(_step(request, system), system) for system in systems()]:
            _do(request, step, system)
        return _finish(request)
    except ErasureLost:
        return {"discarded_or_taken_up_elsewhere": 1}
    except NotWhole as exc:
        # What is still being written ends soon; what the time didn't reach is next.
        fail_erasure(request_id, f"{type(exc).__name__}: {exc}")
        return {"out_of_time": 1} if time_is_up() else {"not_reached": 1}


def fail_erasure(request_id: UUID, error: str) -> None:
    """Note it at the step that was under way, and have it tried again later. An error is named by its class: its words
    may repeat what the person wrote."""
    request = ErasureRequest.objects.filter(id=request_id, status=Status.RUNNING).first()
    if request is None:
        return
    now = timezone.now()
    step = request.steps.filter(done_at=None).first()
    failures = step.failures if step else 0
    if step is not None:
        ErasureStep.objects.filter(id=step.id).update(failures=F("failures") + 1, error=error[:200], failed_at=now)
    wait = min(RETRY_AFTER * 2 ** min(failures, 10), RETRY_AFTER_MAX)
    ErasureRequest.objects.filter(id=request_id).update(alive_at=None, due_at=now + wait)
    logger.error("erasure %s is tried again in %s: %s", request_id, wait, error)


def _take(request_id: UUID) -> ErasureRequest | None:
    """Claim it for this process, and shut the person out. None where it isn't due, or somebody else has it."""
    now = timezone.now()
    with transaction.atomic():
        request = ErasureRequest.objects.takeable(now).select_for_update(of=("self",)).filter(id=request_id).first()
        if request is None:
            return None
        user = request.user
        if user is not None and request.status == Status.WAITING:
            if user.is_superuser and _is_only_administrator(user):
                # Others were erased, or are administrators no more, since it was asked for.
                ErasureRequest.objects.filter(id=request_id).update(due_at=now + RETRY_AFTER_MAX)
                return None
            if settings.SENDS_MAIL:
                request.address, request.language = user.email, user.language
            record("erasure.began", by=None, concerns=user, on=request)
        request.status, request.alive_at = Status.RUNNING, now
        request.attempt += 1
        request.save(update_fields=["status", "alive_at", "attempt", "address", "language"])
        # Held: somebody may be letting them in again.
        if user is not None and (user := hold(user)).is_active:
            # Saved as an instance, so that open sockets are closed.
            user.is_active = False
            user.save(update_fields=["is_active"])
    return request


def _step(request: ErasureRequest, system: System) -> ErasureStep:
    """Counted once: what a killed attempt removed is in it."""
    if (step := request.steps.filter(system=system.name).first()) is not None:
        return step
    rows = count_rows(system, request.user_id) if request.user_id else {}
    return ErasureStep.objects.get_or_create(request=request, system=system.name, defaults={"rows": rows})[0]


def _do(request: ErasureRequest, step: ErasureStep, system: System) -> None:
    """Raises: ErasureLost, NotWhole, and whatever the system met."""
    _hold(request)
    if step.done_at is not None:
        return
    user_id = ErasureRequest.objects.values_list("user", flat=True).get(id=request.id)
    if user_id is not None:
        erase_system(system, user_id)
    step.done_at, step.error = timezone.now(), ""
    step.save(update_fields=["done_at", "error"])


def _hold(request: ErasureRequest) -> None:
    """Raises: ErasureLost."""
    held = ErasureRequest.objects.filter(id=request.id, attempt=request.attempt, status=Status.RUNNING)
    if not held.unheld().update(alive_at=timezone.now()):
        held.update(alive_at=None)
        raise ErasureLost


def _finish(request: ErasureRequest) -> Deeds:
    """The receipt, and then nothing of the address is left."""
    _hold(request)
    request.refresh_from_db()
    if request.address and not send_receipt(request) and _may_mail_later(request):
        ErasureRequest.objects.filter(id=request.id).update(alive_at=None, due_at=timezone.now() + RETRY_AFTER_MAX)
        return {"not_reached": 1}
    with transaction.atomic():
        unfinished = ErasureRequest.objects.filter(id=request.id, status=Status.RUNNING)
        now = timezone.now()
        if unfinished.update(status=Status.DONE, address="", language="", alive_at=None, finished_at=now):
            record("erasure.finished", by=None, on=request, details={"rows": rows_of(request)})
    return {"erased": 1}


def _may_mail_later(request: ErasureRequest) -> bool:
    last = request.steps.last()
    done_at: datetime | None = last.done_at if last else None
    return done_at is not None and timezone.now() < done_at + MAILED_FOR


def rows_of(request: ErasureRequest) -> dict[str, int]:
    """What was found, by model."""
    found: dict[str, int] = {}
    for step in request.steps.all():
        for model, rows in step.rows.items():
            found[model] = found.get(model, 0) + rows
    return found


def _require_another(user: User) -> None:
    """Raises: OnlyAdministrator."""
    lock_administrators()
    if _is_only_administrator(user):
        raise OnlyAdministrator(
            _("You are the only administrator here, so nothing was asked for. Make somebody else one first.")
        )


def _is_only_administrator(user: User) -> bool:
    others = User.objects.filter(is_superuser=True, is_active=True, erasure_due_at=None).exclude(id=user.id)
    return not others.exists()
