"""Clarifying questions: when a model judges a question before it is answered, and what becomes of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from accounts.actions.preferences import set_preferences
from accounts.models import User
from chat.actions.turns import submit_turn
from chat.models import Conversation, Message, Run
from chat.runs import asking_back
from chat.runs.engine import Engine
from chat.runs.leases import claim_run
from providers.errors import ProviderUnavailable
from providers.models import Attempt, UsageRecord
from tests.support.scripted import ScriptedAdapter
from tests.support.server import Server, signed_in, words
from tests.support.turns import begin_turn, until

DOUBTFUL = "Translate this"
ASKED = "Which text should I translate?"


@dataclass(frozen=True, slots=True)
class Ended:
    message: Message
    run: Run
    attempts: list[tuple[int, str]]
    lines: list[tuple[str, bool]]


async def ended(engine: Engine, message_id: Any = None) -> Ended:
    """What stands of an answer, the newest by default, once nobody works any more. Lines: feature, and if it is of this
    run."""
    await asyncio.sleep(0)
    await until(lambda: engine.is_idle)

    def read() -> Ended:
        answers = Message.objects.filter(role=Message.Role.ASSISTANT)
        message = answers.get(id=message_id) if message_id else answers.latest("id")
        run = message.runs.latest("created_at")
        attempts = Attempt.objects.filter(request_id=run.id).order_by("call_number")
        lines = UsageRecord.objects.order_by("id").values_list("feature", "request_id")
        return Ended(
            message,
            run,
            [(one.call_number, one.outcome) for one in attempts],
            [(feature, request_id == run.id) for feature, request_id in lines],
        )

    return await engine.database.run(read)


def say(script: ScriptedAdapter, *answers: str) -> None:
    for answer in answers:
        script.say(answer)
        script.finish()


async def test_what_the_model_asks_is_the_answer(engine: Engine, alice: User, script: ScriptedAdapter) -> None:
    say(script, ASKED)
    await begin_turn(engine, alice, DOUBTFUL)
    end = await ended(engine)
    assert (end.message.text, end.message.status, end.message.finish_reason) == (ASKED, "complete", "asked_back")
    assert ASKED in end.message.html
    [request] = script.requests
    assert (request.feature, request.request_id, request.only_this_model) == ("clarify", end.run.id, True)
    assert request.model != "openai/scripted", "the task model judges"
    assert (end.message.provider, f"openai/{end.message.model}") == ("openai", request.model)
    assert request.messages[-1].text == f"user: {DOUBTFUL}"
    assert (end.attempts, end.lines) == ([(1, "complete")], [("clarify", True)])
    assert (end.message.input_tokens, end.message.output_tokens) == (7, 9)
    known = {"intent": "command", "decided_by": "rules", "doubt": "nothing_given", "asked_back": ASKED}
    assert (end.run.understanding, end.run.context) == (known, {})


async def test_where_it_sees_no_need_the_question_is_answered(
    engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    say(script, "ANSWER", "Of course.")
    await begin_turn(engine, alice, DOUBTFUL)
    end = await ended(engine)
    assert (end.message.text, end.message.finish_reason) == ("Of course.", "complete")
    assert [request.feature for request in script.requests] == ["clarify", "chat"]
    assert script.requests[1].messages[-1].text == DOUBTFUL
    assert (end.message.model, end.attempts) == ("scripted", [(1, "complete"), (2, "complete")])
    assert end.lines == [("clarify", True), ("chat", True)]
    # What the answer read, not what the judge did beside it.
    assert (end.message.input_tokens, end.message.output_tokens) == (7, 9)
    assert end.run.understanding["doubt"] == "nothing_given"


async def test_where_it_fails_the_question_is_answered(engine: Engine, alice: User, script: ScriptedAdapter) -> None:
    script.fail(ProviderUnavailable("Down."))
    say(script, "Of course.")
    await begin_turn(engine, alice, DOUBTFUL)
    end = await ended(engine)
    assert (end.message.text, end.message.status) == ("Of course.", "complete")
    assert end.attempts == [(1, "failed"), (2, "complete")]


async def test_where_it_takes_too_long_the_question_is_answered(
    engine: Engine, alice: User, script: ScriptedAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking_back, "JUDGING_S", 0.05)
    script.say("Which ")
    await begin_turn(engine, alice, DOUBTFUL)
    await until(lambda: len(script.requests) == 2)
    say(script, "Of course.")
    end = await ended(engine)
    assert end.message.text == "Of course."
    assert end.attempts == [(1, "failed"), (2, "complete")]
    assert script.closed_calls == 2


async def test_stop_while_it_judges_stops_the_answer(engine: Engine, alice: User, script: ScriptedAdapter) -> None:
    turn = await begin_turn(engine, alice, DOUBTFUL)
    await until(lambda: script.requests)
    engine.request_stop(turn.run.id)
    end = await ended(engine)
    assert (end.message.text, end.message.status, end.attempts) == ("", "stopped", [(1, "stopped")])
    assert len(script.requests) == 1


async def test_never_twice_in_a_row(server: Server, engine: Engine, alice: User, script: ScriptedAdapter) -> None:
    three = "One of:\n1. Rome\n2. Paris\n3. Oslo"
    say(script, three, "1. Which of them?", "All of it.", three, ASKED)
    async with signed_in(server, alice) as person:
        conversation_id = await person.begin("Where?")
        address = f"/conversations/{conversation_id}/messages/"

        async def go_on(text: str) -> Ended:
            await ended(engine)
            await person.post(address, text=text, turn_key=str(uuid4()))
            return await ended(engine)

        assert (await go_on("that one")).message.finish_reason == "asked_back"
        # The last answer has an item, and no seventh one.
        assert (await go_on("Translate option 7")).message.text == "All of it."
        assert (await go_on("that one")).message.text == three
        assert (await go_on("that one")).message.finish_reason == "asked_back"
    assert [request.feature for request in script.requests] == ["chat", "clarify", "chat", "chat", "clarify"]


async def test_answer_anyway_answers(server: Server, engine: Engine, alice: User, script: ScriptedAdapter) -> None:
    say(script, ASKED)
    async with signed_in(server, alice) as person:
        conversation_id = await person.begin(DOUBTFUL)
        first = await ended(engine)
        page = await person.get(f"/conversations/{conversation_id}/")
        assert "Asked back instead of answering" in words(page)
        assert "Answer anyway" in words(page)
        inspected = words(await person.get(f"/messages/{first.message.id}/inspect/"))
        assert "Taken for a command by rules. The message says what to do, and not with what." in inspected
        assert "So the task model asked back." in inspected
        assert "Asked whether the question is clear" in inspected
        assert ASKED not in await person.get(f"/messages/{first.message.id}/inspect/?as=json")
        say(script, "Here it is.")
        await person.post(f"/messages/{first.message.id}/retry/")
        second = await ended(engine)
        assert (second.message.text, second.message.finish_reason) == ("Here it is.", "complete")
        assert second.message.parent_id == first.message.parent_id
        assert "Asked back" not in words(await person.get(f"/conversations/{conversation_id}/"))
    assert [request.feature for request in script.requests] == ["clarify", "chat"]


@pytest.mark.parametrize(
    "made",
    ["site", "person", "offline", "temporary", "only_this_model", "side_by_side", "clear"],
)
async def test_nobody_is_asked(
    engine: Engine, alice: User, script: ScriptedAdapter, settings: Settings, made: str
) -> None:
    compared = ["openai/gpt-4o", "openai/gpt-4.1"] if made == "side_by_side" else []

    def submit() -> None:
        if made == "person":
            set_preferences(user=alice, default_model="", temperature=None, asks_back=False)
        conversation = Conversation.objects.create(owner=alice, title="x", active_at=alice.date_joined)
        conversation.is_temporary = made == "temporary"
        conversation.settings = {"only_this_model": True} if made == "only_this_model" else {}
        conversation.save()
        text = "Translate 'rain' into Vietnamese" if made == "clear" else DOUBTFUL
        submit_turn(owner=alice, conversation_id=conversation.id, text=text, turn_key=uuid4(), compared=compared)

    settings.ASK_BACK = made != "site"
    settings.TASK_MODEL = "offline/convoscope-offline" if made == "offline" else ""
    say(script, *["Of course."] * max(1, len(compared)))
    await engine.database.run(submit)
    assert (await ended(engine)).message.text == "Of course."
    assert {request.feature for request in script.requests} == {"chat"}


async def test_a_question_that_brings_something_along_is_answered(
    engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    say(script, "Of course.")

    def attach() -> None:
        engine.is_claiming = False
        turn = submit_turn(owner=alice, conversation_id=None, text=DOUBTFUL, turn_key=uuid4())
        parts = [*turn.question.parts, {"type": "attachment", "id": "x"}]
        Message.objects.filter(id=turn.question.id).update(parts=parts)
        engine.is_claiming = True
        engine.submit(turn.run.id)

    await engine.database.run(attach)
    assert (await ended(engine)).message.text == "Of course."
    assert [request.feature for request in script.requests] == ["chat"]


@pytest.mark.parametrize("saved", ["", ASKED])
async def test_who_takes_over_after_it_asked_says_no_more(
    engine: Engine, alice: User, script: ScriptedAdapter, saved: str
) -> None:
    def leave_behind() -> Any:
        """As a process does that dies once it has asked back."""
        engine.is_claiming = False
        turn = submit_turn(owner=alice, conversation_id=None, text=DOUBTFUL, turn_key=uuid4())
        claim = claim_run(turn.run.id, owner=uuid4())
        assert claim is not None
        known = {"intent": "command", "decided_by": "rules", "doubt": "nothing_given", "asked_back": ASKED}
        Run.objects.filter(id=turn.run.id).update(understanding=known, lease_expires_at=None)
        if saved:
            turn.run.checkpoints.create(fence=1, n=0, text_delta=saved)
        engine.is_claiming = True
        engine.submit(turn.run.id)

    await engine.database.run(leave_behind)
    end = await ended(engine)
    assert (end.message.text, end.message.finish_reason, end.message.status) == (ASKED, "asked_back", "complete")
    assert script.requests == []
