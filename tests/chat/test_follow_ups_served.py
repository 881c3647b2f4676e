"""Follow-ups from the question to the page, in the process that works on tasks: the serving one, or a worker."""

from __future__ import annotations

import asyncio
import json
from contextlib import nullcontext
from typing import Any

from tests.chat.test_titles_served import DEADLINE_S, worker
from tests.support.place import Place
from tests.support.process import ServerProcess, Visitor
from tests.support.vendors import Answer, VendorServer

KEPT = "SELECT metadata FROM chat_message WHERE role = 'assistant'"
LINES = "SELECT feature, endpoint, cost_nanousd > 0 FROM providers_usagerecord ORDER BY id"


async def test_the_task_model_suggests_what_comes_after_an_answer(place: Place) -> None:
    def kept() -> Any:
        [(metadata,)] = place.rows(KEPT)
        return (json.loads(metadata) if isinstance(metadata, str) else metadata).get("follow_ups")

    async with VendorServer() as vendors:
        vendors.will(Answer(tokens=("Cover ", "it.")), Answer(tokens=("1. With what?\n2.", " When?")))
        server = ServerProcess(place)
        server.environment |= {"OPENAI_API_KEY": "sk-next", "OPENAI_BASE_URL": f"{vendors.url}/v1"}
        server.environment["AUTO_TITLES"] = "false"
        await server.start()
        visitor = Visitor(server)
        try:
            await visitor.sign_up()
            with worker(server) if place.environment["REDIS_URL"] else nullcontext():
                conversation_id = await visitor.ask("How do I look after a swimming pool?")
                await visitor.watch(conversation_id)
                async with asyncio.timeout(DEADLINE_S):
                    while kept() != ["With what?", "When?"]:
                        await asyncio.sleep(0.05)
            async with visitor.http.get(f"{server.url}/conversations/{conversation_id}/") as response:
                assert '<button name="text" value="With what?"' in await response.text()
        finally:
            await visitor.http.close()
            server.stop()
    answer, suggesting = vendors.requests
    assert answer.body["model"] != suggesting.body["model"], "the cheap model suggests"
    assert place.rows(LINES) == [("chat", "openai", True), ("follow_ups", "openai", True)]
