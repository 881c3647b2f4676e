"""A turn over the wire: the form's POST, the socket's frames, the stored message."""

from __future__ import annotations

import orjson

from accounts.models import User
from chat.models import Message, Run
from chat.rendering import render_markdown
from chat.runs.engine import Engine
from providers.contract import ReasoningDelta
from tests.support.live_page import LivePage
from tests.support.scripted import ScriptedAdapter
from tests.support.server import Server, next_object, signed_in
from tests.support.turns import until


async def test_answer_streams_and_is_stored(
    server: Server, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    async with signed_in(server, alice) as person:
        conversation_id = await person.begin("What is **up**?")
        page = LivePage(await person.get(f"/conversations/{conversation_id}/"))
        async with person.socket(conversation_id) as connection:
            await connection.send_str(orjson.dumps(page.hello()).decode())
            script.say("Hello ", "**wor", "ld**", ".\n\n- a\n- b\n")
            script.finish()
            article = next(iter(page.articles.values()))
            while next(iter(page.articles.values())).is_busy:
                page.receive(await next_object(connection))
    article = next(iter(page.articles.values()))
    message = await engine.database.run(Message.objects.get, role="assistant")
    assert message.text == "Hello **world**.\n\n- a\n- b\n"
    assert message.status == Message.Status.COMPLETE
    assert message.html == render_markdown(message.text) == article.html
    run = await engine.database.run(Run.objects.get)
    assert run.status == Run.Status.COMPLETE
    assert run.fence == 1


async def test_the_phase_is_shown_as_it_changes(
    server: Server, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    async with signed_in(server, alice) as person:
        conversation_id = await person.begin("Go")
        page = LivePage(await person.get(f"/conversations/{conversation_id}/"))
        async with person.socket(conversation_id) as connection:
            await connection.send_bytes(orjson.dumps(page.hello()))
            await until(lambda: engine.hub.runs()[0].watchers)
            script.events.put_nowait(ReasoningDelta("Let me see."))
            script.say("One")
            script.finish()
            phases: list[dict[str, str]] = []
            while not phases or phases[-1]["type"] != "end":
                pushed = await next_object(connection)
                if pushed["type"] in ("phase", "end"):
                    phases.append(pushed)
    assert 'data-slot="reasoning"' in phases.pop()["html"]
    assert [word for one in phases for word in ("Reasoning", "answering", "Thinking") if f">{word}" in one["html"]] == [
        "Reasoning",
        "answering",
    ]
