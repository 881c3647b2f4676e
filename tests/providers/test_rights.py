"""What a request's rights change in the gateway: keys of one's own, and models that are not for everybody."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from django.utils import timezone

from providers.catalog import CatalogEntry, current_catalog, load_catalog, put_in_force
from providers.catalog.reading import by_endpoint
from providers.contract import NO_LIMITS, ChatRequest, EndpointConfig, Rights, Routed, TextDelta
from providers.errors import ProviderUnavailable, RateLimited
from providers.line import OWN_LINE_IDLE_S, OWN_LINES_KEPT
from providers.resilience.breaker import OPENS_AFTER_FAILURES
from tests.support.stage import ASKED, Stage, Step, all_of, error_of, says, text_of, trip

OWN = replace(
    ASKED, request_id=UUID(int=9), rights=Rights(own_endpoints=(EndpointConfig(name="openai", adapter="staged"),))
)
AUTO = replace(ASKED, model="auto")
MODEL = "openai/gpt-6.1-sol"


@pytest.fixture(autouse=True)
def _catalog() -> Iterator[None]:
    yield
    put_in_force(None)


def changed(**changes: object) -> None:
    """The catalog with all of OpenAI's models changed so."""
    known = load_catalog()
    entries: dict[str, CatalogEntry] = {
        full_id: replace(entry, **changes) if entry.model.endpoint == "openai" else entry  # type: ignore[arg-type]
        for full_id, entry in known.entries.items()
    }
    put_in_force(replace(known, entries=entries, by_endpoint=by_endpoint(entries)))


# --- keys of one's own


LIMITED: list[Step] = [RateLimited("Too much.", retry_after_s=3600)]
DOWN: list[Step] = [ProviderUnavailable("Down.")]


@pytest.mark.parametrize(("play", "times"), [(LIMITED, 1), (DOWN, OPENS_AFTER_FAILURES)])
async def test_what_a_key_of_ones_own_meets_is_no_matter_of_the_sites(
    stage: Stage, play: list[Step], times: int
) -> None:
    gateway = stage.gateway("openai")
    stage.will("openai", *[play] * times, says("Morning."))
    for _ in range(times):
        await all_of(gateway, replace(OWN, deadline_s=0.0))
    assert text_of(await all_of(gateway)) == "Morning."


@pytest.mark.parametrize("is_limited", [True, False])
async def test_what_the_sites_key_meets_is_no_matter_of_ones_own(stage: Stage, is_limited: bool) -> None:
    gateway = stage.gateway("openai")
    if is_limited:
        await gateway.breakers.rate_limited(MODEL, 3600)
    else:
        await trip(gateway, stage, "openai", wait_s=0)
    stage.will("openai", says("Morning."))
    assert text_of(await all_of(gateway, OWN)) == "Morning."
    assert stage.clock.slept_s == []


async def test_a_line_of_ones_own_stays_open_for_the_next_request(stage: Stage) -> None:
    gateway = stage.gateway("openai")
    stage.will("openai", says("One."), says("Two."), says("Three."))
    await all_of(gateway, OWN)
    made = stage.made
    await all_of(gateway, OWN)
    assert stage.made == made
    other = replace(OWN, rights=Rights(own_endpoints=(EndpointConfig("openai", "staged", api_key="another"),)))
    await all_of(gateway, other)
    assert (stage.made, stage.closed) == (made + 1, 0)


async def test_of_many_lines_the_last_used_stay_open(stage: Stage) -> None:
    gateway = stage.gateway("openai")
    stage.will("openai", *[says("Morning.")] * (OWN_LINES_KEPT + 2))
    for number in range(OWN_LINES_KEPT + 2):
        endpoint = EndpointConfig("openai", "staged", api_key=str(number))
        await all_of(gateway, replace(OWN, rights=Rights(own_endpoints=(endpoint,))))
        stage.clock.now_s += 0.1
    assert stage.closed == 2
    stage.clock.now_s += OWN_LINE_IDLE_S
    stage.will("openai", says("Morning."))
    await all_of(gateway, OWN)
    assert stage.closed == OWN_LINES_KEPT + 2
    await gateway.aclose()
    assert stage.closed == OWN_LINES_KEPT + 3


async def test_requests_at_the_same_time_close_what_is_unused_once(stage: Stage) -> None:
    gateway = stage.gateway("openai")
    stage.will("openai", *[says("Morning.")] * 9)
    owns = [
        replace(OWN, rights=Rights(own_endpoints=(EndpointConfig("openai", "staged", api_key=str(number)),)))
        for number in range(9)
    ]
    for own in owns[:6]:
        await all_of(gateway, own)
    stage.clock.now_s += OWN_LINE_IDLE_S + 1
    answers = await asyncio.gather(*(all_of(gateway, own) for own in owns[6:]))
    assert [text_of(events) for events in answers] == ["Morning."] * 3
    assert stage.closed == 6


async def test_first_requests_at_the_same_time_leave_one_line(stage: Stage) -> None:
    gateway = stage.gateway("openai")
    stage.will("openai", says("Morning."), says("Morning."))
    await asyncio.gather(all_of(gateway, OWN), all_of(gateway, replace(OWN, request_id=UUID(int=10))))
    assert stage.made - stage.closed == 1


async def test_a_request_that_is_given_up_at_once_lets_its_line_go(stage: Stage) -> None:
    gateway = stage.gateway("openai")
    stream = gateway.stream(OWN)
    assert isinstance(await anext(stream), Routed)
    await stream.aclose()
    stage.clock.now_s += OWN_LINE_IDLE_S + 1
    stage.will("openai", says("Morning."))
    endpoint = EndpointConfig("openai", "staged", api_key="another")
    await all_of(gateway, replace(OWN, rights=Rights(own_endpoints=(endpoint,))))
    assert stage.closed == 1


async def test_a_model_of_ones_own_key_alone_has_its_window(stage: Stage) -> None:
    gateway = stage.gateway("offline")
    assert OWN.rights is not None
    model = await gateway.roomiest(MODEL, OWN.rights)
    assert model is not None
    assert model.full_id == MODEL
    assert await gateway.roomiest("nobody/knows", NO_LIMITS) is None


# --- models that are not for everybody


async def asked_of_auto(stage: Stage, request: ChatRequest) -> tuple[Routed, list[str]]:
    stage.will("openai", says("Morning."))
    stage.will("anthropic", says("Morning."))
    events = await all_of(stage.gateway("openai", "anthropic"), request)
    assert isinstance(events[0], Routed)
    assert any(isinstance(event, TextDelta) for event in events)
    return events[0], stage.called


async def test_auto_chooses_among_what_is_offered(stage: Stage) -> None:
    routed, called = await asked_of_auto(stage, AUTO)
    assert called == ["openai"]
    assert "Auto chose gpt" in routed.reason


@pytest.mark.parametrize(
    "change", [{"is_hidden": True}, {"is_gone": True}, {"retires_on": timezone.now().date().replace(year=2020)}]
)
async def test_auto_chooses_nothing_that_is_hidden_gone_or_retired(stage: Stage, change: dict[str, object]) -> None:
    changed(**change)
    routed, called = await asked_of_auto(stage, AUTO)
    assert called == ["anthropic"]
    assert "Auto chose claude" in routed.reason


async def test_auto_chooses_nothing_that_is_not_for_the_person(stage: Stage) -> None:
    denied = Rights(denied=dict.fromkeys(current_catalog().entries, "Not for your team"))
    allowed = Rights(denied={name: why for name, why in denied.denied.items() if name.startswith("openai/")})
    routed, called = await asked_of_auto(stage, replace(AUTO, rights=allowed))
    assert called == ["anthropic"]
    assert "Auto chose claude" in routed.reason


async def test_an_endpoint_that_is_not_for_the_person_is_not_asked_for_a_model_nobody_lists(stage: Stage) -> None:
    request = replace(ASKED, model="openai/brand-new", rights=Rights(denied={"openai": "Not for your team"}))
    error = error_of(await all_of(stage.gateway("openai"), request))
    assert stage.called == []
    assert "Not for your team" in error.user_message
