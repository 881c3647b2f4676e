"""Answers that need no call of their own, as a person gets them: from the cache, or with another tab's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from accounts.models import User
from chat.models import Conversation, Message, Run
from chat.runs.engine import Engine
from chat.runs.load import request_of
from providers.cache.door import CacheDoor
from providers.contract import Finished, TextDelta, Usage
from providers.models import Attempt, CachedResponse, RoutingDecision, UsageRecord
from tests.support.server import Person, Server, signed_in, words
from tests.support.stage import Hangs, Stage, says
from tests.support.staged import newest_answer, staged_engine, ticks_of, trace_label_of, watch
from tests.support.turns import make_turn, until

QUESTION = "Who was first?"
DEAR = (Usage(input_tokens=20_000, output_tokens=1_000), Finished("complete"))


@pytest.fixture
async def engine(transactional_db: None, stage: Stage, settings: Settings) -> AsyncGenerator[Engine, None]:
    async with staged_engine(stage, settings, ("openai", "anthropic")) as engine:
        engine.gateway.cache = CacheDoor(engine.database.run)
        yield engine


@pytest.fixture
async def person(server: Server, alice: User) -> AsyncGenerator[Person, None]:
    async with signed_in(server, alice) as person:
        yield person


async def ask(engine: Engine, person: Person, **fields: str) -> tuple[UUID, Message]:
    """Ask the question in a new conversation, and wait for the answer and for the cache."""
    conversation_id = await person.begin(QUESTION, **fields)
    return conversation_id, await answered(engine)


async def answered(engine: Engine) -> Message:
    await until(lambda: engine.is_idle)
    assert engine.gateway.cache is not None
    await engine.gateway.cache.aclose()
    return await engine.database.run(newest_answer)


async def line_of(engine: Engine, message: Message) -> UsageRecord:
    run = await engine.database.run(Run.objects.get, message=message)
    return await engine.database.run(UsageRecord.objects.get, request_id=run.id)


async def test_the_same_question_is_answered_from_the_cache(engine: Engine, person: Person, stage: Stage) -> None:
    stage.will("openai", [TextDelta("Nobody **knows**."), *DEAR])
    _, first = await ask(engine, person)
    conversation_id, second = await ask(engine, person)
    assert second.id != first.id
    assert (second.text, second.html, second.status) == (first.text, first.html, Message.Status.COMPLETE)
    assert (second.provider, second.model) == ("openai", "gpt-6.1-sol")
    assert stage.called == ["openai"]
    paid, kept = await line_of(engine, first), await line_of(engine, second)
    assert paid.cost_nanousd is not None
    assert (paid.source, paid.saved_nanousd) == ("provider", 0)
    assert (kept.source, kept.cost_nanousd, kept.saved_nanousd) == ("cache", 0, paid.cost_nanousd)
    page = await person.get(f"/conversations/{conversation_id}/")
    assert "$0.00 · from cache" in words(page)
    assert ticks_of(page) == ["cache"]
    assert trace_label_of(page).endswith("answered from the cache")
    assert "from cache" not in words(await person.get(f"/messages/{first.id}/"))
    attempt = await engine.database.run(Attempt.objects.latest, "started_at")
    assert (attempt.reason, attempt.outcome) == ("cache", "complete")
    run = await engine.database.run(Run.objects.get, message=second)
    decision = await engine.database.run(RoutingDecision.objects.get, request_id=run.id)
    assert decision.cache == "hit: asked within the last minute"
    assert await engine.database.run(lambda: CachedResponse.objects.get().hits) == 1


async def test_retry_asks_anew(engine: Engine, person: Person, stage: Stage) -> None:
    """And what it brings is not kept in the place of the first."""
    stage.will("openai", says("Nobody knows."), says("Somebody does."))
    await ask(engine, person)
    _, second = await ask(engine, person)
    assert (await person.post(f"/messages/{second.id}/retry/")).status == 200
    third = await answered(engine)
    assert (third.text, stage.called) == ("Somebody does.", ["openai", "openai"])
    assert (await line_of(engine, third)).source == "provider"
    _, fourth = await ask(engine, person)
    assert fourth.text == "Nobody knows."
    assert stage.called == ["openai", "openai"]


async def test_another_model_or_person_is_asked(
    engine: Engine, server: Server, person: Person, charlie: User, stage: Stage
) -> None:
    stage.will("openai", says("Nobody knows."), says("I know."))
    stage.will("anthropic", says("Claude does."))
    await ask(engine, person)
    _, other = await ask(engine, person, model="anthropic/claude-sonnet-5-5")
    assert other.text == "Claude does."
    async with signed_in(server, charlie) as stranger:
        _, theirs = await ask(engine, stranger)
    assert theirs.text == "I know."


async def test_of_a_temporary_chat_nothing_is_kept_or_given(engine: Engine, person: Person, stage: Stage) -> None:
    stage.will("openai", says("Hello."), says("Nobody knows."), says("Somebody does."))
    temporary = await person.begin("Hello")
    await answered(engine)
    await engine.database.run(CachedResponse.objects.all().delete)
    await engine.database.run(Conversation.objects.filter(id=temporary).update, is_temporary=True)
    fields = {"text": QUESTION, "turn_key": str(uuid4())}
    assert (await person.post(f"/conversations/{temporary}/messages/", htmx=True, **fields)).status == 200
    assert (await answered(engine)).text == "Nobody knows."
    assert not await engine.database.run(CachedResponse.objects.exists)
    again = {"text": QUESTION, "turn_key": str(uuid4())}
    assert (await person.post(f"/conversations/{temporary}/messages/", htmx=True, **again)).status == 200
    assert (await answered(engine)).text == "Somebody does."
    assert len(stage.calls) == 3


@pytest.mark.django_db
@pytest.mark.parametrize("is_temporary", [True, False])
def test_how_a_temporary_chat_was_asked_may_not_be_kept(alice: User, is_temporary: bool) -> None:
    turn = make_turn(alice)
    turn.conversation.is_temporary = is_temporary
    assert request_of(turn.run.id, turn.answer, turn.run.settings, []).may_be_kept is not is_temporary


async def test_what_was_stopped_or_cut_short_is_not_kept(engine: Engine, person: Person, stage: Stage) -> None:
    stage.will("openai", [TextDelta("Nobody "), Hangs()], [TextDelta("Nobo"), Finished("length")], says("Somebody."))
    await person.begin(QUESTION)
    await until(lambda: engine.hub.runs() and engine.hub.runs()[0].text)
    await person.post(f"/runs/{engine.hub.runs()[0].claim.run_id}/stop/")
    assert (await answered(engine)).status == Message.Status.STOPPED
    _, second = await ask(engine, person)
    _, third = await ask(engine, person)
    assert (second.text, third.text) == ("Nobo", "Somebody.")


async def test_two_tabs_that_ask_the_same_share_one_call(engine: Engine, person: Person, stage: Stage) -> None:
    go = asyncio.Event()
    stage.will("openai", [TextDelta("Nobody "), Hangs(go), TextDelta("knows."), *DEAR])
    await person.begin(QUESTION)
    await until(lambda: stage.open_calls)
    second = await person.begin(QUESTION)
    watched = await watch(person, engine, second, go)
    message = await answered(engine)
    assert (message.text, message.html) == ("Nobody knows.", watched.article.html)
    assert stage.called == ["openai"]
    line = await line_of(engine, message)
    assert (line.source, line.cost_nanousd) == ("shared", 0)
    assert "$0.00" in words(watched.end)


async def test_who_shared_goes_on_when_the_other_tab_stops(engine: Engine, person: Person, stage: Stage) -> None:
    stage.will("openai", [TextDelta("Nobody "), Hangs()], says("knows."))
    await person.begin(QUESTION)
    await until(lambda: engine.hub.runs() and engine.hub.runs()[0].text)
    leader = engine.hub.runs()[0].claim.run_id
    await person.begin(QUESTION)
    await until(lambda: len(engine.hub.runs()) == 2 and all(live.text for live in engine.hub.runs()))
    await person.post(f"/runs/{leader}/stop/")
    message = await answered(engine)
    assert (message.text, message.status) == ("Nobody knows.", Message.Status.COMPLETE)
    first = await engine.database.run(Run.objects.select_related("message").get, id=leader)
    assert (first.message.text, first.message.status) == ("Nobody ", Message.Status.STOPPED)
    run = await engine.database.run(Run.objects.get, message=message)
    lines = await engine.database.run(
        lambda: list(UsageRecord.objects.filter(request_id=run.id).order_by("call_number").values_list("source"))
    )
    assert lines == [("shared",), ("provider",)]
