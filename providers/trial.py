"""The test of an endpoint: one short question through the same gateway and adapter that answer people."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.models import User
from providers.actions.attempts import save_request
from providers.adapters.failures import is_unresolved
from providers.catalog import current_catalog
from providers.configured import first_model
from providers.contract import (
    ChatMessage,
    ChatRequest,
    EndpointConfig,
    Failed,
    Payer,
    Rights,
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
from providers.payers import payer_of
from providers.recording import Recorder
from providers.resilience.breaker import Breakers

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


def try_endpoint(endpoint: EndpointConfig, *, owner: User | None = None) -> Trial:
    """Ask the endpoint something, in ENDPOINT_TEST_SECONDS at most. The call is recorded like every other, with a
    key of their own as that person's."""
    request = ChatRequest(
        request_id=uuid7(),
        messages=(ChatMessage.of_text("user", QUESTION),),
        model=f"{endpoint.name}/{_trial_model(endpoint)}",
        max_output_tokens=MAX_OUTPUT_TOKENS,
        feature="test",
        payer=payer_of(owner) if owner else Payer(),
        rights=Rights(own_endpoints=(endpoint,)) if owner else None,
        # What the first call meets is what is to be told.
        deadline_s=0.0,
        only_this_model=True,
    )
    gateway = Gateway([endpoint], breakers=Breakers(is_shared=False))
    # Its SDK is imported before the clock starts, and here, in the thread of the request.
    gateway.prepare()
    recorder = asyncio.run(_ask(gateway, request))
    last = recorder.last
    save_request(recorder.records, recorder.routed)
    return Trial(
        model=_trial_model(endpoint),
        first_token_ms=last.first_token_ms if last else None,
        failure=in_words(recorder.error, endpoint, _trial_model(endpoint)) if recorder.error else "",
        error=recorder.error,
    )


def _trial_model(endpoint: EndpointConfig) -> str:
    """The model that was named for it, else the first cheap one."""
    models = current_catalog().by_endpoint.get(endpoint.name, ())
    cheap = next((entry.model.id for entry in models if entry.model_class == "economy"), "")
    return endpoint.default_model or cheap or first_model(endpoint)


async def _ask(gateway: Gateway, request: ChatRequest) -> Recorder:
    """The one call. An answer that had begun when its time ran out is proof enough; one that had not is none."""
    recorder = Recorder(request)
    try:
        async with asyncio.timeout(settings.ENDPOINT_TEST_SECONDS), aclosing(gateway.stream(request)) as events:
            async for event in events:
                recorder.take(event)
    except TimeoutError:
        if recorder.last is not None and recorder.last.first_token_ms is not None:
            recorder.close(Attempt.Outcome.STOPPED)
        else:
            detail = f"no answer within {settings.ENDPOINT_TEST_SECONDS:g} s"
            recorder.take(Failed(ProviderTimeout("", detail=detail)))
    finally:
        await gateway.aclose()
    return recorder


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
    said = _("It said: %(detail)s") % {"detail": error.detail} if error.detail else ""
    if is_unresolved(error):
        sentence = _("The address of %(name)s wasn't found. Check it, and that this server has a connection.")
        said = ""
    return " ".join(filter(None, (sentence % {"name": endpoint.label, "model": model}, said)))
