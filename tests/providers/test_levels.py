"""The level of service: what goes before what, and that the gateway keeps to what an administrator decided."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from accounts.models import User
from chat.models import Message
from chat.runs.engine import Engine
from providers.models import Attempt, Endpoint, LevelPin, RoutingDecision, UsageRecord
from providers.resilience.breaker import OPENS_AFTER_FAILURES, Breakers
from providers.resilience.levels import Level, Pin, level_now
from tests.support.server import Person, Server, signed_in
from tests.support.turns import DEADLINE_S, until
from tests.support.vendors import Answer, VendorServer
from tests.support.vendors.calling import KEY

# pinned, endpoints that are on, those whose breaker is open, whether there is a cache: the level. "a" is the primary.
TABLE: list[tuple[Level | None, str, str, bool, Level]] = [
    (None, "", "", False, "full"),
    (None, "ab", "", False, "full"),
    (None, "ab", "b", False, "full"),
    (None, "ab", "a", False, "degraded"),
    (None, "ab", "ab", False, "offline"),
    (None, "ab", "ab", True, "minimal"),
    (None, "a", "a", True, "minimal"),
    ("full", "ab", "ab", True, "full"),
    ("degraded", "ab", "", True, "degraded"),
    ("minimal", "", "", False, "minimal"),
    ("offline", "ab", "", True, "offline"),
]


@pytest.mark.parametrize(("pinned", "on", "broken", "has_cache", "expected"), TABLE)
async def test_the_level(pinned: Level | None, on: str, broken: str, has_cache: bool, expected: Level) -> None:
    breakers = Breakers(is_shared=False)
    for name in broken:
        for _ in range(OPENS_AFTER_FAILURES):
            await breakers.failed(name)
    assert level_now(Pin(pinned), breakers, endpoints=list(on), primary="a", has_cache=has_cache) == expected


# The gateway


class Site:
    """Two vendors, an administrator who decides, a person who asks the first for an answer."""

    def __init__(self, engine: Engine, administrator: Person, person: Person, vendors: VendorServer) -> None:
        self.engine, self.administrator, self.person, self.vendors = engine, administrator, person, vendors

    async def decide(self, level: str, offline_text: str = "") -> None:
        response = await self.administrator.post(
            "/status/level/", level=level, offline_text=offline_text, reason="A test."
        )
        assert response.status == 302, await response.text()
        await until(lambda: (self.engine.gateway.pin.level or "") == level)

    async def ask(self) -> Message:
        conversation_id = await self.person.begin("Precious words", model="openai/gpt-4.1")
        async with asyncio.timeout(DEADLINE_S):
            while True:
                answer = await self.engine.database.run(_answer, conversation_id)
                if answer.status not in ("queued", "streaming"):
                    return answer
                await asyncio.sleep(0.01)


def _answer(conversation_id: UUID) -> Message:
    return Message.objects.select_related("parent").get(conversation_id=conversation_id, role="assistant")


def _add_rows(url: str) -> None:
    for name, path in (("openai", "/v1"), ("anthropic", "")):
        row = Endpoint(name=name, base_url=url + path, is_enabled=True)
        row.keep_key(KEY)
        row.save()


async def test_the_gateway_keeps_to_what_was_decided(
    site: Server, serving: Engine, admin: User, alice: User, vendors: VendorServer
) -> None:
    await serving.database.run(_add_rows, vendors.url)
    assert serving.gateway.look_again is not None
    await serving.gateway.look_again()
    async with signed_in(site, admin) as administrator, signed_in(site, alice) as person:
        here = Site(serving, administrator, person, vendors)
        await here.decide("degraded")
        vendors.will(Answer())
        assert (await here.ask()).provider == "anthropic"
        routing = await serving.database.run(RoutingDecision.objects.get)
        assert "an administrator has the site run on stand-ins" in str(routing.considered)
        for level in ("minimal", "offline"):
            await here.decide(level, "Back at noon.")
            answer = await here.ask()
            assert (answer.status, answer.text) == ("failed", "")
            assert answer.parent is not None
            assert answer.parent.text == "Precious words"
            assert "Back at noon." in await person.get(f"/conversations/{answer.conversation_id}/")
        assert await serving.database.run(Attempt.objects.count) == 1, "nobody was asked"
        assert await serving.database.run(UsageRecord.objects.count) == 1, "nothing was charged"
        await here.decide("")
        vendors.will(Answer())
        assert (await here.ask()).provider == "openai"
    assert await serving.database.run(LevelPin.objects.count) == 4


async def test_degraded_without_a_stand_in_the_asked_model_answers(
    site: Server, serving: Engine, admin: User, alice: User, vendors: VendorServer
) -> None:
    await serving.database.run(_add_rows, vendors.url)
    await serving.database.run(Endpoint.objects.filter(name="anthropic").delete)
    assert serving.gateway.look_again is not None
    await serving.gateway.look_again()
    async with signed_in(site, admin) as administrator, signed_in(site, alice) as person:
        here = Site(serving, administrator, person, vendors)
        await here.decide("degraded")
        vendors.will(Answer())
        assert (await here.ask()).provider == "openai"
