"""What a person sees of a model that fails: whom is waited for, who went on instead and why, and what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from pytest_django import Settings

from accounts.models import User
from chat.models import Message, Run
from chat.runs.engine import Engine
from providers.contract import Finished, ReasoningDelta, TextDelta
from providers.errors import (
    AuthenticationFailed,
    ContentFiltered,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
)
from providers.models import Attempt, RoutingDecision
from tests.support.server import Server, signed_in, text_of
from tests.support.stage import Hangs, Stage, Step, says
from tests.support.staged import (
    Watched,
    newest_answer,
    phases_of,
    seams_of,
    staged_engine,
    ticks_of,
    trace_label_of,
    watch,
)
from tests.support.turns import until


@pytest.fixture
def stage(settings: Settings) -> Stage:
    settings.LLM_MAX_RETRIES = 2
    return Stage()


@pytest.fixture
async def engine(transactional_db: None, stage: Stage, settings: Settings) -> AsyncGenerator[Engine, None]:
    async with staged_engine(stage, settings, ("openai", "anthropic")) as engine:
        yield engine


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a question, on the page and in the database."""

    watched: Watched
    message: Message
    run: Run
    later_page: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Somebody who asks endpoints that play what they are given."""

    server: Server
    engine: Engine
    alice: User
    stage: Stage

    async def ask(self, *plays: tuple[str, list[Step]]) -> Told:
        """Ask something, while the endpoints play this in turn, and watch from the beginning."""
        go = asyncio.Event()
        (endpoint, steps), *others = plays
        for name, play in ((endpoint, [Hangs(go), *steps]), *others):
            self.stage.will(name, play)
        async with signed_in(self.server, self.alice) as person:
            conversation_id = await person.begin("Good morning?")
            watched = await watch(person, self.engine, conversation_id, go)
            await until(lambda: self.engine.is_idle)
            message = await self.engine.database.run(newest_answer)
            run = await self.engine.database.run(Run.objects.get, message=message)
            return Told(watched, message, run, await person.get(f"/conversations/{conversation_id}/"))


@pytest.fixture
def scene(server: Server, engine: Engine, alice: User, stage: Stage) -> Scene:
    return Scene(server, engine, alice, stage)


LIMITED = RateLimited("Openai is rate-limited at the moment.", retry_after_s=1.4)


async def test_who_is_waited_for_and_how_long(scene: Scene) -> None:
    told = await scene.ask(("openai", [LIMITED]), ("openai", says("Good ", "morning.")))
    [foot] = [foot for foot in told.watched.feet if "retrying" in foot]
    assert phases_of(foot) == ["Openai is rate-limited, retrying in 2 s"]
    assert 'class="phase" data-state="waiting"' in foot
    assert (told.message.text, told.message.status) == ("Good morning.", Message.Status.COMPLETE)
    assert seams_of(told.watched.end) == [], "an answer that came in the end says nothing of it in words"
    assert ticks_of(told.watched.end) == ["retry"]
    assert len(trace_label_of(told.watched.end).split(", ")) == 2, trace_label_of(told.watched.end)


async def test_without_a_wait_no_seconds_are_named(scene: Scene) -> None:
    told = await scene.ask(("openai", [ProviderUnavailable("", retry_after_s=0)]), ("openai", says("Morning.")))
    assert "Openai isn't available, retrying" in [line.replace("&#x27;", "'") for line in told.watched.lines]


async def test_who_went_on_instead_and_why(scene: Scene) -> None:
    told = await scene.ask(("openai", [AuthenticationFailed("No key.")]), ("anthropic", says("Good ", "morning.")))
    words = "Switched to Anthropic: Openai refused this site&#x27;s key"
    assert next(seams_of(foot) for foot in told.watched.feet if "Switched" in foot) == [words]
    assert seams_of(told.watched.end) == [words]
    assert ticks_of(told.watched.end) == ["switch"]
    assert "witched to " in trace_label_of(told.watched.end)
    assert (told.message.provider, told.message.model) == ("anthropic", "claude-sonnet-5-5")
    assert "claude-sonnet-5-5" in told.watched.end
    assert words in told.later_page


async def test_one_text_from_two_models(scene: Scene) -> None:
    cut: list[Step] = [TextDelta("Good **mor"), ProviderUnavailable("Cut.")]
    told = await scene.ask(("openai", cut), ("anthropic", says("ning**", " to you.")))
    assert told.message.text == "Good **morning** to you."
    assert told.watched.article.html == told.message.html
    assert seams_of(told.watched.end) == ["Switched to Anthropic: Openai broke off"]
    assert not any("retrying" in foot for foot in told.watched.feet)
    assert {part["type"] for part in told.message.parts} == {"text", "notice"}


async def test_the_same_model_goes_on(scene: Scene) -> None:
    cut: list[Step] = [TextDelta("Good mor"), ProviderUnavailable("Cut.")]
    told = await scene.ask(("openai", cut), ("anthropic", [QuotaExhausted("No credit.")]))
    assert told.message.status == Message.Status.FAILED
    assert told.message.text == "Good mor"
    assert seams_of(told.watched.end) == ["Switched to Anthropic: Openai broke off"]


async def test_who_has_nobody_else_goes_on_itself(scene: Scene) -> None:
    engine = scene.engine
    await engine.gateway.configure([engine.gateway.endpoint("openai")])
    cut: list[Step] = [TextDelta("Good mor"), ProviderUnavailable("Cut.")]
    told = await scene.ask(("openai", cut), ("openai", says("ning.")))
    assert told.message.text == "Good morning."
    assert seams_of(told.watched.end) == ["Openai broke off; it goes on from there."]
    assert ticks_of(told.watched.end) == ["retry"]


async def test_when_all_fail_the_page_says_what_each_met(scene: Scene) -> None:
    told = await scene.ask(
        ("openai", [QuotaExhausted("The account of this site at Openai is used up.")]),
        ("anthropic", [ProviderTimeout("Anthropic didn't answer in time.", retry_after_s=500)]),
    )
    assert (told.message.status, told.run.status) == (Message.Status.FAILED, Run.Status.FAILED)
    for page in (told.watched.end, told.later_page):
        words = text_of(page)
        assert "The account of this site at Openai is used up." in words
        assert "Anthropic didn&#x27;t answer in time." in words
        assert "Your question is saved." in words
        assert str(told.run.id) in words
        assert "Retry" in words
    assert told.run.error_code == "LLM_PROVIDER_ERROR"


async def test_an_answer_that_broke_off_is_not_called_none(scene: Scene) -> None:
    """What was written stands, so it says that the answer is not complete."""
    cut: list[Step] = [TextDelta("Good mor"), ContentFiltered("Openai refused this content.")]
    told = await scene.ask(("openai", cut))
    words = " ".join(text_of(told.watched.end).split())
    assert "The answer broke off. Openai refused this content. What was written is kept." in words
    assert "No answer" not in words
    assert ticks_of(told.watched.end) == ["fail"]


async def test_what_was_tried_and_why_is_stored(scene: Scene) -> None:
    await scene.ask(("openai", [LIMITED]), ("openai", [LIMITED]), ("openai", [LIMITED]), ("anthropic", says("Hi.")))
    engine = scene.engine
    rows = await engine.database.run(lambda: list(Attempt.objects.order_by("call_number")))
    assert [(row.endpoint, row.reason, row.outcome, row.wait_ms) for row in rows] == [
        ("openai", "first", "failed", 0),
        ("openai", "retry", "failed", 1400),
        ("openai", "retry", "failed", 1400),
        ("anthropic", "fallback", "complete", 0),
    ]
    decision = await engine.database.run(RoutingDecision.objects.get)
    assert [one["full_id"] for one in decision.considered if not one["excluded"]] == [
        "openai/gpt-6.1-sol",
        "anthropic/claude-sonnet-5-5",
    ]


async def test_the_reasoning_of_a_call_that_failed_is_not_the_answers(scene: Scene) -> None:
    first: list[Step] = [ReasoningDelta("Wrong. "), ProviderUnavailable("", retry_after_s=0)]
    told = await scene.ask(("openai", first), ("openai", [ReasoningDelta("Right."), *says("Morning.")]))
    assert [part["text"] for part in told.message.parts if part["type"] == "reasoning"] == ["Right."]
    assert told.watched.lines.count("Reasoning") == 2, "the second one is shown too"


async def test_the_reasoning_of_an_earlier_part_is_kept(scene: Scene) -> None:
    engine, stage = scene.engine, scene.stage
    told = await scene.ask(("openai", [ReasoningDelta("Earlier. "), TextDelta("Good "), Finished("length")]))
    stage.will("openai", [ProviderUnavailable("", retry_after_s=0)], says("morning."))
    async with signed_in(scene.server, scene.alice) as person:
        response = await person.post(f"/messages/{told.message.id}/continue/")
        assert response.status == 200
        await until(lambda: len(stage.calls) == 3 and engine.is_idle)
    message = await engine.database.run(newest_answer)
    assert message.text == "Good morning."
    assert [part["text"] for part in message.parts if part["type"] == "reasoning"] == ["Earlier. "]


async def test_stop_while_it_is_waited(scene: Scene) -> None:
    engine, stage = scene.engine, scene.stage
    stage.clock.gate = asyncio.Event()
    stage.will("openai", [LIMITED])
    async with signed_in(scene.server, scene.alice) as person:
        conversation_id = await person.begin("Good morning?")
        await until(lambda: stage.clock.slept_s)
        live = engine.hub.runs()[0]
        assert live.phase == "retrying"
        await person.post(f"/runs/{live.claim.run_id}/stop/")
        await until(lambda: engine.is_idle)
        page = await person.get(f"/conversations/{conversation_id}/")
    message = await engine.database.run(newest_answer)
    assert (message.status, message.text) == (Message.Status.STOPPED, "")
    assert "Stopped" in text_of(page)
    assert stage.called == ["openai"]


async def test_a_turn_key_asked_twice_makes_no_second_call(scene: Scene) -> None:
    engine, stage = scene.engine, scene.stage
    go = asyncio.Event()
    stage.will("openai", [Hangs(go), AuthenticationFailed("No.")])
    stage.will("anthropic", says("Morning."))
    key = str(uuid4())
    async with signed_in(scene.server, scene.alice) as person:
        assert (await person.post("/conversations/", text="Good morning?", turn_key=key)).status == 200
        assert (await person.post("/conversations/", text="Good morning?", turn_key=key)).status == 200
        go.set()
        await until(lambda: len(stage.calls) == 2 and engine.is_idle)
    assert stage.called == ["openai", "anthropic"]
