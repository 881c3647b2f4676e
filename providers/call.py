"""One call to one endpoint, under its time limits: an answer from the start, or the rest of one that was cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from math import ceil

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from convoscope.numbers import number
from providers.continuation import OverlapTrimmer, continuation_messages
from providers.contract import Adapter, AdapterEvent, ChatRequest, EndpointConfig, Finished, Model, TextDelta
from providers.errors import ProviderTimeout, ProviderUnavailable
from providers.watchdog import Watchdog


def as_sent(request: ChatRequest, model: Model) -> ChatRequest:
    """The request as this model is to get it: for no more than it can write, and for an answer that was begun with what
    makes it go on."""
    if model.is_known and (request.max_output_tokens or 0) > model.max_output_tokens:
        request = replace(request, max_output_tokens=model.max_output_tokens)
    if not request.partial_text or model.continuation == "exact":
        return request
    messages = continuation_messages(request.messages, request.partial_text, model.continuation)
    return replace(request, messages=messages)


async def call(
    adapter: Adapter, endpoint: EndpointConfig, request: ChatRequest, model: Model
) -> AsyncGenerator[AdapterEvent, None]:
    """The events of one call; `request` comes from `as_sent`.

    Raises: ProviderError.
    """
    trimmer = None
    if request.partial_text and model.continuation != "exact":
        trimmer = OverlapTrimmer(request.partial_text, model.continuation)
    watchdog = Watchdog(first_s=endpoint.first_token_timeout_s, idle_s=endpoint.idle_timeout_s)
    is_finished = False
    try:
        async with aclosing(adapter.stream(request, model)) as events:
            iterator = aiter(events)
            while True:
                watchdog.wait()
                try:
                    event = await anext(iterator)
                except StopAsyncIteration:
                    break
                finally:
                    watchdog.rest()
                is_finished = isinstance(event, Finished)
                if trimmer is None:
                    yield event
                else:
                    for joined in trimmed(event, trimmer):
                        yield joined
                if is_finished:
                    break
    except asyncio.CancelledError:
        if not watchdog.has_bitten():
            raise
        name = endpoint.label or endpoint.name
        words = ngettext(
            "%(name)s did not answer within %(count)s second.",
            "%(name)s did not answer within %(count)s seconds.",
            ceil(watchdog.limit_s),
        )
        raise ProviderTimeout(words % {"name": name, "count": number(watchdog.limit_s)}) from None
    finally:
        watchdog.close()
    if not is_finished:
        words = _("%(name)s ended the answer without finishing it.")
        raise ProviderUnavailable(words % {"name": endpoint.label or endpoint.name})


def trimmed(event: AdapterEvent, trimmer: OverlapTrimmer) -> list[AdapterEvent]:
    """A continuation's event without what repeats the text already shown."""
    match event:
        case TextDelta(text):
            rest = trimmer.feed(text)
        case Finished():
            rest = trimmer.finish()
        case _:
            return [event]
    kept: list[AdapterEvent] = [TextDelta(rest)] if rest else []
    return kept if isinstance(event, TextDelta) else [*kept, event]
