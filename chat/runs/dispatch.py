"""Hands a run to an engine. The seam between submitting and working: a runner process would be told here."""

from __future__ import annotations

from django.utils import timezone

from chat.models import Run
from chat.runs.engine import ClaimedRun, current_engine
from chat.runs.leases import Claim, lease_end


def claim_at_submit(run: Run) -> Claim | None:
    """Put this process's claim on a run that is about to be inserted, so that no second commit stands before the
    provider. None, and the run stays queued, where this process has no engine that takes work."""
    engine = current_engine()
    if engine is None or not engine.is_claiming:
        return None
    run.status = Run.Status.RUNNING
    run.fence = 1
    run.lease_owner = engine.id
    run.lease_expires_at = lease_end()
    run.started_at = timezone.now()
    return Claim(run.id, run.fence, engine.id)


def dispatch_run(run: Run, claimed: ClaimedRun | None) -> None:
    """Start the work on a committed run. Without an engine here it waits for one that looks for queued runs."""
    engine = current_engine()
    if engine is not None:
        engine.submit(run.id, claimed)
