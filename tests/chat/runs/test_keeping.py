"""What a provider is told of the history it gets: whether the next turn begins with it."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from accounts.models import User
from tests.chat.test_summaries import talk
from tests.support.stage import Stage, says
from tests.support.staged import staged_engine
from tests.support.turns import make_turn, until


@pytest.mark.parametrize(("longest", "keeps"), [(100, True), (3, True), (2, False), (1, False)])
async def test_a_provider_keeps_what_the_next_turn_begins_with(
    transactional_db: None, alice: User, settings: Settings, longest: int, keeps: bool
) -> None:
    settings.MAX_CONVERSATION_HISTORY = longest
    stage = Stage()
    stage.will("openai", says("Good morning."), says("So it is."))
    async with staged_engine(stage, settings, ("openai",)) as engine:
        turn = await engine.database.run(make_turn, alice)
        await until(lambda: len(stage.calls) == 1 and engine.is_idle)
        await engine.database.run(make_turn, alice, "A fine day?", turn.conversation)
        await until(lambda: len(stage.calls) == 2 and engine.is_idle)
    first, second = (call.request for call in stage.calls)
    assert first.keeps_history == keeps
    assert (second.messages[: len(first.messages)] == first.messages) == keeps
    assert len(second.messages) <= longest


@pytest.mark.parametrize(("longest", "keeps"), [(7, True), (6, False)])
async def test_an_answer_that_said_nothing_counts_too(
    transactional_db: None, alice: User, settings: Settings, longest: int, keeps: bool
) -> None:
    settings.MAX_CONVERSATION_HISTORY = longest
    stage = Stage()
    stage.will("openai", says("Good morning."))

    def begin() -> None:
        conversation = talk(alice, 2)
        conversation.messages.filter(text="The assistant says that item 0 is blue.").update(status="failed", text="")
        make_turn(alice, "Hello?", conversation)

    async with staged_engine(stage, settings, ("openai",)) as engine:
        await engine.database.run(begin)
        await until(lambda: stage.calls)
        await until(lambda: engine.is_idle)
    [call] = stage.calls
    assert len(call.request.messages) == 4
    assert call.request.keeps_history == keeps
