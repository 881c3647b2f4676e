"""Saves what streams: about once a second, everything unsaved of all live runs in one transaction."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import DatabaseError, OperationalError, transaction

from chat.models import Checkpoint, Run
from chat.runs.database import Database
from chat.runs.hub import Hub
from chat.runs.leases import Claim, lease_end, standing_claims
from chat.runs.live import LiveRun
from providers.actions.attempts import AttemptRecord, save_attempts

logger = logging.getLogger(__name__)

INTERVAL_S = 1.0


@dataclass(frozen=True, slots=True)
class Batched:
    """What one run has to save."""

    claim: Claim
    checkpoints: list[Checkpoint]
    attempts: list[AttemptRecord]


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written, the claims that no longer stand, and the runs that someone asked to stop."""

    written: Sequence[Batched]
    lost: frozenset[UUID]
    stopping: frozenset[UUID]


class Journal:
    def __init__(self, *, hub: Hub, database: Database) -> None:
        self._hub = hub
        self._database = database
        self._lock = asyncio.Lock()

    async def keep(self) -> None:
        """Save every second until cancelled. Whatever fails is tried again; the text waits in memory."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            try:
                await self.save()
            except DatabaseError as exc:
                logger.warning("checkpoints wait in memory: the database can't be written (%s)", type(exc).__name__)
            except Exception:  # the engine's border: without this loop every run of the process loses its lease
                logger.exception("checkpoints wait in memory by a fault of ours")

    async def save(self) -> None:
        """One batch.

        Raises: DatabaseError; what was to be saved is kept for the next batch.
        """
        async with self._lock:
            runs = self._hub.runs()
            if not runs:
                return
            now_s = asyncio.get_running_loop().time()
            for live in runs:
                _show(live, now_s)
            batch = [
                Batched(live.claim, live.unsaved.take(live.claim), live.unsaved.take_attempts(live.attempts))
                for live in runs
            ]
            saved = await self._save(batch)
            unsaved = {live.claim.run_id: live.unsaved for live in runs}
            for written in saved.written:
                unsaved[written.claim.run_id].saved(written.checkpoints, written.attempts)
        for live in runs:
            if live.claim.run_id in saved.lost and self._hub.run(live.claim.run_id) is live:
                live.interrupt("lost")
            elif live.claim.run_id in saved.stopping:
                live.interrupt("stop")

    async def _save(self, batch: list[Batched]) -> Saved:
        """Raises: OperationalError if the database doesn't answer; what keeps even a lease from being renewed."""
        try:
            return await self._database.run(save_batch, batch)
        except OperationalError:
            raise
        except Exception:  # the engine's border: one run's fault must not cost the others their text and their leases
            logger.exception("a batch of %d runs can't be saved at once", len(batch))
        parts = []
        for batched in batch:
            # Its lease at least, so that the end of the run can decide what becomes of it.
            parts.append(await self._database.run(save_batch, [Batched(batched.claim, [], [])]))
            for part in (replace(batched, attempts=[]), replace(batched, checkpoints=[])):
                try:
                    parts.append(await self._database.run(save_batch, [part]))
                except OperationalError:
                    raise
                except Exception:  # the engine's border
                    # It stays in memory with all that follows it: saved without it, the text would have a hole.
                    logger.exception("what run %s wrote can't be saved", batched.claim.run_id)
        return Saved(
            written=[written for part in parts for written in part.written],
            lost=frozenset().union(*(part.lost for part in parts)),
            stopping=frozenset().union(*(part.stopping for part in parts)),
        )


def _show(live: LiveRun, now_s: float) -> None:
    try:
        live.flush(now_s)
    except Exception:  # the engine's border: the pages catch up at the end; every run's text has still to be saved
        logger.exception("what run %s wrote can't be shown", live.claim.run_id)


def save_batch(batch: list[Batched]) -> Saved:
    """Write the checkpoints and attempts and renew the leases of the claims that stand; the others write nothing."""
    claims = [batched.claim for batched in batch]
    with transaction.atomic():
        standing = standing_claims(claims)
        standing_batch = [batched for batched in batch if batched.claim.run_id in standing]
        Checkpoint.objects.bulk_create(
            (checkpoint for batched in standing_batch for checkpoint in batched.checkpoints), ignore_conflicts=True
        )
        save_attempts(attempt for batched in standing_batch for attempt in batched.attempts)
        Run.objects.filter(id__in=standing).update(lease_expires_at=lease_end())
    return Saved(
        written=batch,
        lost=frozenset(claim.run_id for claim in claims if claim.run_id not in standing),
        stopping=frozenset(run_id for run_id, run in standing.items() if run.stop_requested_at is not None),
    )
