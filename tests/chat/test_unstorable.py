"""What no database takes: from a provider it is made storable; a fault of ours ends its own run and no other."""

from __future__ import annotations

import asyncio

from accounts.models import User
from chat.models import Checkpoint, Message, Run
from chat.runs.engine import Engine
from providers.contract import Finished, ReasoningDelta, Usage
from providers.errors import ProviderError
from providers.models import Attempt, UsageRecord
from tests.support.place import on_servers
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import begin_turn, until


async def answered(engine: Engine) -> Message:
    await asyncio.sleep(0)
    await until(lambda: engine.is_idle)
    return await engine.database.run(lambda: Message.objects.filter(role="assistant").latest("id"))


async def test_an_answer_with_nul_surrogates_and_absurd_counts_is_stored(
    engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    await begin_turn(engine, alice)
    script.events.put_nowait(ReasoningDelta("think\x00ing \udfff"))
    script.say("one\x00 ", "two \ud800", "\ud83d\ude00")
    await until(lambda: engine.hub.runs() and "two" in engine.hub.runs()[0].text)
    await engine._journal.save()
    script.events.put_nowait(Usage(input_tokens=-1, output_tokens=10**12))
    script.events.put_nowait(Finished("complete"))
    message = await answered(engine)
    assert message.text == "one two \ufffd😀"
    assert [part["text"] for part in message.parts] == ["thinking \ufffd", "one two \ufffd😀"]
    # No model writes so much: what is kept and charged is our own count.
    assert message.input_tokens is not None
    assert message.output_tokens is not None
    assert 0 < message.output_tokens < 100
    assert 0 < message.input_tokens < 100
    assert await engine.database.run(lambda: UsageRecord.objects.get().is_estimated)


async def test_a_providers_error_with_nul_and_surrogates_is_stored(
    engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    await begin_turn(engine, alice)
    script.fail(ProviderError("No\x00 luck", detail="500 \x00 \ud800"))
    assert (await answered(engine)).status == Message.Status.FAILED
    run, attempt = await engine.database.run(Run.objects.get), await engine.database.run(Attempt.objects.get)
    assert (run.error_message, attempt.error_detail) == ("No luck", "500  \ufffd")


class Unstorable(ProviderError):
    code = "X" * 41


@on_servers
async def test_a_run_that_cant_be_stored_fails_alone(engine: Engine, alice: User, script: ScriptedAdapter) -> None:
    """SQLite has no limit on a column's length, PostgreSQL does; it stands here for whatever else we get wrong."""
    broken = await begin_turn(engine, alice)
    script.fail(Unstorable("No luck"))
    await answered(engine)
    run = await engine.database.run(lambda: Run.objects.select_related("message").get(id=broken.run.id))
    assert (run.status, run.error_code, run.message.status) == ("failed", "INTERNAL_ERROR", "failed")
    await begin_turn(engine, alice)
    script.say("Fine")
    script.finish()
    assert (await answered(engine)).text == "Fine"


@on_servers
async def test_a_checkpoint_that_cant_be_stored_costs_no_other_run_its_own(
    engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    broken = await begin_turn(engine, alice)
    script.say("past the gateway")
    await until(lambda: engine.hub.run(broken.run.id) and "gateway" in engine.hub.runs()[0].text)
    other = await begin_turn(engine, alice)
    await until(lambda: len(engine.hub) == 2)
    live, sound = engine.hub.run(broken.run.id), engine.hub.run(other.run.id)
    assert live is not None
    assert sound is not None
    live.unsaved.text.append("\x00")
    sound.unsaved.text.append("kept")
    await engine._journal.save()
    saved = await engine.database.run(lambda: dict(Checkpoint.objects.values_list("run_id", "text_delta")))
    assert saved == {other.run.id: "kept"}
    for _ in range(2):
        script.finish()
    await answered(engine)
