"""A title from the question to the page, in the process that works on tasks: the serving one, or a worker beside it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from tests.support.place import Place
from tests.support.process import ROOT, ServerProcess, Visitor
from tests.support.vendors import Answer, VendorServer

DEADLINE_S = 60
TITLES = "SELECT title, title_source FROM chat_conversation"
LINES = "SELECT feature, endpoint, cost_nanousd > 0 FROM providers_usagerecord ORDER BY id"


@contextmanager
def worker(server: ServerProcess) -> Iterator[None]:
    """As `make worker` starts it."""
    command = ["-m", "celery", "--app", "convoscope.celery", "worker", "--pool", "threads", "--concurrency", "2"]
    options = ["--without-gossip", "--without-mingle", "--loglevel", "warning"]
    process = subprocess.Popen([sys.executable, *command, *options], cwd=ROOT, env=server.environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


async def test_the_task_model_names_a_conversation_behind_its_first_answer(place: Place) -> None:
    async with VendorServer() as vendors:
        vendors.will(Answer(tokens=("Cover ", "it.")), Answer(tokens=("Swimming ", "pools")))
        server = ServerProcess(place)
        server.environment |= {"OPENAI_API_KEY": "sk-titles", "OPENAI_BASE_URL": f"{vendors.url}/v1"}
        server.environment["AUTO_FOLLOW_UPS"] = "false"
        await server.start()
        visitor = Visitor(server)
        try:
            await visitor.sign_up()
            with worker(server) if place.environment["REDIS_URL"] else nullcontext():
                conversation_id = await visitor.ask("How do I look after a swimming pool?")
                await visitor.watch(conversation_id)
                async with asyncio.timeout(DEADLINE_S):
                    while place.rows(TITLES) != [("Swimming pools", "model")]:
                        await asyncio.sleep(0.05)
            async with visitor.http.get(f"{server.url}/conversations/{conversation_id}/") as response:
                assert "<title>Swimming pools" in await response.text()
        finally:
            await visitor.http.close()
            server.stop()
    answer, title = vendors.requests
    assert answer.body["model"] != title.body["model"], "the cheap model makes the title"
    assert place.rows(LINES) == [("chat", "openai", True), ("title", "openai", True)]
