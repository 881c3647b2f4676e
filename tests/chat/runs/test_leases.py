"""One process works on a run at a time, and one that lost its claim writes nothing more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from unittest.mock import Mock
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.models import User
from chat.actions.turns import Turn
from chat.models import Checkpoint, Message, Run
from chat.runs.finish import finish_run
from chat.runs.journal import Batched, save_batch
from chat.runs.leases import Claim, LeaseLost, claim_run, free_leases_of_dead_processes, release_claim
from chat.runs.result import RunResult
from providers.actions.attempts import AttemptRecord
from providers.contract import AttemptStarted, ChatRequest
from providers.models import Attempt
from tests.support.turns import make_turn

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def turn(transactional_db: None, alice: User) -> Turn:
    return make_turn(alice)


def claimed(turn: Turn) -> Claim:
    claim = claim_run(turn.run.id, owner=uuid4())
    assert claim is not None
    return claim


def lost(turn: Turn) -> Claim:
    """A claim whose run another process has taken over."""
    claim = claimed(turn)
    Run.objects.filter(id=claim.run_id).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    claimed(turn)
    return claim


def checkpoint(claim: Claim, n: int = 0) -> Checkpoint:
    return Checkpoint(run_id=claim.run_id, fence=claim.fence, n=n, text_delta="some text")


def attempt(claim: Claim) -> AttemptRecord:
    request = ChatRequest(claim.run_id, (), "openai/scripted")
    return AttemptRecord(request, AttemptStarted(1, "openai", "scripted", "first"), timezone.now())


def test_a_queued_run_is_claimed_once(turn: Turn) -> None:
    claim = claimed(turn)
    run = Run.objects.get()
    assert (run.status, run.fence, run.lease_owner, run.recoveries) == (Run.Status.RUNNING, 1, claim.owner, 0)
    assert claim_run(turn.run.id, owner=uuid4()) is None


def test_a_run_whose_lease_ran_out_is_claimed_with_a_higher_fence(turn: Turn) -> None:
    lost(turn)
    run = Run.objects.get()
    assert (run.fence, run.recoveries) == (2, 1)


def test_a_run_given_back_in_order_does_not_count_as_recovered(turn: Turn) -> None:
    release_claim(claimed(turn))
    claimed(turn)
    run = Run.objects.get()
    assert (run.fence, run.recoveries) == (2, 0)


def test_the_holder_of_the_lock_frees_the_leases_of_the_dead(turn: Turn) -> None:
    claimed(turn)
    assert free_leases_of_dead_processes() == 1
    assert claimed(turn).fence == 2


def test_the_holder_saves_checkpoints_attempts_and_renews_its_lease(turn: Turn) -> None:
    claim = claimed(turn)
    Run.objects.update(lease_expires_at=timezone.now() + timedelta(seconds=1))
    before = timezone.now()
    saved = save_batch([Batched(claim, [checkpoint(claim)], [attempt(claim)])])
    assert not saved.lost
    assert Checkpoint.objects.get().text_delta == "some text"
    assert Attempt.objects.get().outcome == Attempt.Outcome.RUNNING
    left = Run.objects.get().lease_expires_at
    assert left is not None
    assert left >= before + timedelta(seconds=settings.RUN_LEASE_SECONDS)


def test_a_batch_committed_but_reported_as_failed_is_saved_once(turn: Turn) -> None:
    claim = claimed(turn)
    for _ in range(2):
        save_batch([Batched(claim, [checkpoint(claim)], [attempt(claim)])])
    assert Checkpoint.objects.count() == Attempt.objects.count() == 1


def test_who_lost_the_lease_saves_no_checkpoint_and_no_attempt(turn: Turn) -> None:
    claim = lost(turn)
    before = Run.objects.values().get()
    saved = save_batch([Batched(claim, [checkpoint(claim)], [attempt(claim)])])
    assert saved.lost == {turn.run.id}
    assert not Checkpoint.objects.exists()
    assert not Attempt.objects.exists()
    assert Run.objects.values().get() == before


def test_in_a_batch_only_the_lost_run_drops_out(turn: Turn, alice: User) -> None:
    gone = lost(turn)
    kept = claimed(make_turn(alice))
    saved = save_batch([Batched(gone, [checkpoint(gone)], []), Batched(kept, [checkpoint(kept)], [])])
    assert saved.lost == {gone.run_id}
    assert Checkpoint.objects.get().run_id == kept.run_id


def test_who_lost_the_lease_cannot_end_the_run(turn: Turn) -> None:
    claim = lost(turn)
    with pytest.raises(LeaseLost):
        finish_run(
            claim,
            turn.run,
            RunResult(status=Message.Status.COMPLETE, text="late", html="<p>late</p>", attempts=(attempt(claim),)),
        )
    assert Run.objects.get().status == Run.Status.RUNNING
    assert Message.objects.get(role="assistant").text == ""
    assert not Attempt.objects.exists()


def test_an_end_that_the_database_refused_is_written_once_when_it_is_tried_again(
    turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = claimed(turn)
    turn.answer.parts = [{"type": "notice", "text": "An earlier notice."}]
    turn.answer.save(update_fields=["parts"])
    result = RunResult(Message.Status.COMPLETE, "done", "<p>done</p>", notices=("A notice.",))
    with monkeypatch.context() as patch:
        patch.setattr("chat.runs.finish.release", Mock(side_effect=OperationalError))
        with pytest.raises(OperationalError):
            finish_run(claim, turn.run, result)
    [run], _cost = finish_run(claim, turn.run, result)
    stored = Message.objects.get(id=turn.answer.id)
    said = [part["text"] for part in stored.parts]
    assert said == ["done", "An earlier notice.", "A notice."]
    assert (run.message.parts, run.status) == (stored.parts, Run.Status.COMPLETE)


def test_the_end_of_a_continuation_shows_what_was_thought_of_its_beginning(turn: Turn) -> None:
    claim = claimed(turn)
    turn.run.kind = Run.Kind.CONTINUE
    Message.objects.filter(id=turn.answer.id).update(feedback="good", feedback_comment="Clear.")
    [ended], _cost = finish_run(claim, turn.run, RunResult(Message.Status.COMPLETE, "done", "<p>done</p>"))
    assert (ended.message.feedback, ended.message.feedback_comment) == ("good", "Clear.")


def test_who_lost_the_lease_cannot_give_it_back(turn: Turn) -> None:
    claim = lost(turn)
    release_claim(claim)
    assert Run.objects.get().lease_expires_at is not None


def test_a_finished_run_is_not_claimed_and_not_finished_again(turn: Turn) -> None:
    claim = claimed(turn)
    result = RunResult(status=Message.Status.COMPLETE, text="done", html="<p>done</p>")
    finish_run(claim, turn.run, result)
    assert claim_run(turn.run.id, owner=uuid4()) is None
    with pytest.raises(LeaseLost):
        finish_run(claim, turn.run, result)


def test_two_processes_race_for_200_runs_and_execute_each_exactly_once(
    transactional_db: None, alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "RATE_LIMIT_REQUESTS", 1_000)
    runs = {make_turn(alice, f"question {number}").run.id for number in range(200)}
    environment = os.environ | {"RACE_DATABASE": json.dumps(connection.settings_dict, default=str)}
    racers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.racer", str(tmp_path / f"racer-{number}"), str(tmp_path / "go")],
            cwd=ROOT,
            env=environment,
        )
        for number in range(2)
    ]
    (tmp_path / "go").touch()
    assert [racer.wait(timeout=120) for racer in racers] == [0, 0]
    worked = [[UUID(line) for line in path.read_text().split()] for path in sorted(tmp_path.glob("racer-*"))]
    assert Counter(run for one in worked for run in one) == Counter(runs)
    assert Attempt.objects.count() == 200
    assert Message.objects.filter(role="assistant", status="complete", text="Only once.").count() == 200
    assert Run.objects.filter(status=Run.Status.COMPLETE, fence=1).count() == 200
