"""The run engine, one for each serving process: it claims runs, works on them, and hands them on when it stops."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextvars import Context
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, OperationalError, transaction
from django.utils.translation import activate
from uuid_utils.compat import uuid7

from chat.runs.database import Database
from chat.runs.finish import OUR_FAULT, give_up_run
from chat.runs.guarding import RunGuard, run_guard
from chat.runs.hub import Hub
from chat.runs.journal import Journal
from chat.runs.leases import Claim, LeaseLost, claim_run, free_leases_of_dead_processes, release_claim
from chat.runs.live import LiveRun
from chat.runs.load import LoadedRun, load_run
from chat.runs.pipeline import Pipeline
from chat.runs.recovery import claimable_runs
from chat.runs.saving import until_saved
from chat.runs.ticker import Ticker
from convoscope.encrypted_content import Unreadable
from convoscope.errors import AppError
from providers.gateway import Gateway

logger = logging.getLogger(__name__)

RECOVERY_INTERVAL_S = 15.0


@dataclass(frozen=True, slots=True)
class ClaimedRun:
    """A run this process may work on, with what it needs for that."""

    claim: Claim
    loaded: LoadedRun


class Engine:
    """Made and used in one event loop; `submit` and `request_stop` may be called from any thread."""

    def __init__(self, gateway: Gateway) -> None:
        self.id: UUID = uuid7()
        self.hub = Hub()
        self.database = Database()
        self.gateway = gateway
        self.loop = asyncio.get_running_loop()
        self.is_claiming = False
        self._ticker = Ticker()
        self._journal = Journal(hub=self.hub, database=self.database)
        self._pipeline = Pipeline(gateway=gateway, database=self.database)
        self._tasks: set[asyncio.Task[object]] = set()
        self._background: list[asyncio.Task[None]] = []
        self._active: set[UUID] = set()

    # Life

    async def start(self, *, owns_all_runs: bool) -> None:
        """Begin to claim. `owns_all_runs` says that no other process can be alive, so old leases are free at once."""
        self.gateway.prepare()
        if owns_all_runs:
            await self.database.run(free_leases_of_dead_processes)
        self.is_claiming = True
        self._background = [
            self.loop.create_task(self._journal.keep(), context=Context()),
            self.loop.create_task(self._keep_recovering(), context=Context()),
        ]

    async def drain(self, seconds: float) -> None:
        """Claim nothing more, let runs go on for a while, then save them and give them back."""
        self.is_claiming = False
        if self._tasks and seconds > 0:
            await asyncio.wait(self._tasks, timeout=seconds)
        for live in self.hub.runs():
            live.interrupt("handover")
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=settings.RUN_LEASE_SECONDS)

    async def stop(self) -> None:
        await self.drain(0)
        leftovers = [*self._background, *self._tasks]
        for task in leftovers:
            task.cancel()
        await asyncio.gather(*leftovers, return_exceptions=True)
        self._ticker.close()
        await self.gateway.aclose()
        self.database.close()

    @property
    def is_idle(self) -> bool:
        return not self._active

    # Orders from anywhere

    def submit(self, run_id: UUID, claimed: ClaimedRun | None = None) -> None:
        """Work on a run, claimed with its submit or still to be claimed. Thread-safe, returns at once."""
        self._call_soon(self._spawn, run_id, claimed)

    def request_stop(self, run_id: UUID) -> None:
        """Stop a run if this process works on it. Thread-safe, returns at once."""
        self._call_soon(self._stop_run, run_id)

    def call(self, coroutine: Coroutine[Any, Any, object]) -> None:
        """Run a coroutine on the engine's loop. Thread-safe, returns at once."""
        self._call_soon(self._keep, coroutine)

    def _call_soon(self, function: Callable[..., object], *args: object) -> None:
        try:
            self.loop.call_soon_threadsafe(function, *args)
        except RuntimeError:
            # The loop is closed: this process is stopping. What was committed is found by the next one.
            logger.info("the engine has stopped; the next process goes on")

    # Work

    def _spawn(self, run_id: UUID, claimed: ClaimedRun | None) -> None:
        if run_id in self._active or not (self.is_claiming or claimed):
            return
        self._active.add(run_id)
        self._keep(self._work(run_id, claimed))

    def _keep(self, coroutine: Coroutine[Any, Any, object]) -> None:
        # An empty context: born in a request, a task would inherit that request's thread and die with it.
        task = self.loop.create_task(coroutine, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("work of the engine failed", exc_info=error)

    def _stop_run(self, run_id: UUID) -> None:
        if (live := self.hub.run(run_id)) is not None:
            live.interrupt("stop")

    async def _work(self, run_id: UUID, claimed: ClaimedRun | None) -> None:
        try:
            claimed = claimed or await self._claim(run_id)
            if claimed is not None:
                await self._execute(claimed)
        except LeaseLost:
            logger.info("run %s: another process has it", run_id)
        except DatabaseError as exc:
            logger.warning("run %s waits for the database (%s)", run_id, type(exc).__name__)
        finally:
            self._active.discard(run_id)

    async def _claim(self, run_id: UUID) -> ClaimedRun | None:
        try:
            return await self.database.run(claim_and_load, run_id, owner=self.id)
        except (DatabaseError, LeaseLost):
            raise
        except Unreadable:
            logger.error("run %s can't be read, so it failed: FIELD_ENCRYPTION_KEYS lacks a key of it", run_id)
            await self._give_up(run_id, is_unreadable=True)
        except Exception:  # the engine's border: what can't even be read would be claimed again and again
            logger.exception("run %s can't be loaded", run_id)
            await self._give_up(run_id)
        return None

    async def _give_up(self, run_id: UUID, *, is_unreadable: bool = False) -> None:
        claim = await self.database.run(claim_run, run_id, owner=self.id)
        if claim is not None:
            await self.database.run(give_up_run, claim, is_unreadable=is_unreadable)

    async def _execute(self, claimed: ClaimedRun) -> None:
        claim, loaded = claimed.claim, claimed.loaded
        # This task's own: what is shown and kept of the run is in the words of who asked.
        activate(loaded.language)
        started_s = self.loop.time()
        live = LiveRun(
            claim=claim,
            message=loaded.run.message,
            settings=loaded.run.settings,
            siblings=loaded.siblings,
            saved_text=loaded.text if loaded.policy.masks_for_provider else loaded.written,
            saved_reasoning=loaded.reasoning,
            ticker=self._ticker,
            started_s=started_s,
        )
        if loaded.held and not loaded.policy.masks_for_provider:
            # What is saved begins with it, whatever becomes of it.
            live.unsaved.text.append(loaded.held)
        guard: RunGuard | None = None
        self.hub.add(live)
        try:
            if not self.is_claiming:
                live.interrupt("handover")
            guard = run_guard(loaded)
            await self._pipeline.answer(live, loaded, guard)
            if live.interruption == "handover":
                await self._hand_over(live)
        except (LeaseLost, OperationalError):
            raise
        except Unreadable as exc:
            logger.error("run %s can't be read, so it failed: FIELD_ENCRYPTION_KEYS lacks a key of it", claim.run_id)
            await self._fail(live, loaded, guard, exc)
        except Exception:  # the engine's border: a fault of ours ends this run, visibly, and no other
            logger.exception("run %s failed by a fault of ours", claim.run_id)
            await self._fail(live, loaded, guard, AppError(str(OUR_FAULT)))
        finally:
            self.hub.remove(live)

    async def _fail(self, live: LiveRun, loaded: LoadedRun, guard: RunGuard | None, error: AppError) -> None:
        try:
            self._pipeline.show_rest(live, guard)
        except Exception:  # the engine's border: the guard may be what broke, and unjudged it is shown to nobody
            logger.exception("what was held back of run %s is lost", live.claim.run_id)
        try:
            await self._pipeline.fail(live, loaded, (guard and guard.refusal) or error)
        except (LeaseLost, OperationalError):
            raise
        except Exception:  # the engine's border: its text is what can't be stored; its checkpoints stay
            logger.exception("what run %s wrote can't be stored", live.claim.run_id)
            await self.database.run(give_up_run, live.claim)

    async def _hand_over(self, live: LiveRun) -> None:
        """Save and give back the run, as often as it takes: the drain's end is the limit."""

        async def save() -> None:
            await self._journal.save()
            await self.database.run(release_claim, live.claim)

        def wait(exc: DatabaseError) -> None:
            logger.warning("run %s can't be handed over yet (%s)", live.claim.run_id, type(exc).__name__)

        await until_saved(save, waits=wait)

    async def _keep_recovering(self) -> None:
        """Take over runs that nobody works on: at the start, then every 15 s."""
        while True:
            try:
                for run_id in await self.database.run(claimable_runs):
                    self._spawn(run_id, None)
            except DatabaseError as exc:
                logger.warning("recovery waits for the database (%s)", type(exc).__name__)
            except Exception:  # the engine's border: without this loop nobody takes over what dead processes left
                logger.exception("recovery waits by a fault of ours")
            await asyncio.sleep(RECOVERY_INTERVAL_S)


def claim_and_load(run_id: UUID, *, owner: UUID) -> ClaimedRun | None:
    """In one transaction: a claim whose reading failed would keep everybody from the run until its lease ran out."""
    with transaction.atomic():
        claim = claim_run(run_id, owner=owner)
        return None if claim is None else ClaimedRun(claim, load_run(claim))


_current: Engine | None = None


def current_engine() -> Engine | None:
    """This process's engine, if it has one: management commands and Celery workers have none."""
    return _current


def set_current_engine(engine: Engine | None) -> None:
    global _current
    _current = engine
