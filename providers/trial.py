"""The test of an endpoint: one short question through the same gateway and adapter that answer people."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from providers.actions.attempts import AttemptRecord, save_attempts
from providers.catalog import current_catalog
from providers.configured import first_model
from providers.contract import (
    AttemptStarted,
    ChatMessage,
    ChatRequest,
    EndpointConfig,
    Failed,
    Finished,
    ReasoningDelta,
    TextDelta,
    Usage,
)
from providers.errors import (
    AuthenticationFailed,
    InvalidRequest,
    ModelNotFound,
    NotAnApi,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
)
from providers.gateway import Gateway
from providers.models import Attempt

QUESTION = "Answer with the word OK."
# A model that thinks before it answers needs some for that; what it doesn't use costs nothing.
MAX_OUTPUT_TOKENS = 500


@dataclass(frozen=True, slots=True)
class Trial:
    """How a test went. `failure`, in words for an administrator, is blank if it passed; `error` is what it tells of."""

    model: str
    first_token_ms: int | None = None
    failure: str = ""
    error: ProviderError | None = None


def try_endpoint(endpoint: EndpointConfig) -> Trial:
    """Ask the endpoint something, in ENDPOINT_TEST_SECONDS at most. The call is recorded like every other."""
    request = ChatRequest(
        request_id=uuid7(),
        messages=(ChatMessage.of_text("user", QUESTION),),
        model=f"{endpoint.name}/{_trial_model(endpoint)}",
        max_output_tokens=MAX_OUTPUT_TOKENS,
        feature="test",
    )
    gateway = Gateway([endpoint])
    # Its SDK is imported before the clock starts, and here, in the thread of the request.
    gateway.prepare()
    call = asyncio.run(_Call(gateway, request).run())
    if call.record is not None:
        save_attempts([call.record])
    return Trial(
        model=_trial_model(endpoint),
        first_token_ms=call.record.first_token_ms if call.record else None,
        failure=in_words(call.error, endpoint, _trial_model(endpoint)) if call.error else "",
        error=call.error,
    )


def _trial_model(endpoint: EndpointConfig) -> str:
    """The model that was named for it, else the first cheap one."""
    models = current_catalog().by_endpoint.get(endpoint.name, ())
    cheap = next((entry.model.id for entry in models if entry.model_class == "economy"), "")
    return endpoint.default_model or cheap or first_model(endpoint)


class _Call:
    """The one call of a test, and what came of it."""

    def __init__(self, gateway: Gateway, request: ChatRequest) -> None:
        self._gateway = gateway
        self._request = request
        self.record: AttemptRecord | None = None
        self.error: ProviderError | None = None

    async def run(self) -> _Call:
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        try:
            async with (
                asyncio.timeout(settings.ENDPOINT_TEST_SECONDS),
                aclosing(self._gateway.stream(self._request)) as events,
            ):
                async for event in events:
                    self._take(event, int((loop.time() - started_s) * 1000))
        except TimeoutError:
            self._run_out()
        finally:
            await self._gateway.aclose()
        if self.record is not None:
            self.record.duration_ms = int((loop.time() - started_s) * 1000)
        return self

    def _take(self, event: object, elapsed_ms: int) -> None:
        if isinstance(event, AttemptStarted):
            self.record = AttemptRecord(self._request.request_id, event, timezone.now())
        if isinstance(event, Failed):
            self.error = event.error
        if self.record is None:
            return
        match event:
            case TextDelta() | ReasoningDelta() if self.record.first_token_ms is None:
                self.record.first_token_ms = elapsed_ms
            case Usage():
                self.record.usage = event
            case Finished(reason):
                self.record.outcome, self.record.finish_reason = Attempt.Outcome.COMPLETE, reason
            case Failed(error):
                self.record.outcome, self.record.error = Attempt.Outcome.FAILED, error

    def _run_out(self) -> None:
        """An answer that had begun is proof enough; one that had not is none."""
        if self.record is None:
            return
        if self.record.first_token_ms is not None:
            self.record.outcome, self.record.finish_reason = Attempt.Outcome.STOPPED, "stopped"
            return
        self.error = ProviderTimeout("", detail=f"no answer within {settings.ENDPOINT_TEST_SECONDS:g} s")
        self.record.outcome, self.record.error = Attempt.Outcome.FAILED, self.error


def in_words(error: ProviderError, endpoint: EndpointConfig, model: str) -> str:
    """What an administrator can do about it, then the provider's own words, which are free of the key."""
    words = {
        AuthenticationFailed: _(
            "%(name)s refused the key. Check that all of it was copied and that it is still valid."
        ),
        QuotaExhausted: _("%(name)s knows the key, but its account has no credit left."),
        RateLimited: _("%(name)s knows the key, but takes no requests from it just now. Test again in a minute."),
        ModelNotFound: _(
            "%(name)s doesn't know the model “%(model)s”, or the key may not use it, or its API is at another address."
        ),
        NotAnApi: _("What answers there is a web page, not an API. Check the address."),
        ProviderTimeout: _("%(name)s didn't answer in time. Check the address, or test again later."),
        ProviderUnavailable: _("%(name)s can't be reached or doesn't work just now. Check the address."),
        InvalidRequest: _("%(name)s found the request malformed. Check the address and the model."),
    }
    sentence = words.get(type(error), _("%(name)s didn't answer as expected."))
    said = " " + _("It said: %(detail)s") % {"detail": error.detail} if error.detail else ""
    return sentence % {"name": endpoint.label, "model": model} + said
