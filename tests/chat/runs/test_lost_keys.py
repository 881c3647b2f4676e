"""A run whose texts lost their key ends once, says why, and costs no other run anything."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat.actions.checks import check_message, request_checks
from chat.actions.runs import continue_message, stop_run
from chat.models import Checkpoint, Conversation, Message, MessageCheck, Run
from chat.runs.engine import Engine
from chat.runs.recovery import claimable_runs
from tests.chat.attachments.files import picture
from tests.chat.attachments.support import SIGHTED, attach, send
from tests.support.lost_keys import NEW, OLD, stored_texts
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import begin_turn, make_turn, until

TOLD = "stored under a key that this site no longer has"
BEGUN = "The settlement runs"


@pytest.fixture(autouse=True)
def encrypted(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS, settings.ENCRYPT_CONTENT = [OLD], True


def asked(owner: User) -> Run:
    return make_turn(owner, "When does it run?").run


def asked_after_the_change(owner: User, settings: Settings) -> Run:
    """Only what was saved of the answer is under the old key."""
    run = begun(owner)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    for message in Message.objects.all():
        message.save()
    return run


def begun(owner: User) -> Run:
    """Whoever worked on it died."""
    run = asked(owner)
    Checkpoint.objects.create(run=run, fence=1, n=1, text_delta=BEGUN)
    over = timezone.now() - timedelta(minutes=5)
    Run.objects.filter(id=run.id).update(status="running", fence=1, lease_owner=uuid4(), lease_expires_at=over)
    return run


def continued(owner: User) -> Run:
    answer = asked(owner).message
    Run.objects.update(status="stopped")
    Message.objects.filter(id=answer.id).update(status="stopped", finish_reason="stopped", text=BEGUN)
    return continue_message(message=Message.objects.get(id=answer.id), by=owner).runs.latest("created_at")


async def worked_on(engine: Engine, *runs: Run) -> None:
    engine.is_claiming = True
    for run in runs:
        engine.submit(run.id)
    await asyncio.sleep(0)
    await until(lambda: engine.is_idle)


@pytest.mark.parametrize("made", ["asked", "begun", "continued", "asked_after_the_change"])
async def test_it_fails_once_and_says_why(
    engine: Engine,
    alice: User,
    charlie: User,
    script: ScriptedAdapter,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    made: str,
) -> None:
    engine.is_claiming = False
    given = (alice, settings) if made == "asked_after_the_change" else (alice,)
    lost = await engine.database.run(globals()[made], *given)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    before = await engine.database.run(stored_texts)
    sound = (await begin_turn(engine, charlie)).run
    script.say("Fine")
    script.finish()
    await worked_on(engine, lost, sound)
    run = await engine.database.run(lambda: Run.objects.select_related("message").get(id=lost.id))
    assert (run.status, run.error_code, run.message.status) == ("failed", "CONTENT_UNREADABLE", "failed")
    assert TOLD in run.error_message
    assert f"run {lost.id} can't be read" in caplog.text
    assert "FIELD_ENCRYPTION_KEYS" in caplog.text
    assert await engine.database.run(claimable_runs) == []
    assert (await engine.database.run(lambda: Message.objects.get(runs=sound.id))).text == "Fine"
    # The key may come back.
    after = await engine.database.run(stored_texts)
    assert before.items() <= after.items()


async def test_a_picture_that_nobody_can_read_fails_it_too(
    engine: Engine, alice: User, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    engine.is_claiming = False
    only = {"model": SIGHTED}
    conversation = await engine.database.run(
        lambda: Conversation.objects.create(owner=alice, active_at=timezone.now(), settings=only)
    )
    turn = await engine.database.run(lambda: send(alice, attach(alice, picture(), "a.png"), conversation=conversation))
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    for message in await engine.database.run(lambda: list(Message.objects.all())):
        await engine.database.run(message.save)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    await worked_on(engine, turn.run)
    run = await engine.database.run(lambda: Run.objects.get(id=turn.run.id))
    assert (run.status, run.error_code) == ("failed", "CONTENT_UNREADABLE")


async def test_stopped_by_hand_it_stops(engine: Engine, alice: User, settings: Settings) -> None:
    engine.is_claiming = False
    run = await engine.database.run(begun, alice)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    before = await engine.database.run(stored_texts)
    await engine.database.run(lambda: stop_run(run=Run.objects.get(id=run.id)))
    stopped = await engine.database.run(lambda: Run.objects.select_related("message").get(id=run.id))
    assert (stopped.status, stopped.message.status) == ("stopped", "stopped")
    assert await engine.database.run(stored_texts) == before


async def test_models_are_given_what_was_said_in_clear(engine: Engine, alice: User, script: ScriptedAdapter) -> None:
    first = await begin_turn(engine, alice, "Who is awake at four?")
    script.say("Nobody.")
    script.finish()
    await asyncio.sleep(0)
    await until(lambda: engine.is_idle)
    await engine.database.run(make_turn, alice, "And at five?", first.conversation)
    script.say("Somebody.")
    script.finish()
    await asyncio.sleep(0)
    await until(lambda: engine.is_idle)
    assert [message.text for message in script.requests[-1].messages[-3:]] == [
        "Who is awake at four?",
        "Nobody.",
        "And at five?",
    ]


async def test_what_is_to_be_looked_through_waits(engine: Engine, alice: User, settings: Settings) -> None:
    engine.is_claiming = False
    answer = (await engine.database.run(asked, alice)).message
    assert answer.parent_id is not None
    await engine.database.run(request_checks, [answer.parent_id])
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert await engine.database.run(check_message, answer.parent_id) == 0
    waiting = await engine.database.run(lambda: MessageCheck.objects.get(message=answer.parent_id))
    assert waiting.attempts == 1
