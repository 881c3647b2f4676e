"""The engine's loops go on after a fault of ours, and say so; a run with a fault costs no other run its lease."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.models import User
from chat.actions.turns import Turn
from chat.models import Checkpoint, Run
from chat.runs import engine as engines
from chat.runs import journal as journals
from chat.runs.database import Database
from chat.runs.engine import Engine
from chat.runs.hub import Hub
from chat.runs.journal import Journal
from chat.runs.live import LiveRun
from providers.actions.attempts import AttemptRecord
from providers.contract import AttemptStarted, ChatRequest
from providers.gateway import Gateway
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import begin_turn, until


class Faulty:
    """Fails at its first call, as a fault of ours would, then counts."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> list[UUID]:
        self.calls += 1
        if self.calls == 1:
            raise ZeroDivisionError("a fault of ours")
        return []


class FaultyHub(Hub):
    def __init__(self) -> None:
        super().__init__()
        self.look = Faulty()

    def runs(self) -> list[LiveRun]:
        self.look()
        return super().runs()


async def test_the_journal_goes_on_after_a_fault(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(journals, "INTERVAL_S", 0.001)
    hub, database = FaultyHub(), Database()
    keeping = asyncio.create_task(Journal(hub=hub, database=database).keep())
    await until(lambda: hub.look.calls > 1 or keeping.done())
    assert not keeping.done()
    assert "ZeroDivisionError" in caplog.text
    keeping.cancel()
    database.close()


async def test_recovery_goes_on_after_a_fault(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    look = Faulty()
    monkeypatch.setattr(engines, "RECOVERY_INTERVAL_S", 0.001)
    monkeypatch.setattr(engines, "claimable_runs", look)
    engine = Engine(Gateway([]))
    await engine.start(owns_all_runs=False)
    await until(lambda: look.calls > 1 or any(task.done() for task in engine._background))
    assert not any(task.done() for task in engine._background)
    assert "ZeroDivisionError" in caplog.text
    await engine.stop()


async def test_what_cant_be_saved_or_shown_of_a_run_costs_no_other_run_its_text_and_lease(
    engine: Engine, alice: User, script: ScriptedAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = [await begin_turn(engine, alice) for _ in range(4)]
    await until(lambda: len(engine.hub) == 4)
    uncounted, unsaved, unshown, sound = (_live(engine, turn) for turn in turns)
    begun_at = cast(datetime, "no time")
    uncounted.unsaved.text.append("of a call that can't be stored")
    uncounted.add_attempt(
        AttemptRecord(
            ChatRequest(uncounted.claim.run_id, (), "openai/x"), AttemptStarted(9, "openai", "x", "first"), begun_at
        )
    )
    unsaved.unsaved.text.append("what no database takes: \udfff")
    monkeypatch.setattr(unshown, "flush", Faulty())
    unshown.unsaved.text.append("unseen")
    sound.unsaved.text.append("kept")
    await engine.database.run(_let_leases_run_low)
    await engine._journal.save()
    saved, renewed = await engine.database.run(_read)
    others = {
        uncounted.claim.run_id: "of a call that can't be stored",
        unshown.claim.run_id: "unseen",
        sound.claim.run_id: "kept",
    }
    assert saved == others
    assert renewed == {turn.run.id for turn in turns}
    unsaved.unsaved.text.append("what comes after it")
    await engine._journal.save()
    assert (await engine.database.run(_read))[0] == others, "no text is saved that lacks its beginning"
    monkeypatch.undo()
    for _ in turns:
        script.finish()
    await until(lambda: engine.is_idle)


def _live(engine: Engine, turn: Turn) -> LiveRun:
    live = engine.hub.run(turn.run.id)
    assert live is not None
    return live


def _let_leases_run_low() -> None:
    Run.objects.update(lease_expires_at=timezone.now() + timedelta(seconds=2))


def _read() -> tuple[dict[UUID, str], set[UUID]]:
    soon = timezone.now() + timedelta(seconds=5)
    renewed = Run.objects.filter(lease_expires_at__gt=soon).values_list("id", flat=True)
    return dict(Checkpoint.objects.values_list("run_id", "text_delta")), set(renewed)
