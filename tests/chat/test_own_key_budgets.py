"""Runs that begin with a person's own key, and could end on the site's account: that too stays within its budgets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from uuid import uuid4

import pytest
from pytest_django import Settings

from accounts.models import User
from chat.actions.runs import retry_message
from chat.actions.turns import Turn, submit_turn
from chat.models import Message, Run
from chat.runs.engine import Engine
from providers.actions.ledger import write_lines
from providers.contract import Payer
from providers.errors import AuthenticationFailed
from providers.estimates import estimate_cost
from providers.models import PersonalEndpoint, RoutingDecision, UsageRecord
from providers.personal import forget_keys
from tests.support.spending import counters, line, make_budget
from tests.support.stage import Hangs, Stage, Step, says
from tests.support.staged import staged_engine
from tests.support.turns import until

# Answers of the two are of one class: the site's stands in for the person's own.
OWN, SITES = "openai/gpt-6.1-sol", "anthropic/claude-sonnet-5-5"
NO_KEY = AuthenticationFailed("The key was refused.")
SAID = "nothing is left of a budget for it"


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
async def engine(transactional_db: None, stage: Stage, settings: Settings) -> AsyncGenerator[Engine, None]:
    settings.OWN_KEYS_ALLOWED = True
    async with staged_engine(stage, settings, ("anthropic",)) as engine:
        yield engine


def ask(owner: User, text: str = "Hello?") -> Turn:
    return submit_turn(owner=owner, conversation_id=None, text=text, turn_key=uuid4(), model=OWN)


def keep_key(owner: User) -> None:
    row = PersonalEndpoint(owner=owner, name="openai")
    row.keep_key("sk-a-key-of-their-own")
    row.save()
    forget_keys(owner.id)


def said_of_the_sites(run: Run) -> str:
    considered = RoutingDecision.objects.get(request_id=run.id).considered
    return next(str(one["excluded"]) for one in considered if one["full_id"] == SITES)


def expected_nanousd() -> int:
    nanousd = estimate_cost(input_tokens=2, max_output_tokens=None, full_id=SITES).nanousd
    assert nanousd is not None
    return nanousd


@pytest.mark.parametrize("scope", ["site", "user"])
async def test_runs_at_the_same_time_take_no_more_than_one_of_them_beyond_a_budget(
    engine: Engine, stage: Stage, alice: User, scope: str
) -> None:
    await engine.database.run(keep_key, alice)
    # One and a half of what is expected of an answer.
    budget = await engine.database.run(lambda: make_budget(scope, unit="money", limit="0.012"))
    go = asyncio.Event()
    play: list[Step] = [Hangs(go), NO_KEY]
    stage.will("openai", *[play] * 5)
    stage.will("anthropic", *[says("Morning.")] * 5)
    turns = [await engine.database.run(ask, alice) for _ in range(5)]
    await until(lambda: len(stage.calls) == 5)
    held = (await engine.database.run(counters, budget))[1]
    assert held == pytest.approx(2 * expected_nanousd(), rel=0.01), "no more than one beyond the limit"
    go.set()
    await until(lambda: engine.is_idle)
    assert stage.called == ["openai"] * 5 + ["anthropic"] * 2
    said = [await engine.database.run(said_of_the_sites, turn.run) for turn in turns]
    assert said == ["", "", SAID, SAID, SAID]
    used, reserved = await engine.database.run(counters, budget)
    assert (reserved, used > 0) == (0, True)


async def test_without_the_sites_money_their_own_key_answers_alone(engine: Engine, stage: Stage, alice: User) -> None:
    await engine.database.run(keep_key, alice)
    await engine.database.run(lambda: make_budget("site", unit="money", limit="0.0001"))
    await engine.database.run(write_lines, [line(Payer(), (1_000, 0))])
    stage.will("openai", [NO_KEY], says("Morning."))
    turn = await engine.database.run(ask, alice)
    await until(lambda: engine.is_idle)
    answer = await engine.database.run(Message.objects.get, id=turn.answer.id)
    assert (answer.status, stage.called) == (Message.Status.FAILED, ["openai"])
    again = await engine.database.run(lambda: retry_message(message=answer, by=alice))
    await until(lambda: engine.is_idle and len(stage.calls) == 2)
    run = await engine.database.run(Run.objects.get, message=again)
    assert await engine.database.run(said_of_the_sites, run) == SAID
    last = await engine.database.run(UsageRecord.objects.get, request_id=run.id)
    assert (last.source, last.cost_nanousd, last.outcome) == ("own_key", 0, "complete")


async def test_a_conversation_goes_on_with_the_site_once_there_is_room_again(
    engine: Engine, stage: Stage, alice: User
) -> None:
    await engine.database.run(keep_key, alice)
    budget = await engine.database.run(lambda: make_budget("site", unit="money", limit="0.0001"))
    await engine.database.run(write_lines, [line(Payer(), (1_000, 0))])
    stage.will("openai", [NO_KEY], [NO_KEY])
    stage.will("anthropic", says("Morning."))
    turn = await engine.database.run(ask, alice)
    await until(lambda: engine.is_idle)
    await engine.database.run(lambda: type(budget).objects.filter(id=budget.id).update(limit=10**9))
    answer = await engine.database.run(Message.objects.get, id=turn.answer.id)
    await engine.database.run(lambda: retry_message(message=answer, by=alice))
    await until(lambda: engine.is_idle and len(stage.calls) == 3)
    assert stage.called == ["openai", "openai", "anthropic"]
