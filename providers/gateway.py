"""The single entry to the models: `stream(request)` yields typed events.

Here an endpoint's adapter lives, and here it is decided who may answer; `delivery.py` sees a request through.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from math import ceil

from django.utils.translation import gettext as _

from providers.catalog import Resolution, resolve
from providers.contract import (
    Adapter,
    ChatRequest,
    Considered,
    EndpointConfig,
    Failed,
    GatewayEvent,
    Model,
    Routed,
)
from providers.delivery import Delivery
from providers.errors import ModelNotFound, ProviderError, ProviderUnavailable
from providers.line import Line
from providers.registry import make_adapter
from providers.resilience.breaker import Breakers
from providers.resilience.health import Health, usual_first_token_s
from providers.routing.candidates import Candidate, Circumstances, Needs, equivalents_of, weigh
from providers.storable import storable_request
from providers.tokens import estimate_input_tokens

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
        self.look_again: Callable[[], Awaitable[None]] | None = None
        self.breakers = breakers or Breakers()
        self._clock, self._sleep = clock, sleep
        self.health: Mapping[str, Health] = {}
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
        for line in self._lines.values():
            await line.adapter.aclose()
        self._lines.clear()

    def resolve(self, name: str) -> Model:
        """The model a name means with the endpoints that are on.

        Raises: ModelNotFound.
        """
        return resolve(name, endpoints=self._endpoints).model

    async def find(self, name: str) -> Model:
        """Like `resolve`, after another look at what is configured where the model is not known.

        Raises: ModelNotFound.
        """
        return (await self.find_resolution(name)).model

    async def find_resolution(self, name: str) -> Resolution:
        """Raises: ModelNotFound."""
        try:
            return resolve(name, endpoints=self._endpoints)
        except ModelNotFound:
            if self.look_again is None:
                raise
        await self.look_again()
        return resolve(name, endpoints=self._endpoints)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[GatewayEvent, None]:
        """Answer a request.

        Shape: `Routed`; `AttemptStarted` for each call, then its deltas and at most one `Usage`; after a call that
        failed `Retrying` or `FellBack`; in the end exactly one `Finished` or `Failed`.
        Never raises a ProviderError. Close the iterator to end the call early.
        """
        request = storable_request(request)
        try:
            routed, delivery = await self._set_out(request)
            yield routed
            if isinstance(delivery, ProviderError):
                yield Failed(delivery)
                return
            async with aclosing(delivery.events()) as events:
                async for event in events:
                    yield event
        except ProviderError as error:
            yield Failed(error)
        finally:
            # Also where nobody asked for more after the first event.
            await self.breakers.give_back_trials(request_id=request.request_id)

    async def _set_out(self, request: ChatRequest) -> tuple[Routed, Delivery | ProviderError]:
        """Decide which models may answer. With nobody left the reason stands in the place of the delivery.

        Raises: ModelNotFound.
        """
        asked = await self.find_resolution(request.model)
        ranked = [Candidate(asked.model, _("asked for")), *equivalents_of(asked.model)]
        self._remember(ranked)
        input_tokens = estimate_input_tokens(request, asked.model)
        taken, considered = weigh(
            ranked,
            needs=Needs.of(request, input_tokens=input_tokens),
            now=Circumstances(self._endpoints, self._unwell(ranked)),
            only_first=request.only_this_model,
        )
        while taken and not await self.breakers.may_try(taken[0].model.endpoint, request_id=request.request_id):
            considered = self._without(taken.pop(0), considered)
        routed = Routed(request.model, considered, notice=asked.notice)
        if not taken:
            return routed, self._nobody(ranked, considered)
        usual_s = usual_first_token_s(self.health)
        delivery = Delivery(
            request,
            taken,
            lines=self,
            breakers=self.breakers,
            first_token_s=usual_s,
            clock=self._clock,
            sleep=self._sleep,
        )
        return routed, delivery

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

    def _unwell(self, ranked: Iterable[Candidate]) -> dict[str, str]:
        """Why endpoints and models are not to be asked just now."""
        unwell = {}
        for candidate in ranked:
            model = candidate.model
            if self.breakers.state(model.endpoint) == "open":
                unwell[model.endpoint] = _("%(endpoint)s failed repeatedly and is asked again in %(seconds)d s") % {
                    "endpoint": self.label(model.endpoint),
                    "seconds": ceil(self.breakers.opens_in_s(model.endpoint)),
                }
            elif left_s := self.breakers.limited_for_s(model.full_id):
                unwell[model.full_id] = _("%(endpoint)s is rate-limited for %(seconds)d s more") % {
                    "endpoint": self.label(model.endpoint),
                    "seconds": ceil(left_s),
                }
        return unwell

    def _nobody(self, ranked: Sequence[Candidate], considered: Sequence[Considered]) -> ProviderError:
        """Why nobody may answer: what keeps the model that was asked for, and when to try again."""
        asked = ranked[0].model
        waits_s = [
            max(self.breakers.opens_in_s(one.model.endpoint), self.breakers.limited_for_s(one.model.full_id))
            for one in ranked
            if one.model.endpoint in self._endpoints
        ]
        wait_s = min((wait for wait in waits_s if wait), default=None)
        message = _("%(model)s can't answer: %(reason)s.") % {"model": asked.id, "reason": considered[0].excluded}
        return ProviderUnavailable(message, detail="no candidate", retry_after_s=wait_s)

    def label(self, name: str) -> str:
        """The endpoint's name for people."""
        endpoint = self._endpoints.get(name)
        return endpoint.label or name if endpoint else name

    async def refresh_breakers(self) -> None:
        """Bring the breakers up to date with those of other processes."""
        await self.breakers.refresh(self._endpoints, full_ids=self._asked)

    # Lines

    def endpoint_names(self) -> list[str]:
        return list(self._endpoints)

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
        return line

    async def give_back(self, line: Line) -> None:
        line.calls -= 1
        await line.close_if_unused()

    def _line(self, endpoint: EndpointConfig) -> Line:
        if endpoint.name not in self._lines:
            self._lines[endpoint.name] = Line(endpoint, self._make_adapter(endpoint))
        return self._lines[endpoint.name]
