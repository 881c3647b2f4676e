"""The single entry to the models: `stream(request)` yields typed events.

Here an endpoint's adapter lives, and here it is decided who may answer; `delivery.py` sees a request through.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace

from django.conf import settings
from django.utils.translation import gettext as _

from providers.cache.door import CacheDoor
from providers.cache.policy import CacheScope
from providers.cache.replay import Keepable, replayed
from providers.catalog import Resolution, resolve
from providers.contract import (
    NO_LIMITS,
    Adapter,
    AttemptStarted,
    ChatRequest,
    Considered,
    Dropped,
    EndpointConfig,
    Failed,
    Finished,
    GatewayEvent,
    Model,
    Retrying,
    Rights,
    Routed,
    TextDelta,
)
from providers.delivery import Delivery, time_left_s
from providers.errors import ModelNotFound, ProviderError, StreamInterrupted
from providers.line import Line, Lines, OwnLineKeeper
from providers.plan import Plan, ShareKey, failed, share_key
from providers.registry import OFFLINE, make_adapter
from providers.resilience.breaker import Breakers, BreakerView
from providers.resilience.health import Health, first_token_s
from providers.resilience.levels import Level, Pin, level_now, reduced
from providers.resilience.own import BesideOwnKeys
from providers.resilience.sharing import SharedCall
from providers.routing.candidates import Candidate, Circumstances, Needs, weigh
from providers.routing.ranking import AUTO, Ranking, rank_for_auto, rank_for_model, too_dear, usable_entries
from providers.routing.standing import Standing, label
from providers.storable import storable_request

ASKED_MAX = 500


class Gateway:
    """Belongs to one event loop: its clients are made there and closed there.

    `look_again`, where it is set, brings the endpoints up to date; it is called for a model that none of them has.
    `clock` and `sleep` are there for tests.
    """

    def __init__(
        self,
        endpoints: Iterable[EndpointConfig],
        *,
        make_adapter: Callable[[EndpointConfig], Adapter] = make_adapter,
        breakers: Breakers | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._endpoints: Mapping[str, EndpointConfig] = {endpoint.name: endpoint for endpoint in endpoints}
        self._lines: dict[str, Line] = {}
        self._make_adapter = make_adapter
        self._own = OwnLineKeeper(make_adapter, clock=clock)
        self.look_again: Callable[[], Awaitable[None]] | None = None
        self.breakers = breakers or Breakers()
        self._clock, self._sleep = clock, sleep
        self.health: Mapping[str, Health] = {}
        self.pin = Pin()
        self.cache: CacheDoor | None = None
        self._shared: dict[ShareKey, SharedCall] = {}
        self._asked: dict[str, None] = {}

    def prepare(self) -> None:
        """Import the SDK of every endpoint that is on: an import in mid-stream would stall every stream."""
        for endpoint in self._endpoints.values():
            self._line(endpoint)

    async def configure(self, endpoints: Iterable[EndpointConfig]) -> None:
        """Put these endpoints in force. Calls that are on a replaced one go on, with its key, to their end."""
        wanted = {endpoint.name: endpoint for endpoint in endpoints}
        made = {}
        for name, endpoint in wanted.items():
            if endpoint != self._endpoints.get(name) or name not in self._lines:
                # In a thread, with the import of its SDK: on the loop that would stall every stream.
                made[name] = Line(endpoint, await asyncio.to_thread(self._make_adapter, endpoint))
        replaced = [line for name, line in self._lines.items() if name in made or name not in wanted]
        self._endpoints = wanted
        self._lines = {name: made.get(name) or self._lines[name] for name in wanted}
        for line in replaced:
            line.is_replaced = True
            await line.close_if_unused()

    async def aclose(self) -> None:
        if self.cache is not None:
            await self.cache.aclose()
        for line in self._lines.values():
            await line.adapter.aclose()
        self._lines.clear()
        await self._own.aclose()

    def resolve(self, name: str, rights: Rights = NO_LIMITS) -> Model:
        """The model a name means with the endpoints that are on.

        Raises: ModelNotFound.
        """
        return resolve(name, endpoints=self._endpoints_of(rights)).model

    async def roomiest(self, name: str, rights: Rights) -> Model | None:
        """The model a name means, of those that `auto` may choose the one with the most room; None for a name that
        means none, which `stream` will tell."""
        if name == AUTO and settings.AUTO_MODEL_ENABLED:
            models = [entry.model for entry in usable_entries(self._endpoints_of(rights), rights)]
            return max(models, key=lambda model: model.context_window_tokens, default=None)
        try:
            return (await self.find(name, rights)).model
        except ModelNotFound:
            return None

    async def find(self, name: str, rights: Rights = NO_LIMITS) -> Resolution:
        """What a name means, after another look at what is configured where nothing there has it.

        Raises: ModelNotFound.
        """
        try:
            return resolve(name, endpoints=self._endpoints_of(rights))
        except ModelNotFound:
            if self.look_again is None:
                raise
        await self.look_again()
        return resolve(name, endpoints=self._endpoints_of(rights))

    def _endpoints_of(self, rights: Rights) -> Mapping[str, EndpointConfig]:
        """By name, in the order in which they are asked: where people have keys of their own, those."""
        if not rights.own_endpoints:
            return self._endpoints
        own = {one.name: one for one in rights.own_endpoints}
        return {name: one for name, one in own.items() if name not in self._endpoints} | dict(self._endpoints) | own

    async def stream(self, request: ChatRequest) -> AsyncGenerator[GatewayEvent, None]:
        """Answer a request.

        Shape: `Routed`; `AttemptStarted` for each call, then its deltas and at most one `Usage`; after a call that
        failed `Retrying` or `FellBack`; in the end exactly one `Finished` or `Failed`.
        Never raises a ProviderError. Close the iterator, to end the call early and in any case: what it holds is given
        back then.
        """
        request = storable_request(request)
        async with AsyncExitStack() as ends:
            # Also where nobody asked for more after the first event.
            ends.push_async_callback(self.breakers.give_back_trials, request_id=request.request_id)
            try:
                plan = await self._plan(request)
                if plan.own_lines is not None:
                    ends.push_async_callback(plan.own_lines.aclose)
                leader = self._shared.get(plan.share_key) if plan.share_key else None
                yield replace(plan.routed, cache=_("the same is being answered just now")) if leader else plan.routed
                async with aclosing(self._carry_out(plan, request, leader)) as events:
                    async for event in events:
                        yield event
            except ProviderError as error:
                yield Failed(error)

    def _carry_out(
        self, plan: Plan, request: ChatRequest, leader: SharedCall | None
    ) -> AsyncGenerator[GatewayEvent, None]:
        if leader is not None:
            return self._follow(leader, request, plan)
        if plan.kept is not None:
            return replayed(plan.kept, plan.asked, call_number=request.first_call_number)
        if plan.delivery is None:
            assert plan.error is not None
            return failed(plan.error)
        if plan.scope is not None and plan.share_key is not None and plan.own_lines is None:
            return self._keep(plan.delivery, plan.scope, plan.share_key)
        return plan.delivery.events()

    async def _plan(self, request: ChatRequest) -> Plan:
        """Decide which models may answer, and whether one has to be asked at all.

        Raises: ProviderError if the name means no model, or `auto` finds none.
        """
        rights = request.rights or NO_LIMITS
        endpoints = self._endpoints_of(rights)
        breakers = BesideOwnKeys(self.breakers, {one.name for one in rights.own_endpoints})
        ranking = await self._rank(request, endpoints, rights)
        asked = ranking.candidates[0].model
        self._remember(ranking.candidates)
        standing = Standing(ranking.candidates, endpoints, breakers, self.pin)
        needs = Needs.of(request, input_tokens=ranking.input_tokens)
        unwell, only_first = standing.unwell(), request.only_this_model
        if request.must_be_free:
            unwell |= too_dear(ranking.candidates, rights)
        now = Circumstances(endpoints, unwell | standing.limited(), rights)
        taken, considered = weigh(ranking.candidates, needs=needs, now=now, only_first=only_first)
        wait_s = 0.0
        if not taken:
            well, _said = weigh(ranking.candidates, needs=needs, now=replace(now, unwell=unwell), only_first=only_first)
            taken, wait_s = standing.free_first(well, within_s=time_left_s(request))
        routed = Routed(request.model, considered, reason=ranking.reason, notice=ranking.notice)
        consulted = None
        is_allowed = asked.endpoint in endpoints and not rights.refusal(asked)
        if self.cache is not None and is_allowed and self.pin.level != "offline":
            consulted = await self.cache.consult(request, model_full_id=asked.full_id)
        if consulted is not None:
            routed = replace(routed, cache=consulted.verdict)
            if consulted.answer is not None:
                return Plan(asked, routed, kept=consulted.answer)
        if self.pin.level in ("minimal", "offline"):
            return Plan(asked, routed, error=reduced(self.pin))
        # Not before: who tries an endpoint out keeps others from it.
        taken, considered = await self._without_others_trials(request, taken, considered, breakers)
        routed = replace(routed, considered=considered)
        scope = consulted.scope if consulted else None
        key = share_key(scope, request) if scope is not None else None
        if not taken:
            return Plan(asked, routed, error=standing.nobody(considered), scope=scope, share_key=key)
        own_lines = await self._own.lines(rights.own_endpoints, self) if rights.own_endpoints else None
        delivery = self._delivery(request, taken, own_lines or self, breakers, wait_s=wait_s)
        return Plan(asked, routed, delivery, own_lines=own_lines, scope=scope, share_key=key)

    async def _without_others_trials(
        self,
        request: ChatRequest,
        taken: list[Candidate],
        considered: tuple[Considered, ...],
        breakers: BreakerView,
    ) -> tuple[list[Candidate], tuple[Considered, ...]]:
        """Who may be asked first, after those whose endpoint another request is trying out."""
        for place, candidate in enumerate(taken):
            if await breakers.may_try(candidate.model.endpoint, request_id=request.request_id):
                return taken[place:], considered
            considered = self._without(candidate, considered)
        return [], considered

    def _delivery(
        self,
        request: ChatRequest,
        taken: Sequence[Candidate],
        lines: Lines,
        breakers: BreakerView,
        *,
        wait_s: float,
    ) -> Delivery:
        return Delivery(
            request,
            taken,
            wait_s=wait_s,
            lines=lines,
            breakers=breakers,
            first_token_s=first_token_s(self.health, "first_token_p50_ms"),
            slow_after_s=first_token_s(self.health, "first_token_p95_ms"),
            clock=self._clock,
            sleep=self._sleep,
        )

    # Answers that need no call of their own

    async def _keep(self, delivery: Delivery, scope: CacheScope, key: ShareKey) -> AsyncGenerator[GatewayEvent, None]:
        """The delivery's events, which others may follow, and whose text is kept if it may be."""
        keepable, shared = Keepable(scope.model), SharedCall()
        self._shared[key] = shared
        try:
            async with aclosing(delivery.events()) as events:
                async for event in events:
                    keepable.see(event)
                    shared.put(event)
                    if isinstance(event, Finished) and keepable.text and self.cache is not None:
                        self.cache.keep(scope, text=keepable.text, usage=keepable.usage)
                    yield event
        finally:
            if self._shared.get(key) is shared:
                del self._shared[key]
            shared.end()

    async def _follow(self, leader: SharedCall, request: ChatRequest, plan: Plan) -> AsyncGenerator[GatewayEvent, None]:
        """What another request is being answered; should it be stopped, the rest by a call of its own."""
        number, endpoint, name = request.first_call_number - 1, plan.asked.endpoint, plan.asked.id
        numbers: dict[int, int] = {}
        texts: list[str] = []
        async with aclosing(leader.follow()) as events:
            async for event in events:
                if isinstance(event, AttemptStarted):
                    number, endpoint, name = number + 1, event.endpoint, event.model
                    numbers[event.call_number] = number
                    event = AttemptStarted(number, endpoint, name, "shared", source="shared")
                elif isinstance(event, Dropped):
                    event = replace(event, call_number=numbers[event.call_number])
                elif isinstance(event, TextDelta):
                    texts.append(event.text)
                yield event
                if isinstance(event, Finished | Failed):
                    return
        stopped = StreamInterrupted(_("The call that this answer shared was stopped."))
        yield Retrying(endpoint, name, stopped, wait_s=0.0)
        rest = replace(request, partial_text="".join(texts), first_call_number=number + 1, may_use_cache=False)
        async with aclosing(self.stream(rest)) as own:
            async for event in own:
                if not isinstance(event, Routed):
                    yield event

    async def _rank(self, request: ChatRequest, endpoints: Mapping[str, EndpointConfig], rights: Rights) -> Ranking:
        """Raises: ProviderError."""
        if request.model == AUTO and settings.AUTO_MODEL_ENABLED:
            return rank_for_auto(request, usable=usable_entries(endpoints, rights), health=self.health)
        asked = await self.find(request.model, rights)
        return rank_for_model(request, asked, endpoints=endpoints)

    def _without(self, candidate: Candidate, considered: Iterable[Considered]) -> tuple[Considered, ...]:
        """What is said of each model when one is left out since another request is the trial of its endpoint."""
        model = candidate.model
        reason = _("%(endpoint)s is being tried out") % {"endpoint": self.label(model.endpoint)}
        return tuple(replace(one, excluded=reason) if one.full_id == model.full_id else one for one in considered)

    def _remember(self, ranked: Iterable[Candidate]) -> None:
        """Models whose limits other processes may know of. Anybody may name any model, so not for ever."""
        if len(self._asked) > ASKED_MAX:
            self._asked.clear()
        self._asked |= dict.fromkeys(one.model.full_id for one in ranked if one.model.endpoint in self._endpoints)

    def label(self, name: str) -> str:
        """The endpoint's name for people."""
        return label(self._endpoints, name)

    def level(self) -> Level:
        """How much of the service there is just now."""
        hosted = [name for name in self._endpoints if name != OFFLINE.name]
        primary = settings.DEFAULT_LLM_PROVIDER if settings.DEFAULT_LLM_PROVIDER in hosted else next(iter(hosted), "")
        return level_now(self.pin, self.breakers, endpoints=hosted, primary=primary, has_cache=self.cache is not None)

    async def refresh_breakers(self) -> None:
        """Bring the breakers up to date with those of other processes."""
        await self.breakers.refresh(self._endpoints, full_ids=self._asked)

    # Lines

    def endpoint_names(self) -> list[str]:
        return list(self._endpoints)

    def used_endpoint_names(self) -> list[str]:
        """Those that were asked something since they were configured."""
        return [name for name, line in self._lines.items() if line.was_used]

    def endpoint(self, name: str) -> EndpointConfig:
        return self._endpoints[name]

    def borrow(self, name: str) -> Line:
        """The endpoint's line, kept open until it is given back.

        Raises: ModelNotFound if the endpoint is gone.
        """
        if name not in self._endpoints:
            raise ModelNotFound(_("%(endpoint)s was switched off meanwhile.") % {"endpoint": name})
        line = self._line(self._endpoints[name])
        line.calls += 1
        line.was_used = True
        return line

    async def give_back(self, line: Line) -> None:
        line.calls -= 1
        await line.close_if_unused()

    def _line(self, endpoint: EndpointConfig) -> Line:
        if endpoint.name not in self._lines:
            self._lines[endpoint.name] = Line(endpoint, self._make_adapter(endpoint))
        return self._lines[endpoint.name]
