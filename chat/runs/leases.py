"""Who may work on a run: claims, their fences, and the check that stands before every write."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, IntegerField, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

from chat.models import Message, Run


class LeaseLost(Exception):
    """Another process has claimed the run: nothing more may be written for it. Seen by the engine only."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A process's right to write for a run, until someone claims it with a higher fence."""

    run_id: UUID
    fence: int
    owner: UUID


def lease_end() -> CombinedExpression:
    """When a lease taken or renewed now runs out, as an expression on the database's own clock."""
    return Now() + timedelta(seconds=settings.RUN_LEASE_SECONDS)


def claim_run(run_id: UUID, *, owner: UUID) -> Claim | None:
    """Claim the run if it is queued or its lease ran out; None if another process was quicker or it is finished.

    One conditional UPDATE decides, so that exactly one of many callers gets it.
    """
    with transaction.atomic():
        claimed = (
            Run.objects.claimable()
            .filter(id=run_id)
            .update(
                status=Run.Status.RUNNING,
                fence=F("fence") + 1,
                # A queued run starts or was handed over in order; only one whose process died counts as recovered.
                recoveries=Case(
                    When(status=Run.Status.RUNNING, then=F("recoveries") + 1),
                    default=F("recoveries"),
                    output_field=IntegerField(),
                ),
                lease_owner=owner,
                lease_expires_at=lease_end(),
                started_at=Now(),
            )
        )
        if not claimed:
            return None
        run = Run.objects.only("fence", "message_id").get(id=run_id)
        Message.objects.filter(id=run.message_id).update(status=Message.Status.STREAMING)
    return Claim(run_id, run.fence, owner)


def held_run(claim: Claim) -> Run:
    """The claim's run with its message and conversation, locked for this transaction.

    Raises: LeaseLost if the claim no longer stands.
    """
    runs = Run.objects.select_related("message__conversation").select_for_update(of=("self",))
    run = runs.filter(id=claim.run_id, fence=claim.fence, lease_owner=claim.owner, status=Run.Status.RUNNING).first()
    if run is None:
        raise LeaseLost(str(claim.run_id))
    return run


def write_run(claim: Claim, **values: object) -> None:
    """Write into the claim's run, whose row is locked from here to the transaction's end.

    Raises: LeaseLost if the claim no longer stands.
    """
    held = Run.objects.filter(id=claim.run_id, fence=claim.fence, lease_owner=claim.owner, status=Run.Status.RUNNING)
    if not held.update(**values):
        raise LeaseLost(str(claim.run_id))


def release_claim(claim: Claim) -> None:
    """Give the run back in good order, so that another process may take it at once."""
    Run.objects.unfinished().filter(id=claim.run_id, fence=claim.fence, lease_owner=claim.owner).update(
        status=Run.Status.QUEUED, lease_expires_at=None
    )


def standing_claims(claims: Iterable[Claim]) -> dict[UUID, Run]:
    """Of these claims those that still stand, locked for this transaction, by run id."""
    wanted = {claim.run_id: claim for claim in claims}
    runs = (
        Run.objects.select_for_update()
        .only("id", "fence", "lease_owner", "stop_requested_at")
        .filter(id__in=wanted, status=Run.Status.RUNNING)
        .order_by("id")
    )
    return {
        run.id: run for run in runs if run.fence == wanted[run.id].fence and run.lease_owner == wanted[run.id].owner
    }


def free_leases_of_dead_processes() -> int:
    """Make every unfinished run claimable. Only for the process that holds the lock on `var/`: no other is alive."""
    return Run.objects.unfinished().exclude(lease_expires_at=None).update(lease_expires_at=None)
