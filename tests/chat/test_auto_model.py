"""A conversation whose model is `auto`: what is chosen, what is said of it, and whose the answer is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
from pytest_django import Settings

from accounts.models import User
from chat.models import Conversation, Message, Run
from chat.runs.engine import Engine
from providers.catalog import load_catalog
from providers.contract import ReasoningDelta
from providers.errors import QuotaExhausted
from providers.models import RoutingDecision
from providers.resilience.health import Health
from tests.support.server import Person, Server, signed_in, words
from tests.support.stage import Hangs, Stage, Step, says
from tests.support.staged import Watched, newest_answer, seams_of, staged_engine, watch
from tests.support.turns import until

LIGHT = "Hi!"
WORK = "Debug my parser: it fails on nested brackets, and explain step by step why the stack overflows there."


@pytest.fixture
async def engine(transactional_db: None, stage: Stage, settings: Settings) -> AsyncGenerator[Engine, None]:
    async with staged_engine(stage, settings, ("anthropic", "openai")) as engine:
        yield engine


@pytest.fixture
async def person(server: Server, alice: User) -> AsyncGenerator[Person, None]:
    async with signed_in(server, alice) as person:
        yield person


async def ask(engine: Engine, person: Person, go: asyncio.Event, text: str) -> tuple[Watched, Message]:
    conversation_id = await person.begin(text, model="auto")
    watched = await watch(person, engine, conversation_id, go)
    await until(lambda: engine.is_idle)
    return watched, await engine.database.run(newest_answer)


def both_will(stage: Stage, go: asyncio.Event, *steps: Step) -> None:
    """Whichever is chosen says this."""
    for endpoint in ("anthropic", "openai"):
        stage.will(endpoint, [Hangs(go), *steps])


@pytest.mark.parametrize(("text", "model_class"), [(LIGHT, "economy"), (WORK, "premium")])
async def test_the_choice_is_said_quietly_and_the_answer_is_the_chosen_ones(
    engine: Engine, person: Person, stage: Stage, text: str, model_class: str
) -> None:
    go = asyncio.Event()
    both_will(stage, go, *says("Hello."))
    watched, message = await ask(engine, person, go, text)
    [call] = stage.calls
    full_id = f"{call.endpoint}/{call.model}"
    assert load_catalog().entries[full_id].model_class == model_class
    assert (message.text, f"{message.provider}/{message.model}") == ("Hello.", full_id)
    run = await engine.database.run(Run.objects.get, message=message)
    decision = await engine.database.run(RoutingDecision.objects.get, request_id=run.id)
    assert decision.asked == "auto"
    assert decision.considered[0] == {"full_id": full_id, "why": "chosen by auto", "excluded": ""}
    assert decision.reason
    assert seams_of(watched.end)[0] == seams_of(watched.feet[0])[0], "it is said before the answer"
    assert decision.reason in words(watched.end)
    assert f"{call.model} ·" in words(watched.end)
    page = await person.get(f"/messages/{message.id}/")
    assert decision.reason in words(page)
    conversation = await engine.database.run(Conversation.objects.get)
    assert conversation.settings["model"] == "auto", "the next question is chosen for anew"


async def test_another_goes_on_for_the_chosen_one(engine: Engine, person: Person, stage: Stage) -> None:
    go = asyncio.Event()
    for endpoint in ("anthropic", "openai"):
        stage.will(
            endpoint, lambda _: [Hangs(go), QuotaExhausted("No credit.")] if len(stage.calls) == 1 else says("Hi.")
        )
    _, message = await ask(engine, person, go, LIGHT)
    first, second = stage.calls
    assert first.endpoint != second.endpoint
    assert (message.text, message.provider, message.model) == ("Hi.", second.endpoint, second.model)


async def test_of_two_that_raced_the_answer_is_the_winners(
    engine: Engine, person: Person, stage: Stage, settings: Settings
) -> None:
    """Although the other was asked last."""
    settings.LLM_HEDGING = True
    engine.gateway.health = {name: Health(calls=9, first_token_p95_ms=0) for name in ("anthropic", "openai")}
    go, answer = asyncio.Event(), asyncio.Event()
    for endpoint in ("anthropic", "openai"):
        stage.will(
            endpoint,
            lambda _: [Hangs(answer), ReasoningDelta("Hm."), *says("First.")] if len(stage.calls) == 1 else [Hangs()],
        )
    asking = asyncio.create_task(ask(engine, person, go, LIGHT))
    await until(lambda: len(stage.calls) == 2 and go.is_set())
    answer.set()
    watched, message = await asking
    first, second = stage.calls
    assert (message.text, message.provider, message.model) == ("First.", first.endpoint, first.model)
    assert second.model not in words(watched.end)


async def test_nobody_is_chosen_where_it_is_off(
    engine: Engine, person: Person, stage: Stage, settings: Settings
) -> None:
    settings.AUTO_MODEL_ENABLED = False
    await person.begin(LIGHT, model="auto")
    await until(lambda: engine.is_idle)
    message = await engine.database.run(newest_answer)
    assert message.status == Message.Status.FAILED
    assert stage.calls == []
