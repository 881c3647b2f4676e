"""When an endpoint is left alone, and who tries it out: within a process by its own clock, over processes by Redis."""

from __future__ import annotations

import asyncio
import time
from uuid import UUID

import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from pytest_django import Settings

from convoscope.settings.servers import redis_cache
from providers.resilience.breaker import OPEN_S, OPENS_AFTER_FAILURES, REFRESH_S, TRIAL_S, Breakers
from tests.support.private_servers import free_port
from tests.support.stage import Clock

ONE, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breakers(clock: Clock) -> Breakers:
    return Breakers(clock=clock, is_shared=False)


async def fail(breakers: Breakers, times: int = OPENS_AFTER_FAILURES, endpoint: str = "openai") -> None:
    for _ in range(times):
        await breakers.failed(endpoint)


async def may_try(breakers: Breakers, request_id: UUID = ONE) -> bool:
    return await breakers.may_try("openai", request_id=request_id)


# --- one process


async def test_it_opens_after_five_failures_in_a_row(breakers: Breakers) -> None:
    await fail(breakers, OPENS_AFTER_FAILURES - 1)
    assert (breakers.state("openai"), await may_try(breakers)) == ("closed", True)
    await breakers.failed("openai")
    assert (breakers.state("openai"), await may_try(breakers)) == ("open", False)
    assert breakers.state("anthropic") == "closed"


async def test_a_success_begins_the_count_anew(breakers: Breakers) -> None:
    await fail(breakers, OPENS_AFTER_FAILURES - 1)
    await breakers.succeeded("openai")
    await fail(breakers, OPENS_AFTER_FAILURES - 1)
    assert breakers.state("openai") == "closed"


async def test_it_stays_open_for_a_minute_and_then_lets_one_through(breakers: Breakers, clock: Clock) -> None:
    await fail(breakers)
    clock.now_s += OPEN_S - 0.001
    assert (breakers.state("openai"), await may_try(breakers)) == ("open", False)
    assert breakers.opens_in_s("openai") == pytest.approx(0.001)
    clock.now_s += 0.001
    assert breakers.state("openai") == "half_open"
    assert [await may_try(breakers, UUID(int=number)) for number in range(10)] == [True] + [False] * 9


async def test_a_failure_while_it_is_open_does_not_keep_it_open_longer(breakers: Breakers, clock: Clock) -> None:
    """Calls that were under way when it opened."""
    await fail(breakers)
    clock.now_s += OPEN_S - 1
    await breakers.failed("openai")
    clock.now_s += 1
    assert breakers.state("openai") == "half_open"


async def test_a_trial_that_succeeds_closes_it(breakers: Breakers, clock: Clock) -> None:
    await fail(breakers)
    clock.now_s += OPEN_S
    assert await may_try(breakers)
    await breakers.succeeded("openai")
    assert breakers.state("openai") == "closed"
    await fail(breakers, OPENS_AFTER_FAILURES - 1)
    assert breakers.state("openai") == "closed", "the old failures are forgotten"


async def test_a_trial_that_fails_opens_it_for_another_minute(breakers: Breakers, clock: Clock) -> None:
    await fail(breakers)
    clock.now_s += OPEN_S
    assert await may_try(breakers)
    await breakers.failed("openai")
    assert breakers.opens_in_s("openai") == OPEN_S
    clock.now_s += OPEN_S
    assert await may_try(breakers, OTHER), "the next trial is anybody's"


async def test_a_trial_that_is_given_back_is_the_next_ones(breakers: Breakers, clock: Clock) -> None:
    await fail(breakers)
    clock.now_s += OPEN_S
    assert await may_try(breakers)
    assert await may_try(breakers), "it is still this request's"
    await breakers.give_back_trial("openai", request_id=OTHER)
    assert not await may_try(breakers, OTHER), "who has none gives none back"
    await breakers.give_back_trials(request_id=ONE)
    assert await may_try(breakers, OTHER)


async def test_a_trial_that_nobody_ends_does_not_block_for_ever(breakers: Breakers, clock: Clock) -> None:
    await fail(breakers)
    clock.now_s += OPEN_S
    assert await may_try(breakers)
    clock.now_s += TRIAL_S
    assert await may_try(breakers, OTHER)


async def test_the_wall_clock_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    breakers = Breakers(is_shared=False)
    await fail(breakers)
    await breakers.rate_limited("openai/x", OPEN_S)
    now_s = time.time()
    for jump_s in (10 * OPEN_S, -10 * OPEN_S):
        monkeypatch.setattr(time, "time", lambda jump_s=jump_s: now_s + jump_s)
        assert breakers.state("openai") == "open"
        assert OPEN_S - 30 < breakers.opens_in_s("openai") <= OPEN_S
        assert OPEN_S - 30 < breakers.limited_for_s("openai/x") <= OPEN_S


async def test_a_limit_is_of_one_model_and_ends(breakers: Breakers, clock: Clock) -> None:
    await breakers.rate_limited("openai/x", 7)
    assert (breakers.limited_for_s("openai/x"), breakers.limited_for_s("openai/y")) == (7, 0)
    clock.now_s += 7
    assert breakers.limited_for_s("openai/x") == 0


async def test_limits_that_are_over_are_forgotten() -> None:
    clock = Clock()
    breakers = Breakers(clock=clock, is_shared=False)
    for number in range(100):
        await breakers.rate_limited(f"openai/{number}", 7)
        clock.now_s += 1
    assert len(breakers._limited_until_s) == 7


# --- two tables over one cache


@pytest.fixture
def both(clock: Clock) -> tuple[Breakers, Breakers]:
    """As two processes have them."""
    return Breakers(clock=clock, is_shared=True), Breakers(clock=clock, is_shared=True)


async def test_failures_are_counted_over_both(both: tuple[Breakers, Breakers], clock: Clock) -> None:
    one, other = both
    await fail(one, 3)
    await fail(other, 2)
    assert other.state("openai") == "open"
    assert one.state("openai") == "closed", "it has not looked yet"
    await one.refresh(["openai"])
    assert (one.state("openai"), one.opens_in_s("openai")) == ("open", OPEN_S)


async def test_looks_are_a_second_apart(both: tuple[Breakers, Breakers], clock: Clock) -> None:
    one, other = both
    await one.refresh(["openai"])
    await fail(other)
    clock.now_s += REFRESH_S - 0.01
    await one.refresh(["openai"])
    assert one.state("openai") == "closed"
    clock.now_s += 0.01
    await one.refresh(["openai"])
    assert one.state("openai") == "open"


async def test_who_learnt_of_it_never_takes_it_for_half_open_between_two_looks(
    both: tuple[Breakers, Breakers], clock: Clock
) -> None:
    one, other = both
    await fail(other)
    await one.refresh(["openai"])
    for _ in range(40):
        clock.now_s += REFRESH_S + 0.4
        assert one.state("openai") == "open", "before a look that came late"
        await one.refresh(["openai"])


async def test_a_success_of_one_closes_both(both: tuple[Breakers, Breakers], clock: Clock) -> None:
    one, other = both
    await fail(other)
    await one.refresh(["openai"])
    await other.succeeded("openai")
    clock.now_s += REFRESH_S
    await one.refresh(["openai"])
    assert one.state("openai") == "closed"


async def test_a_trial_of_one_is_none_of_the_other(both: tuple[Breakers, Breakers], clock: Clock) -> None:
    one, other = both
    await half_open(one, other, clock)
    assert await may_try(other)
    assert not await may_try(one, OTHER)
    await one.give_back_trials(request_id=OTHER)
    clock.now_s += REFRESH_S
    assert not await may_try(one, OTHER), "who was refused gave nothing back"
    await other.give_back_trials(request_id=ONE)
    clock.now_s += REFRESH_S
    assert await may_try(one, OTHER), "it asks again soon"


async def test_after_a_failed_trial_nobody_tries_who_has_not_looked_yet(
    both: tuple[Breakers, Breakers], clock: Clock
) -> None:
    one, other = both
    await half_open(one, other, clock)
    assert await may_try(other)
    await other.failed("openai")
    assert one.state("openai") == "half_open"
    assert not await may_try(one, OTHER)


async def test_a_look_in_the_middle_of_a_failure_loses_nothing(both: tuple[Breakers, Breakers]) -> None:
    """What was read before the failure was counted must not put it away."""
    one, _ = both
    await fail(one, OPENS_AFTER_FAILURES - 1)
    counting = asyncio.create_task(one.failed("openai"))
    await asyncio.sleep(0)
    one._take_over("openai", {})
    await counting
    assert one.state("openai") == "open"


async def test_a_limit_is_shared(both: tuple[Breakers, Breakers], clock: Clock) -> None:
    one, other = both
    await one.rate_limited("openai/x", 20)
    await other.refresh([], full_ids=["openai/x", "openai/y"])
    assert other.limited_for_s("openai/x") > 0
    assert other.limited_for_s("openai/y") == 0


async def half_open(one: Breakers, other: Breakers, clock: Clock) -> None:
    """Both know that its minute is over."""
    await fail(one)
    cache.delete("breaker:open:openai")
    clock.now_s += OPEN_S
    for breakers in (one, other):
        await breakers.refresh(["openai"])
        assert breakers.state("openai") == "half_open"


# --- a Redis that is gone


@pytest.fixture
def gone(settings: Settings) -> None:
    settings.CACHES = {"default": redis_cache(f"redis://127.0.0.1:{free_port()}/0")}


async def test_without_redis_each_goes_by_its_own_table(
    gone: None, both: tuple[Breakers, Breakers], clock: Clock
) -> None:
    one, other = both
    await fail(one)
    await one.rate_limited("openai/x", 20)
    for breakers in both:
        await breakers.refresh(["openai"], full_ids=["openai/x"])
    assert (one.state("openai"), other.state("openai")) == ("open", "closed")
    assert (one.limited_for_s("openai/x"), other.limited_for_s("openai/x")) == (20, 0)
    clock.now_s += OPEN_S
    await one.refresh(["openai"])
    assert [await may_try(one, UUID(int=number)) for number in range(3)] == [True, False, False]
    await one.give_back_trials(request_id=UUID(int=0))
    assert await may_try(one)
    await one.succeeded("openai")
    assert one.state("openai") == "closed"


# --- whatever happens in one process


class Life(RuleBasedStateMachine):
    """Against the rule as it is told: five in a row, a minute, one trial."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.breakers = Breakers(clock=self.clock, is_shared=False)
        self.row = 0
        self.open_until_s: float | None = None
        self.trial: tuple[UUID, float] | None = None

    @property
    def expected(self) -> str:
        if self.open_until_s is None:
            return "closed"
        return "open" if self.clock.now_s < self.open_until_s else "half_open"

    @rule()
    def fails(self) -> None:
        before = self.expected
        drive(self.breakers.failed("openai"))
        self.row += 1
        if before == "half_open" or (before == "closed" and self.row >= OPENS_AFTER_FAILURES):
            self.open_until_s, self.trial = self.clock.now_s + OPEN_S, None

    @rule()
    def succeeds(self) -> None:
        drive(self.breakers.succeeded("openai"))
        self.row, self.open_until_s, self.trial = 0, None, None

    @rule(seconds=st.sampled_from([0.5, 30.0, OPEN_S]))
    def waits(self, seconds: float) -> None:
        self.clock.now_s += seconds

    @rule(request_id=st.sampled_from([ONE, OTHER]))
    def tries(self, request_id: UUID) -> None:
        told = drive(self.breakers.may_try("openai", request_id=request_id))
        if self.expected == "half_open" and (self.trial is None or self.clock.now_s >= self.trial[1]):
            self.trial = (request_id, self.clock.now_s + TRIAL_S)
        is_its_own = self.trial is not None and self.trial[0] == request_id
        assert told == (self.expected == "closed" or (self.expected == "half_open" and is_its_own))

    @rule(request_id=st.sampled_from([ONE, OTHER]))
    def gives_back(self, request_id: UUID) -> None:
        drive(self.breakers.give_back_trials(request_id=request_id))
        if self.trial is not None and self.trial[0] == request_id:
            self.trial = None

    @invariant()
    def is_as_told(self) -> None:
        assert self.breakers.state("openai") == self.expected


def drive(step: object) -> object:
    """A coroutine that waits for nothing, to its end."""
    try:
        step.send(None)  # type: ignore[attr-defined]  # a coroutine
    except StopIteration as ended:
        return ended.value
    raise AssertionError("it waits")


Life.TestCase.settings = hypothesis_settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLife = Life.TestCase


@given(st.floats(0, 1e9))
@hypothesis_settings(deadline=None)
def test_any_limit_is_kept(seconds: float) -> None:
    breakers = Breakers(clock=Clock(), is_shared=False)
    drive(breakers.rate_limited("openai/x", seconds))
    assert breakers.limited_for_s("openai/x") == pytest.approx(seconds)
