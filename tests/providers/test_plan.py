"""What the gateway decides about a request: who shares with whom, and in what order its three ways are taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from providers.cache.door import CacheDoor
from providers.cache.policy import CacheScope
from providers.cache.store import CachedAnswer, Consulted
from providers.contract import Failed, Model, Payer, Routed, TextDelta
from providers.errors import ProviderUnavailable, ServiceReduced
from providers.plan import share_key
from providers.resilience.levels import Pin
from tests.providers.cache.asking import USAGE, ask
from tests.support.stage import ASKED, Stage, all_of, error_of, kinds, says, started, text_of, trip

ALICE, BOB = UUID(int=1), UUID(int=2)
MODEL = Model("gpt-6.1-sol", "openai", 100_000, 1_000, "instruction")


def scope(user_id: UUID, digest: str = "a", key: str = "site") -> CacheScope:
    return CacheScope(key, Payer(user_id), MODEL.full_id, digest, uses_exact=True, question=None)


def test_one_person_shares_what_is_the_same() -> None:
    assert share_key(scope(ALICE), ASKED) == share_key(scope(ALICE), ASKED)
    assert share_key(scope(ALICE), ASKED) != share_key(scope(ALICE, "b"), ASKED)


def test_who_wants_this_model_only_shares_with_nobody_who_takes_another() -> None:
    assert share_key(scope(ALICE), ASKED) != share_key(scope(ALICE), replace(ASKED, only_this_model=True))


def test_who_may_cost_nothing_shares_with_nobody_who_may() -> None:
    assert share_key(scope(ALICE), ASKED) != share_key(scope(ALICE), replace(ASKED, must_be_free=True))


def test_two_people_share_no_call_even_where_they_share_answers() -> None:
    assert share_key(scope(ALICE), ASKED) != share_key(scope(BOB), ASKED)


def door(answer: str = "") -> CacheDoor:
    """A cache that knows this answer to anything, or none."""
    kept = CachedAnswer(uuid4(), "exact", 1.0, answer, USAGE, timezone.now()) if answer else None

    async def run(function: Callable[..., object], *args: Any, **kwargs: Any) -> Consulted:
        return Consulted(scope(ALICE), kept, "hit" if kept else "no entry")

    return CacheDoor(run)


@pytest.mark.parametrize("state", ["well", "open", "minimal"])
async def test_a_kept_answer_needs_nobody(state: str) -> None:
    stage = Stage()
    gateway = stage.gateway("openai")
    gateway.cache = door("Vienna.")
    if state == "open":
        await trip(gateway, stage, "openai", wait_s=0)
    if state == "minimal":
        gateway.pin = Pin("minimal")
    events = await all_of(gateway, ask(ALICE, model=MODEL.full_id))
    assert text_of(events) == "Vienna."
    assert started(events) == [(1, "openai", "cache")]
    assert isinstance(events[0], Routed)
    assert events[0].cache == "hit"
    await gateway.aclose()


async def test_pinned_offline_not_even_that() -> None:
    gateway = Stage().gateway("openai")
    gateway.cache, gateway.pin = door("Vienna."), Pin("offline")
    events = await all_of(gateway, ask(ALICE, model=MODEL.full_id))
    assert isinstance(error_of(events), ServiceReduced)
    await gateway.aclose()


async def test_a_kept_answer_takes_no_trial() -> None:
    """Whoever needs no call leaves the trial of a half-open endpoint to who does."""
    stage = Stage()
    gateway = stage.gateway("openai")
    gateway.cache = door("Vienna.")
    await trip(gateway, stage, "openai")
    async for event in gateway.stream(ask(ALICE, model=MODEL.full_id)):
        if isinstance(event, TextDelta):
            assert await gateway.breakers.may_try("openai", request_id=uuid4())
            break
    else:
        pytest.fail("no text came")
    await gateway.aclose()


async def test_what_the_cache_said_is_told_with_a_failure() -> None:
    stage = Stage()
    gateway = stage.gateway("openai")
    gateway.cache = door()
    await trip(gateway, stage, "openai", wait_s=0)
    events = await all_of(gateway, ask(ALICE, model=MODEL.full_id))
    assert kinds(events) == [Routed, Failed]
    assert isinstance(events[0], Routed)
    assert events[0].cache == "no entry"
    assert isinstance(error_of(events), ProviderUnavailable)
    await gateway.aclose()


async def test_what_nobody_kept_is_asked_for() -> None:
    stage = Stage()
    stage.will("openai", says("Vienna."))
    gateway = stage.gateway("openai")
    gateway.cache = door()
    assert started(await all_of(gateway, ask(ALICE, model=MODEL.full_id))) == [(1, "openai", "first")]
    await gateway.aclose()
