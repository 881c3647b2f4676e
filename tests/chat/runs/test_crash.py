"""The real server is killed, or told to stop, in the middle of 50 answers: nothing typed or shown is lost."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncGenerator

import pytest
from django.conf import settings

from tests.support.place import Place
from tests.support.process import ServerProcess, Visitor
from tests.support.server import text_of

RUNS = 50
QUESTION = "Write 60 words about recovery number {}"


@pytest.fixture
async def server(place: Place) -> AsyncGenerator[ServerProcess, None]:
    server = ServerProcess(place)
    await server.start()
    yield server
    server.stop()


@pytest.fixture
async def visitor(server: ServerProcess) -> AsyncGenerator[Visitor, None]:
    visitor = Visitor(server)
    await visitor.sign_up()
    yield visitor
    await visitor.http.close()


def letters(html: str) -> str:
    """What a reader has read, without the markup that comes and goes while a block is open."""
    return re.sub(r"[\W_]+", "", text_of(html))


def shown(visitor: Visitor) -> dict[str, str]:
    return {key: letters(one.html) for page in visitor.pages.values() for key, one in page.articles.items()}


async def ask_all(visitor: Visitor, seed: int) -> list[asyncio.Task[None]]:
    """Ask 50 questions at random moments of a second or so and watch every answer."""
    moments = random.Random(seed)
    watching = []
    for number in range(RUNS):
        conversation_id = await visitor.ask(QUESTION.format(number))
        watching.append(asyncio.create_task(visitor.watch(conversation_id)))
        await asyncio.sleep(moments.uniform(0, 0.04))
    return watching


def check_all_complete(server: ServerProcess, visitor: Visitor, before: list[dict[str, str]]) -> None:
    answers = server.place.rows("select id, status, html from chat_message where role = 'assistant'")
    assert {status for _, status, _ in answers} == {"complete"}
    assert len(answers) == RUNS
    assert server.place.rows("select count(*) from chat_message where role = 'user'") == [(RUNS,)]
    assert server.place.rows("select distinct status from chat_run") == [("complete",)]
    assert server.place.rows("select count(*) from chat_checkpoint") == [(0,)]
    stored = {str(key): str(html) for key, _, html in answers}
    for page in visitor.pages.values():
        for key, article in page.articles.items():
            html = stored[key.replace("-", "")]
            assert article.html == html
            # The same question alone has the same answer, so a gap or a repetition would show.
            assert len(letters(html)) > 200
            for moment in before:
                assert letters(html).startswith(moment[key])
    bodies = {re.sub(r"\d+", "", letters(html)) for html in stored.values()}
    assert len(bodies) == 1


# Each set-up has moments of its own.
@pytest.mark.parametrize("seed", [1 if settings.IS_EMBEDDED else 2])
async def test_killed_twice_at_random_moments(server: ServerProcess, visitor: Visitor, seed: int) -> None:
    watching = await ask_all(visitor, seed)
    before = []
    for _ in range(2):
        await asyncio.sleep(random.Random(seed).uniform(0.1, 1.2))
        server.kill()
        await asyncio.gather(*watching)
        before.append(shown(visitor))
        await server.start()
        watching = [asyncio.create_task(visitor.watch(key)) for key in visitor.pages]
    await asyncio.gather(*watching)
    check_all_complete(server, visitor, before)


async def test_told_to_stop_it_hands_every_answer_over(server: ServerProcess, visitor: Visitor) -> None:
    watching = await ask_all(visitor, seed=3)
    exit_code = await asyncio.to_thread(server.terminate)
    await asyncio.gather(*watching)
    before = shown(visitor)
    assert exit_code in (0, -15)
    assert server.place.rows("select count(*) from chat_run where status = 'running'") == [(0,)]
    await server.start()
    await asyncio.gather(*(visitor.watch(key) for key in visitor.pages))
    check_all_complete(server, visitor, [before])
