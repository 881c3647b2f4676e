"""The words for each failure of a provider, and the waiting time that it asks for: the same for every vendor."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from providers.contract import EndpointConfig
from providers.errors import (
    AdapterBroken,
    AuthenticationFailed,
    ContentFiltered,
    ContextTooLong,
    InvalidRequest,
    ModelNotFound,
    NotAnApi,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
)

# What a provider says about an error may quote the request; an operator needs no more than this.
DETAIL_MAX_CHARS = 500
# A model whose provider asks for more is asked again tomorrow.
LONGEST_WAIT_S = 24 * 3600.0

_WORDS: dict[type[ProviderError], Promise] = {
    RateLimited: _("%(name)s is rate-limited at the moment. Wait a little and try again."),
    ProviderUnavailable: _("%(name)s isn't available at the moment. Try again, or choose another model."),
    NotAnApi: _("A web page answers in the place of %(name)s. Try again; an administrator has to check its address."),
    AdapterBroken: _(
        "%(name)s can't be asked as this site is set up. Choose another model; an administrator can see why."
    ),
    ProviderTimeout: _("%(name)s didn't answer in time. Try again, or choose another model."),
    AuthenticationFailed: _("%(name)s refused the key of this site. An administrator has to check it."),
    QuotaExhausted: _("The account of this site at %(name)s is used up. An administrator has to top it up."),
    ModelNotFound: _("%(name)s doesn't know this model, or the key may not use it. Choose another model."),
    ContextTooLong: _(
        "The conversation is too long for this model. Start a new one, or choose a model with more room."
    ),
    ContentFiltered: _("%(name)s refused this content. Change the question and try again."),
    InvalidRequest: _(
        "%(name)s refused the request as it was made. Choose another model; an administrator can see why."
    ),
}


def failure(
    kind: type[ProviderError], endpoint: EndpointConfig, *, detail: str = "", retry_after_s: float | None = None
) -> ProviderError:
    """An error of this kind in words for the person who asked; `detail`, without the key, is for operators."""
    if endpoint.api_key:
        detail = detail.replace(endpoint.api_key, "[key]")
    words = str(_WORDS[kind]) % {"name": endpoint.label or endpoint.name}
    return kind(words, detail=detail[:DETAIL_MAX_CHARS], retry_after_s=retry_after_s)


def too_long(endpoint: EndpointConfig, counted_tokens: int, window_tokens: int) -> ProviderError:
    """For a vendor that has no code for it, and was asked to count."""
    return failure(ContextTooLong, endpoint, detail=f"HTTP 400: {counted_tokens} tokens, the window is {window_tokens}")


def is_unresolved(error: BaseException) -> bool:
    """Whether the host's name means nothing to this server."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, socket.gaierror):
        cause = cause.__cause__
    return cause is not None


def described(exc: BaseException) -> str:
    """What an SDK wrapped: its own words say less. The system's own error says most: SDK and transport call a refused
    connection after what they waited for."""
    causes = [exc]
    while cause := causes[-1].__cause__:
        causes.append(cause)
    told = next((one for one in reversed(causes) if isinstance(one, OSError) and one.errno), exc.__cause__ or exc)
    return f"{type(told).__name__}: {told}"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `retry-after-ms` or `Retry-After` as a number or an HTTP date (RFC 9110, 10.2.3)."""
    milliseconds, value = headers.get("retry-after-ms"), headers.get("retry-after")
    try:
        if milliseconds:
            return sensible_wait_s(float(milliseconds) / 1000)
        return sensible_wait_s(float(value)) if value else None
    except ValueError:
        pass
    try:
        return sensible_wait_s((parsedate_to_datetime(value or "") - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def sensible_wait_s(seconds: float) -> float | None:
    """The wait, at most a day; None for what is no number of seconds, such as `inf`, which a header may say too."""
    return min(max(0.0, seconds), LONGEST_WAIT_S) if isfinite(seconds) else None
