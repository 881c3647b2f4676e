"""What a model thinks before it answers: kept apart from the answer, and shown with its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import orjson
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from chat.models import Message
from chat.runs.engine import Engine
from chat.runs.live import LiveRun
from chat.runs.load import saved_so_far
from providers.contract import ReasoningDelta
from providers.errors import ProviderUnavailable
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import begin_turn, until

ClientOf = Callable[[User], Client]


async def ended(engine: Engine) -> Message:
    await asyncio.sleep(0)
    await until(lambda: engine.is_idle)
    return await engine.database.run(lambda: Message.objects.get(role="assistant"))


async def test_reasoning_of_a_failed_call_is_not_taken_up_by_the_next_process(
    engine: Engine, alice: User, script: ScriptedAdapter, settings: Settings
) -> None:
    settings.LLM_MAX_RETRIES = 1
    turn = await begin_turn(engine, alice)
    script.events.put_nowait(ReasoningDelta("What fails. "))
    await until(lambda: engine.hub.runs() and engine.hub.runs()[0].reasoning)
    await engine._journal.save()
    script.fail(ProviderUnavailable("", retry_after_s=0))
    script.events.put_nowait(ReasoningDelta("What counts."))
    await until(lambda: engine.hub.runs()[0].reasoning == ["What counts."])
    await engine.drain(0)
    assert await engine.database.run(saved_so_far, turn.run) == ("", "What counts.")


async def test_reasoning_is_kept_apart_from_the_answer(
    engine: Engine, alice: User, script: ScriptedAdapter, client_of: ClientOf
) -> None:
    await begin_turn(engine, alice)
    script.events.put_nowait(ReasoningDelta("Let me <think>."))
    script.say("42")
    script.finish()
    message = await ended(engine)
    # It may have taken no whole millisecond.
    message.parts[0].pop("duration_ms", None)
    assert message.parts == [{"type": "reasoning", "text": "Let me <think>."}, {"type": "text", "text": "42"}]
    html = await engine.database.run(lambda: client_of(alice).get(f"/messages/{message.id}/reasoning/").text)
    assert "Let me &lt;think&gt;." in html


class Page:
    """What a page that watches a conversation is sent."""

    def __init__(self) -> None:
        self.received: list[str] = []

    def deliver(self, message: str) -> None:
        self.received.append(message)

    def run_started(self, live: LiveRun) -> None:
        pass


async def test_a_page_that_watches_gets_the_reasoning_with_the_end(
    engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    turn = await begin_turn(engine, alice)
    page = Page()
    await until(lambda: engine.hub.runs())
    engine.hub.watch(turn.conversation.id, page)
    script.events.put_nowait(ReasoningDelta("Let me think."))
    await until(lambda: engine.hub.runs()[0].reasoning)
    engine.hub.runs()[0]._reasoning_from_s -= 3  # type: ignore[operator]  # it reasons, so the time is known
    script.say("42")
    script.finish()
    message = await ended(engine)
    assert message.parts[0]["duration_ms"] >= 3_000
    end = orjson.loads(page.received[-1])
    assert end["type"] == "end"
    assert 'data-slot="reasoning"' in end["html"]
    assert "Reasoned for 3 seconds" in end["html"]
