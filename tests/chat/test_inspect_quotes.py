"""What a provider says of an error may repeat what was asked or answered: kept is what it says itself."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import orjson
import pytest
from pytest_django import Settings

from accounts.models import User
from chat.runs.engine import Engine
from providers.contract import ReasoningDelta, TextDelta
from providers.errors import InvalidRequest, ProviderError, StreamInterrupted
from tests.support.server import Server, signed_in
from tests.support.stage import Stage, Step
from tests.support.staged import staged_engine
from tests.support.turns import begin_turn, until

QUESTION = 'My brother Zdeněk lost his job.\nHow do I tell "everybody" at dinner?'
ANSWER = "Tell them before the soup is served, and let him speak first."
THOUGHT = "The brother may not want it to be told by somebody else."


@pytest.fixture
def stage(settings: Settings) -> Stage:
    settings.LLM_MAX_RETRIES = 0
    return Stage()


@pytest.fixture
async def engine(transactional_db: None, stage: Stage, settings: Settings) -> AsyncGenerator[Engine, None]:
    async with staged_engine(stage, settings, ("openai",)) as engine:
        yield engine


def refused(said: str) -> list[Step]:
    return [InvalidRequest("Refused.", detail=f"HTTP 400 invalid_value: messages[0]: {said} isn't allowed (req_81)")]


def broke_off(said: str, step: Step) -> list[Step]:
    error: ProviderError = StreamInterrupted("Cut.", detail=f"HTTP 400 invalid_value: after {said} (req_81)")
    return [step, error]


CASES: dict[str, tuple[list[Step], str]] = {
    "the question": (refused(f"'{QUESTION}'"), "messages[0]: '[text]' isn't allowed (req_81)"),
    "as JSON": (refused(orjson.dumps(QUESTION).decode()), 'messages[0]: "[text]" isn\'t allowed (req_81)'),
    "as JSON in ASCII": (
        refused(orjson.dumps(QUESTION).decode().replace("ě", "\\u011b")),
        'messages[0]: "[text]" isn\'t allowed (req_81)',
    ),
    # With the space before it, which stands in the question too.
    "a part of it": (refused(f"{QUESTION[3:31]}..."), "messages[0]:[text]... isn't allowed (req_81)"),
    "the answer": (broke_off(ANSWER[5:], TextDelta(ANSWER)), "after[text] (req_81)"),
    "its reasoning": (broke_off(THOUGHT, ReasoningDelta(THOUGHT)), "after [text] (req_81)"),
}


@pytest.mark.parametrize("case", CASES)
async def test_an_administrator_reads_the_error_without_what_it_quotes(
    server: Server, engine: Engine, stage: Stage, alice: User, admin: User, case: str
) -> None:
    play, said = CASES[case]
    stage.will("openai", play)
    turn = await begin_turn(engine, alice, QUESTION)
    await until(lambda: engine.is_idle)
    address = f"/runs/{turn.run.id}/inspect/"
    async with signed_in(server, admin) as person:
        pages = [await person.get(path) for path in (address, "/inspect/")]
        document = orjson.loads(await person.get(f"{address}?as=json"))
    [attempt] = document["requests"][0]["attempts"]
    assert attempt["error_detail"].startswith("HTTP 400 invalid_value: ")
    assert attempt["error_detail"].endswith(said)
    for page in pages:
        assert "HTTP 400 invalid_value: " in page
        assert "(req_81)" in page
        for word in ("brother", "Zdeněk", "job.", "dinner", "soup"):
            assert word not in page


async def test_a_short_question_is_left_out_too(server: Server, engine: Engine, stage: Stage, alice: User) -> None:
    stage.will("openai", refused("'Am I pregnant?'"))
    turn = await begin_turn(engine, alice, "Am I pregnant?")
    await until(lambda: engine.is_idle)
    async with signed_in(server, alice) as person:
        document = await person.get(f"/runs/{turn.run.id}/inspect/?as=json")
    assert "messages[0]: '[text]' isn't allowed (req_81)" in document
