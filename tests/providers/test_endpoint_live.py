"""A key pasted while the app runs: the next conversation streams from it, and nothing that runs breaks."""

from __future__ import annotations

import asyncio

from accounts.models import User
from chat.models import Message, Run
from chat.runs.engine import Engine
from providers.models import Attempt, Endpoint
from tests.support.server import Person, Server, signed_in
from tests.support.turns import DEADLINE_S, until
from tests.support.vendors import Answer, Hang, VendorServer
from tests.support.vendors.calling import KEY

OTHER_KEY = "sk-another-9876543210"


async def add_key(person: Person, vendors: VendorServer, *, key: str = KEY, name: str = "openai") -> str:
    """Paste a key whose test passes; the fragment that answers."""
    vendors.will(Answer())
    path = "/v1" if name == "openai" else ""
    response = await person.post(f"/providers/{name}/save/", api_key=key, base_url=vendors.url + path)
    assert response.status == 200, await response.text()
    return await response.text()


async def answer_of(engine: Engine, conversation_id: object, status: str = "complete") -> Message:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            message = await engine.database.run(
                Message.objects.get, conversation_id=conversation_id, role=Message.Role.ASSISTANT
            )
            if message.status == status:
                return message
            await asyncio.sleep(0.01)


async def test_the_next_conversation_streams_from_the_key_just_added(
    site: Server, serving: Engine, admin: User, alice: User, vendors: VendorServer
) -> None:
    async with signed_in(site, admin) as person, signed_in(site, alice) as other:
        assert "until a key is added" in await person.get("/providers/")
        first = await answer_of(serving, await other.begin("Before?"))
        assert first.provider == "offline"
        shown = await add_key(person, vendors)
        assert 'data-state="on"' in shown
        assert "ends in …6789" in shown
        assert "New conversations start with openai/gpt-" in shown
        vendors.will(Answer(tokens=("From ", "the vendor.")))
        answer = await answer_of(serving, await other.begin("After?"))
    assert (answer.text, answer.provider) == ("From the vendor.", "openai")
    assert vendors.requests[-1].headers["authorization"] == f"Bearer {KEY}"
    attempts = await serving.database.run(lambda: list(Attempt.objects.filter(endpoint="openai")))
    assert [attempt.outcome for attempt in attempts] == ["complete", "complete"]
    assert len({attempt.request_id for attempt in attempts}) == 2


async def test_every_vendor_can_be_added_while_the_app_runs(
    site: Server, serving: Engine, admin: User, vendors: VendorServer
) -> None:
    async with signed_in(site, admin) as person:
        for name in ("gemini", "anthropic"):
            await add_key(person, vendors, name=name)
            vendors.will(Answer(tokens=(f"I am {name}.",)))
            model = {"gemini": "gemini-3.8-flash", "anthropic": "claude-sonnet-5-5"}[name]
            answer = await answer_of(serving, await person.begin("Who are you?", model=model))
            assert (answer.text, answer.provider) == (f"I am {name}.", name)


async def test_a_running_answer_outlives_the_removal_of_its_key(
    site: Server, serving: Engine, admin: User, vendors: VendorServer
) -> None:
    async with signed_in(site, admin) as person:
        await add_key(person, vendors)
        vendors.will(Answer(fault=Hang(2)))
        conversation_id = await person.begin("Take your time.", model="openai/gpt-4.1")
        await until(lambda: [live for live in serving.hub.runs() if live.text])
        removed = await person.post("/providers/openai/remove/")
        assert 'data-state="off"' in await removed.text()
        await up_to_date(serving)
        vendors.go_on()
        answer = await answer_of(serving, conversation_id)
        assert answer.text == "Hello, world."
        assert not vendors.early_closes
        again = await person.post(
            f"/conversations/{conversation_id}/messages/", text="And now?", turn_key=str(conversation_id)
        )
        assert again.status == 200
        failed = await latest_failed(serving)
    assert "needs OpenAI or OpenRouter, none of which is switched on here. Choose another model" in failed.error_message
    assert not await serving.database.run(Endpoint.objects.exists)


async def test_a_replaced_key_is_used_by_the_next_answer_only(
    site: Server, serving: Engine, admin: User, vendors: VendorServer
) -> None:
    async with signed_in(site, admin) as person:
        await add_key(person, vendors)
        vendors.will(Answer(fault=Hang(1)))
        running = await person.begin("Take your time.")
        await until(lambda: [live for live in serving.hub.runs() if live.text])
        await add_key(person, vendors, key=OTHER_KEY)
        await up_to_date(serving)
        vendors.will(Answer(tokens=("New.",)))
        assert (await answer_of(serving, await person.begin("Next?"))).text == "New."
        vendors.go_on()
        assert (await answer_of(serving, running)).text == "Hello, world."
    keys = [request.headers["authorization"].removeprefix("Bearer ") for request in vendors.requests]
    assert keys == [KEY, KEY, OTHER_KEY, OTHER_KEY]


async def up_to_date(engine: Engine) -> None:
    assert engine.gateway.look_again is not None
    await engine.gateway.look_again()


async def latest_failed(engine: Engine) -> Run:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            run = await engine.database.run(Run.objects.order_by("-created_at").first)
            if run is not None and run.status == Run.Status.FAILED:
                return run
            await asyncio.sleep(0.01)
