"""A request on its way to an answer: the same model again, the next one, or the rest of an answer that was cut."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial

from django.conf import settings
from django.utils.translation import gettext as _

from providers.call import as_sent, call
from providers.contract import (
    AttemptStarted,
    CallReason,
    ChatMessage,
    ChatRequest,
    Failed,
    FellBack,
    Finished,
    GatewayEvent,
    Model,
    ReasoningDelta,
    Retrying,
    TextDelta,
    ToolCall,
)
from providers.errors import (
    AllCandidatesFailed,
    ContextTooLong,
    ModelNotFound,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    RateLimited,
    StreamInterrupted,
)
from providers.kept_body import kept_body
from providers.line import Lines
from providers.quotes import without_quotes
from providers.resilience.backoff import backoff_s
from providers.resilience.breaker import BreakerView
from providers.resilience.hedging import Pump, begun, race, started
from providers.routing.candidates import Candidate
from providers.storable import storable_error, storable_event, storable_request

# What the next model is expected to take to its first token where nobody knows.
USUAL_FIRST_TOKEN_S = 2.0


class Delivery:
    """Belongs to one request. `wait_s` is how long the first candidate's provider still asks to be left alone;
    `first_token_s` is what each endpoint usually takes to begin, `slow_after_s` what it takes at most in 19 of 20
    calls."""

    def __init__(
        self,
        request: ChatRequest,
        candidates: Sequence[Candidate],
        *,
        lines: Lines,
        breakers: BreakerView,
        first_token_s: Mapping[str, float],
        slow_after_s: Mapping[str, float],
        wait_s: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._request = request
        self._left = deque(candidates)
        self._candidate = self._left.popleft()
        self._lines = lines
        self._breakers = breakers
        self._first_token_s = first_token_s
        self._slow_after_s = slow_after_s
        self._clock, self._sleep = clock, sleep
        self._wait_at_first_s = wait_s
        self._arrived_s = clock()
        self._number = request.first_call_number - 1
        self._tries = 0
        self._shown: list[str] = [request.partial_text] if request.partial_text else []
        self._has_begun = False
        self._has_made_calls = False
        self._went_on_itself = False
        self._failed_endpoints: set[str] = set()
        self._too_small_tokens = 0
        self._causes: list[tuple[str, ProviderError]] = []

    async def events(self) -> AsyncGenerator[GatewayEvent, None]:
        """Shape: `AttemptStarted`, the call's events, and after each that failed `Retrying` or `FellBack` and the next;
        then exactly one `Finished` or `Failed`. Before a first call that has to wait `Retrying` too."""
        reason: CallReason = "continue" if self._request.partial_text else "first"
        if self._request.feature == "test":
            reason = "test"
        if self._wait_at_first_s:
            model, wait_s = self._candidate.model, self._wait_at_first_s
            yield Retrying(model.endpoint, model.id, RateLimited("", retry_after_s=wait_s), wait_s)
            await self._sleep(wait_s)
        while True:
            self._tries += 1
            self._has_begun = False
            try:
                async with aclosing(self._answer(reason)) as events:
                    async for event in events:
                        if isinstance(event, TextDelta):
                            self._shown.append(event.text)
                            self._has_begun = True
                        elif isinstance(event, ToolCall):
                            self._has_made_calls = True
                        yield event
                return
            except ProviderError as error:
                step = await self._after(storable_error(error))
            yield step
            if isinstance(step, Failed):
                return
            reason = "fallback"
            if isinstance(step, Retrying):
                reason = "continue" if self._shown else "retry"
                if step.messages is not None:
                    reason = "compressed"
                await self._sleep(step.wait_s)

    def _answer(self, reason: CallReason) -> AsyncGenerator[GatewayEvent, None]:
        """One call, or where hedging is on and the first may be slow, the quicker of two."""
        slow_after_s = self._slow_after_s.get(self._candidate.model.endpoint)
        if reason != "first" or not settings.LLM_HEDGING or slow_after_s is None:
            return self._call(self._candidate, reason)
        return self._hedged(slow_after_s)

    async def _hedged(self, slow_after_s: float) -> AsyncGenerator[GatewayEvent, None]:
        """Raises: ProviderError."""
        one = Pump(self._call(self._candidate, "first"))
        try:
            async with aclosing(self._raced(one, slow_after_s)) as events:
                async for event in events:
                    yield event
        finally:
            await one.aclose()

    async def _raced(self, one: Pump, slow_after_s: float) -> AsyncGenerator[GatewayEvent, None]:
        """Raises: ProviderError."""
        first = await started(one)
        if isinstance(first, ProviderError):
            raise first
        yield first
        second_candidate = None
        if not await begun(one, slow_after_s):
            second_candidate = await self._take_next(ProviderTimeout(""))
        if second_candidate is None:
            async for event in one.rest():
                yield event
            return
        other = Pump(self._call(second_candidate, "hedge"))
        try:
            winner = one
            second = await started(other)
            if not isinstance(second, ProviderError):
                yield second
                winner, dropped = await race(one, other)
                loser = second_candidate
                if winner is other:
                    self._candidate, loser = second_candidate, self._candidate
                if dropped.error is None:
                    # It was only slower, and goes on if the other is cut and nobody else can.
                    self._left.append(loser)
                else:
                    error = await self._note(storable_error(dropped.error), loser.model)
                    dropped = replace(dropped, error=error)
                yield dropped
            async for event in winner.rest():
                yield event
        finally:
            await other.aclose()

    async def _call(self, candidate: Candidate, reason: CallReason) -> AsyncGenerator[GatewayEvent, None]:
        """Raises: ProviderError."""
        model = candidate.model
        line = self._lines.borrow(model.endpoint)
        endpoint, adapter = line.endpoint, line.adapter
        # Not before: a line that is gone takes no call.
        self._number += 1
        is_over = False
        received: list[str] = []
        try:
            request = as_sent(replace(self._request, partial_text="".join(self._shown)), model)
            body = partial(kept_body, adapter, request, model)
            yield AttemptStarted(self._number, endpoint.name, model.id, reason, line.source, body)
            async with aclosing(call(adapter, endpoint, request, model)) as events:
                async for event in events:
                    if isinstance(event, Finished):
                        is_over = True
                        await self._breakers.succeeded(endpoint.name)
                    event = storable_event(event)
                    match event:
                        case TextDelta(""):
                            continue
                        case TextDelta(text) | ReasoningDelta(text):
                            received.append(text)
                    yield event
        except ProviderError as error:
            is_over = True
            error.detail = without_quotes(error.detail, request, received=received)
            raise
        finally:
            await self._lines.give_back(line)
            if not is_over:
                await self._breakers.give_back_trial(endpoint.name, request_id=self._request.request_id)

    # What comes after a failure

    async def _after(self, error: ProviderError) -> Retrying | FellBack | Failed:
        model = self._candidate.model
        error = await self._note(error, model)
        if self._has_made_calls:
            # What the calls did can't be undone, and they must not be made again.
            return Failed(error)
        is_well = await self._breakers.may_try(model.endpoint, request_id=self._request.request_id)
        if is_well and (shorter := await self._compressed(error)) is not None:
            return Retrying(model.endpoint, model.id, error, 0.0, shorter)
        wait_s = self._wait_s(error) if is_well else None
        if wait_s is None or self._is_next_sooner(error, wait_s):
            following = await self._take_next(error)
            if following is not None:
                return await self._fall_back(following, error)
        if wait_s is None and is_well and self._may_go_on_itself(error):
            self._went_on_itself, wait_s = True, 0.0
        if wait_s is not None:
            return Retrying(model.endpoint, model.id, error, wait_s)
        return Failed(self._all_failed(error))

    async def _compressed(self, error: ProviderError) -> tuple[ChatMessage, ...] | None:
        """What the same model is asked with once more, where it finds the request too long; no second time."""
        shorter = self._request.shorter
        if (
            shorter is None
            or not isinstance(error, ContextTooLong)
            or self._has_begun
            or self._clock() > self._deadline_s
        ):
            return None
        messages = await shorter()
        self._request = replace(self._request, messages=messages or self._request.messages, shorter=None)
        self._request = storable_request(self._request)
        return self._request.messages if messages else None

    async def _note(self, error: ProviderError, model: Model) -> ProviderError:
        """Tell and remember what went wrong; as what it counts now."""
        await self._tell_breaker(error, model)
        self._learn_from(error, model)
        if self._has_begun:
            error = as_interruption(error)
        self._causes.append((model.full_id, error))
        return error

    async def _tell_breaker(self, error: ProviderError, model: Model) -> None:
        if error.trips_breaker:
            await self._breakers.failed(model.endpoint)
        if isinstance(error, RateLimited) and error.retry_after_s:
            await self._breakers.rate_limited(model.full_id, error.retry_after_s)

    def _learn_from(self, error: ProviderError, model: Model) -> None:
        """What is wrong with an endpoint is wrong with its other models too; what a window doesn't hold, no smaller one
        does."""
        if isinstance(error, ContextTooLong):
            self._too_small_tokens = max(self._too_small_tokens, model.context_window_tokens)
        elif not isinstance(error, ModelNotFound):
            self._failed_endpoints.add(model.endpoint)

    async def _fall_back(self, following: Candidate, error: ProviderError) -> FellBack:
        failed, to = self._candidate.model, following.model
        await self._breakers.give_back_trial(failed.endpoint, request_id=self._request.request_id)
        self._candidate = following
        self._tries = 0
        return FellBack(failed.endpoint, failed.id, to.endpoint, to.id, error, has_text=bool(self._shown))

    @property
    def _deadline_s(self) -> float:
        """Nothing new is tried after it. An answer that has begun has as long as a stream, unless the request says."""
        left_s = time_left_s(self._request)
        if self._shown and self._request.deadline_s is None:
            left_s = max(left_s, settings.STREAM_MAX_SECONDS)
        return self._arrived_s + left_s

    def _wait_s(self, error: ProviderError) -> float | None:
        """How long to wait before the same model is asked again; None if it isn't: not for this error, not so often,
        not past the deadline."""
        if not error.is_retryable or self._tries > settings.LLM_MAX_RETRIES or not self._can_go_on(self._candidate):
            return None
        wait_s = error.retry_after_s if error.retry_after_s is not None else backoff_s(self._tries)
        return wait_s if self._clock() + wait_s <= self._deadline_s else None

    def _is_next_sooner(self, error: ProviderError, wait_s: float) -> bool:
        """Whether the next model would have begun before this one is asked and says something. Of one that was silent
        for its whole time nobody knows how long it would be so again."""
        place = self._place_of_next(error)
        if place is None:
            return False
        next_s = self._first_token_s.get(self._left[place].model.endpoint, USUAL_FIRST_TOKEN_S)
        return isinstance(error, ProviderTimeout) or wait_s > next_s

    async def _take_next(self, error: ProviderError) -> Candidate | None:
        while (place := self._place_of_next(error)) is not None:
            candidate = self._left[place]
            del self._left[place]
            if await self._breakers.may_try(candidate.model.endpoint, request_id=self._request.request_id):
                return candidate
        return None

    def _place_of_next(self, error: ProviderError) -> int | None:
        """Where the next model stands that may go on after this error."""
        if not error.may_fall_back or self._clock() > self._deadline_s:
            return None
        for place, candidate in enumerate(self._left):
            model = candidate.model
            is_fit = model.context_window_tokens > self._too_small_tokens
            is_well = self._breakers.state(model.endpoint) != "open" and not self._breakers.limited_for_s(model.full_id)
            has_failed = model.endpoint in self._failed_endpoints
            if is_fit and is_well and not has_failed and self._can_go_on(candidate):
                return place
        return None

    def _can_go_on(self, candidate: Candidate) -> bool:
        return not self._shown or candidate.model.continuation != "none"

    def _may_go_on_itself(self, error: ProviderError) -> bool:
        """An answer that was cut, and that nobody else can go on with: its own model may, once."""
        return (
            isinstance(error, StreamInterrupted)
            and settings.LLM_MAX_RETRIES > 0
            and not self._went_on_itself
            and self._can_go_on(self._candidate)
            and self._clock() <= self._deadline_s
        )

    def _all_failed(self, error: ProviderError) -> ProviderError:
        """The error itself where one model was asked; else one that carries each cause."""
        names = dict.fromkeys(full_id for full_id, _error in self._causes)
        if len(names) < 2:
            return error
        message = _("None of the %(count)d models that could answer did: %(causes)s") % {
            "count": len(names),
            "causes": " ".join(dict.fromkeys(one.user_message for _full_id, one in self._causes)),
        }
        return AllCandidatesFailed(message, causes=tuple(self._causes))


def time_left_s(request: ChatRequest) -> float:
    """So long after its arrival something new may still be tried for a request."""
    return settings.LLM_TIMEOUT if request.deadline_s is None else request.deadline_s


def as_interruption(error: ProviderError) -> ProviderError:
    """What breaks after text was shown is an interruption: it may be continued, never started again."""
    if isinstance(error, ProviderUnavailable | ProviderTimeout):
        interrupted = StreamInterrupted(error.user_message, detail=error.detail, retry_after_s=error.retry_after_s)
        interrupted.__cause__ = error
        return interrupted
    return error
