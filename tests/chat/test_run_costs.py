"""What stands under an answer as its cost is the sum of its ledger lines, however the answer came about."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat.actions.runs import continue_message, stop_run
from chat.models import Checkpoint, Message, Run
from chat.runs.engine import Engine
from chat.runs.finish import finish_run, give_up_run
from chat.runs.leases import Claim, claim_run
from chat.runs.result import RunResult
from chat.trace import finished_trace
from providers.actions.attempts import AttemptRecord, save_attempts
from providers.catalog import resolve_model
from providers.contract import AttemptStarted, ChatMessage, ChatRequest, Finished, TextDelta, Usage
from providers.errors import ProviderUnavailable, RateLimited
from providers.models import Attempt, UsageRecord
from providers.money import usd
from providers.reconciliation import attempts_without_line
from providers.tokens import count_text_tokens, estimate_input_tokens
from tests.support.server import Person, Server, signed_in
from tests.support.stage import Hangs, Stage, says
from tests.support.staged import newest_answer, staged_engine
from tests.support.turns import make_turn, until

ENDPOINTS = ("openai", "anthropic")
# Dear enough to be seen in the readout to the last digit it shows.
DEAR = (Usage(input_tokens=123_456, output_tokens=7_891), Finished("complete"))
CUT = ProviderUnavailable("Cut.")
BEGUN, REST = "The harbour lay quiet before dawn", " while two boats slipped their moorings."
SOL = "openai/gpt-6.1-sol"


def tokens_of(text: str) -> int:
    """As they are counted for the first model, where nobody heard the provider's own count."""
    return count_text_tokens(text, model=resolve_model(SOL, endpoints={"openai"}))


@pytest.fixture
def stage(settings: Settings) -> Stage:
    settings.LLM_MAX_RETRIES = 2
    return Stage()


@pytest.fixture
async def engine(transactional_db: None, stage: Stage, settings: Settings) -> AsyncGenerator[Engine, None]:
    async with staged_engine(stage, settings, ENDPOINTS) as engine:
        yield engine


@pytest.fixture
async def person(server: Server, alice: User) -> AsyncGenerator[Person, None]:
    async with signed_in(server, alice) as person:
        yield person


def lines_of(message: Message) -> list[UsageRecord]:
    runs = list(Run.objects.filter(message=message).order_by("created_at"))
    return [line for run in runs for line in UsageRecord.objects.filter(request_id=run.id).order_by("call_number")]


async def booked(engine: Engine) -> list[tuple[int, str, int]]:
    """The newest answer's lines: their call, how it ended, what it wrote."""
    lines = await engine.database.run(lambda: lines_of(newest_answer()))
    return [(line.call_number, line.outcome, line.output_tokens) for line in lines]


async def check_cost(engine: Engine, person: Person, *, lines: int) -> Message:
    """Every call of the newest answer has its one line, and the page shows their sum."""
    await until(lambda: engine.is_idle)
    message = await engine.database.run(newest_answer)
    found = await engine.database.run(lambda: lines_of(message))
    assert len(found) == lines
    assert await engine.database.run(UsageRecord.objects.count) == await engine.database.run(Attempt.objects.count)
    total = sum(line.cost_nanousd or 0 for line in found)
    assert total > 0
    page = await person.get(f"/messages/{message.id}/")
    [shown] = re.findall(r'class="readout">.*? tok</span><span> · ([^<]*?)</span>', page, re.S)
    assert shown == usd(total).replace("<", "&lt;")
    return message


async def begin(person: Person, stage: Stage, calls: int = 1) -> UUID:
    conversation_id = await person.begin("Good morning?")
    await until(lambda: len(stage.calls) >= calls)
    return conversation_id


async def test_one_call(engine: Engine, person: Person, stage: Stage) -> None:
    stage.will("openai", [TextDelta("Morning."), *DEAR])
    await begin(person, stage)
    await check_cost(engine, person, lines=1)


async def test_a_retry_that_cost_nothing_and_a_cut_that_did(engine: Engine, person: Person, stage: Stage) -> None:
    stage.will("openai", [RateLimited("", retry_after_s=0)], [TextDelta(BEGUN), CUT])
    stage.will("anthropic", [TextDelta(REST), *DEAR])
    await begin(person, stage, 3)
    message = await check_cost(engine, person, lines=3)
    assert message.text == BEGUN + REST
    assert await booked(engine) == [
        (1, "failed", 0),
        (2, "failed", tokens_of(BEGUN)),
        (3, "complete", 7_891),
    ]


async def test_an_answer_that_was_stopped(engine: Engine, person: Person, stage: Stage) -> None:
    stage.will("openai", [TextDelta(BEGUN), Hangs()])
    await begin(person, stage)
    await until(lambda: engine.hub.runs() and engine.hub.runs()[0].text)
    await person.post(f"/runs/{engine.hub.runs()[0].claim.run_id}/stop/")
    await check_cost(engine, person, lines=1)
    assert await booked(engine) == [(1, "stopped", tokens_of(BEGUN))]


async def test_an_answer_that_was_continued(engine: Engine, person: Person, stage: Stage) -> None:
    """Both runs are of the one answer, and so is what the second one's failure cost."""
    stage.will("openai", [TextDelta(BEGUN), Usage(1_000, 500), Finished("length")])
    await begin(person, stage)
    first = await check_cost(engine, person, lines=1)
    stage.will("openai", [TextDelta(" while two"), CUT])
    stage.will("anthropic", [TextDelta(" boats slipped their moorings."), *DEAR])
    assert (await person.post(f"/messages/{first.id}/continue/")).status == 200
    await until(lambda: len(stage.calls) == 3)
    message = await check_cost(engine, person, lines=3)
    assert (message.id, message.text) == (first.id, BEGUN + REST)
    wrote = [output for _number, _outcome, output in await booked(engine)]
    assert (message.input_tokens, message.output_tokens) == (1_000, sum(wrote))


async def test_an_answer_that_was_tried_again(engine: Engine, person: Person, stage: Stage) -> None:
    """Each of the two answers has its own cost."""
    stage.will("openai", [TextDelta(BEGUN), *DEAR], [TextDelta("Morning."), Usage(2_000, 1_000), Finished("complete")])
    await begin(person, stage)
    first = await check_cost(engine, person, lines=1)
    assert (await person.post(f"/messages/{first.id}/retry/")).status == 200
    await until(lambda: len(stage.calls) == 2)
    second = await check_cost(engine, person, lines=1)
    assert second.id != first.id


async def test_a_fault_of_ours_loses_no_call(engine: Engine, person: Person, stage: Stage) -> None:
    stage.will("openai", [TextDelta(BEGUN), RuntimeError("ours")])
    await begin(person, stage)
    message = await check_cost(engine, person, lines=1)
    assert (message.status, message.text) == (Message.Status.FAILED, BEGUN)
    assert await booked(engine) == [(1, "abandoned", tokens_of(BEGUN))]
    assert await engine.database.run(lambda: list(Attempt.objects.values_list("outcome", flat=True))) == ["abandoned"]


async def test_a_continuation_that_is_stopped_before_it_began_takes_no_figures_away(
    engine: Engine, person: Person, stage: Stage, alice: User
) -> None:
    stage.will("openai", [TextDelta(BEGUN), Usage(1_000, 500), Finished("length")])
    await begin(person, stage)
    first = await check_cost(engine, person, lines=1)
    engine.is_claiming = False

    def stopped() -> Message:
        continue_message(message=first, by=alice)
        stop_run(run=Run.objects.unfinished().get())
        return newest_answer()

    message = await engine.database.run(stopped)
    assert (message.status, message.text) == (Message.Status.STOPPED, BEGUN)
    assert (message.input_tokens, message.output_tokens) == (1_000, 500)


# --- a process that dies


@asynccontextmanager
async def another_process(engine: Engine, stage: Stage, settings: Settings) -> AsyncGenerator[Engine, None]:
    """The first one's lease has run out, and another goes on. The first is not dead but slow: what it still wants to
    write comes too late."""
    await engine.database.run(Run.objects.update, lease_expires_at=timezone.now() - timedelta(seconds=1))
    async with staged_engine(stage, settings, ENDPOINTS) as other:
        yield other
        await engine._journal.save()
        await until(lambda: engine.is_idle)


async def saved(engine: Engine, text: str) -> None:
    await until(lambda: engine.hub.runs() and engine.hub.runs()[0].text == text)
    await engine._journal.save()


async def test_a_call_that_a_dead_process_left_open(
    engine: Engine, person: Person, stage: Stage, settings: Settings
) -> None:
    stage.will("openai", [TextDelta(BEGUN), Hangs()], [TextDelta(REST), *DEAR])
    await begin(person, stage)
    await saved(engine, BEGUN)
    async with another_process(engine, stage, settings) as other:
        await until(lambda: len(stage.calls) == 2 and other.is_idle)
    message = await check_cost(engine, person, lines=2)
    assert message.text == BEGUN + REST
    assert await booked(engine) == [(1, "abandoned", tokens_of(BEGUN)), (2, "complete", 7_891)]
    assert message.output_tokens == tokens_of(BEGUN) + 7_891
    run = await engine.database.run(Run.objects.get)
    assert run.timings["output_tokens"] == 7_891, "what its trace and its rate are of"
    trace = finished_trace(message, run)
    assert trace is not None
    assert trace.label.startswith("7,891 tokens in ")


async def test_a_call_that_had_said_nothing(engine: Engine, person: Person, stage: Stage, settings: Settings) -> None:
    """It may have been read, so its input is counted."""
    stage.will("openai", [Hangs()], [TextDelta("Morning."), *DEAR])
    await begin(person, stage)
    await engine._journal.save()
    async with another_process(engine, stage, settings) as other:
        await until(lambda: len(stage.calls) == 2 and other.is_idle)
    await check_cost(engine, person, lines=2)
    [first, _] = await engine.database.run(lambda: lines_of(newest_answer()))
    asked = ChatRequest(UUID(int=1), (ChatMessage.of_text("user", "Good morning?"),), SOL)
    input_tokens = estimate_input_tokens(asked, resolve_model(SOL, endpoints={"openai"}))
    assert (first.outcome, first.input_tokens, first.output_tokens) == ("abandoned", input_tokens, 0)


async def test_a_process_that_died_after_a_switch(
    engine: Engine, person: Person, stage: Stage, settings: Settings
) -> None:
    """What the first call said is its own, and not said again to be the second one's."""
    settings.LLM_MAX_RETRIES = 0
    stage.will("openai", [TextDelta(BEGUN), CUT], [TextDelta(" slipped their moorings."), *DEAR])
    stage.will("anthropic", [TextDelta(" while two boats"), Hangs()])
    await begin(person, stage, 2)
    await saved(engine, BEGUN + " while two boats")
    assert await booked(engine) == [(1, "failed", tokens_of(BEGUN))]
    async with another_process(engine, stage, settings) as other:
        await until(lambda: len(stage.calls) == 3 and other.is_idle)
    message = await check_cost(engine, person, lines=3)
    assert message.text == BEGUN + REST
    first_line, second, third = await booked(engine)
    assert (first_line, third) == ((1, "failed", tokens_of(BEGUN)), (3, "complete", 7_891))
    sonnet = resolve_model("anthropic/claude-sonnet-5-5", endpoints={"anthropic"})
    assert second[:2] == (2, "abandoned")
    # Of the whole text the part that the first call didn't say, in tokens of its own model; each count is rounded up.
    assert abs(second[2] - count_text_tokens(" while two boats", model=sonnet)) <= 1
    outcomes = await engine.database.run(lambda: list(Attempt.objects.order_by("call_number").values_list("outcome")))
    assert outcomes == [("failed",), ("abandoned",), ("complete",)]


async def test_a_process_that_died_between_a_failure_and_its_saving(
    engine: Engine, person: Person, stage: Stage, settings: Settings
) -> None:
    """The books know the first call as open, and not of the second at all."""
    settings.LLM_MAX_RETRIES = 0
    go = asyncio.Event()
    stage.will("openai", [TextDelta(BEGUN), Hangs(go), CUT], [TextDelta(REST), *DEAR])
    stage.will("anthropic", [Hangs()])
    await begin(person, stage)
    await saved(engine, BEGUN)
    go.set()
    await until(lambda: len(stage.calls) == 2)
    async with another_process(engine, stage, settings) as other:
        await until(lambda: len(stage.calls) == 3 and other.is_idle)
    message = await check_cost(engine, person, lines=2)
    assert message.text == BEGUN + REST
    assert await booked(engine) == [(1, "abandoned", tokens_of(BEGUN)), (2, "complete", 7_891)]


async def test_two_processes_that_died_one_after_the_other(
    engine: Engine, person: Person, stage: Stage, settings: Settings
) -> None:
    settings.LLM_MAX_RETRIES = 0
    stage.will("openai", [TextDelta(BEGUN), Hangs()], [TextDelta(" while two boats"), Hangs()])
    stage.will("openai", [TextDelta(" slipped their moorings."), *DEAR])
    await begin(person, stage)
    await saved(engine, BEGUN)
    async with another_process(engine, stage, settings) as other:
        await until(lambda: len(stage.calls) == 2)
        await saved(other, BEGUN + " while two boats")
        async with another_process(other, stage, settings) as third:
            await until(lambda: len(stage.calls) == 3 and third.is_idle)
    message = await check_cost(engine, person, lines=3)
    assert message.text == BEGUN + REST
    first, second, third_line = await booked(engine)
    assert (first, third_line) == ((1, "abandoned", tokens_of(BEGUN)), (3, "complete", 7_891))
    assert second == (2, "abandoned", tokens_of(BEGUN + " while two boats") - first[2])


async def test_an_answer_that_was_handed_over_in_order(
    engine: Engine, person: Person, stage: Stage, settings: Settings
) -> None:
    stage.will("openai", [TextDelta(BEGUN), Hangs()], [TextDelta(REST), *DEAR])
    await begin(person, stage)
    await until(lambda: engine.hub.runs() and engine.hub.runs()[0].text)
    await engine.drain(0)
    async with staged_engine(stage, settings, ENDPOINTS) as other:
        await until(lambda: len(stage.calls) == 2 and other.is_idle)
    message = await check_cost(engine, person, lines=2)
    assert message.text == BEGUN + REST
    assert await booked(engine) == [(1, "abandoned", tokens_of(BEGUN)), (2, "complete", 7_891)]


async def test_the_lines_of_a_conversation_are_all_there_is(engine: Engine, person: Person, stage: Stage) -> None:
    stage.will("openai", says("One."), [RateLimited("", retry_after_s=0)], says("Two."))
    conversation_id = await begin(person, stage)
    await until(lambda: engine.is_idle)
    await person.post(f"/conversations/{conversation_id}/messages/", text="And?", turn_key=str(UUID(int=3)))
    await until(lambda: len(stage.calls) == 3)
    await check_cost(engine, person, lines=2)
    subjects = await engine.database.run(lambda: set(UsageRecord.objects.values_list("subject_id", "user_id")))
    assert subjects == {(conversation_id, (await engine.database.run(User.objects.get)).id)}


# Runs that a fault of ours ends


def left_open(owner: User) -> tuple[Claim, Run]:
    """A claimed run whose first call is under way and has written something."""
    turn = make_turn(owner, "Good morning?")
    claim = claim_run(turn.run.id, owner=uuid4())
    assert claim is not None
    endpoint, _, model = SOL.partition("/")
    request = ChatRequest(turn.run.id, (ChatMessage.of_text("user", "Good morning?"),), SOL)
    save_attempts([AttemptRecord(request, AttemptStarted(1, endpoint, model, "first"), timezone.now())])
    Checkpoint.objects.create(run=turn.run, fence=claim.fence, n=1, text_delta=BEGUN)
    return claim, turn.run


def check_booked(run: Run) -> None:
    line = UsageRecord.objects.get(request_id=run.id)
    assert (line.outcome, line.output_tokens, line.is_estimated) == ("abandoned", tokens_of(BEGUN), True)
    assert line.user_id == run.message.conversation.owner_id
    assert line.subject_id == run.message.conversation_id
    question = ChatRequest(run.id, (ChatMessage.of_text("user", "Good morning?"),), SOL)
    assert line.input_tokens == estimate_input_tokens(question, resolve_model(SOL, endpoints={"openai"}))
    assert Attempt.objects.get().outcome == Attempt.Outcome.ABANDONED
    assert list(attempts_without_line(run.created_at)) == []


@pytest.mark.django_db
def test_a_run_that_is_given_up_pays_for_its_open_call(alice: User) -> None:
    claim, run = left_open(alice)
    give_up_run(claim)
    check_booked(run)


@pytest.mark.django_db
def test_a_run_that_nobody_can_read_any_more_is_given_up_and_paid_for(alice: User) -> None:
    claim, run = left_open(alice)
    Run.objects.update(settings={"model": None, "system_prompt": 7})
    Message.objects.filter(role=Message.Role.ASSISTANT).update(parts=[{}])
    give_up_run(claim)
    check_booked(run)


@pytest.mark.django_db
def test_a_run_whose_calls_cant_be_stored_pays_for_its_open_call(alice: User) -> None:
    claim, run = left_open(alice)
    finish_run(claim, run, RunResult(Message.Status.FAILED, BEGUN, ""))
    check_booked(run)
