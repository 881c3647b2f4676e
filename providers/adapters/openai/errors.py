"""What can go wrong with OpenAI, told by exception class, status and structured code; its English is never searched."""

from __future__ import annotations

from typing import Any

from openai import APIStatusError

from providers.adapters.failures import described, failure, retry_after
from providers.contract import EndpointConfig
from providers.errors import (
    AuthenticationFailed,
    ContentFiltered,
    ContextTooLong,
    InvalidRequest,
    ModelNotFound,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
)

_CODES: dict[str, type[ProviderError]] = {
    "context_length_exceeded": ContextTooLong,
    "content_filter": ContentFiltered,
    "content_policy_violation": ContentFiltered,
    "insufficient_quota": QuotaExhausted,
    "billing_hard_limit_reached": QuotaExhausted,
    "model_not_found": ModelNotFound,
    "invalid_api_key": AuthenticationFailed,
    "rate_limit_exceeded": RateLimited,
    "server_error": ProviderUnavailable,
}
_STATUSES: dict[int, type[ProviderError]] = {
    401: AuthenticationFailed,
    402: QuotaExhausted,
    403: AuthenticationFailed,
    404: ModelNotFound,
    408: ProviderTimeout,
    413: ContextTooLong,
    429: RateLimited,
}


def translate(exc: Exception, endpoint: EndpointConfig) -> ProviderError:
    """The error that an exception of SDK or transport means."""
    match exc:
        case APIStatusError():
            kind = _kind(exc.body, exc.status_code)
            detail = f"HTTP {exc.status_code} {exc.code or ''}: {exc.message}"
            return failure(kind, endpoint, detail=detail, retry_after_s=retry_after(exc.response.headers))
        case _ if _is_timeout(exc):
            return failure(ProviderTimeout, endpoint, detail=described(exc))
        case ValueError():
            return failure(InvalidRequest, endpoint, detail=f"the request could not be written: {type(exc).__name__}")
        case _:
            return failure(ProviderUnavailable, endpoint, detail=described(exc))


def stream_error(error: Any, endpoint: EndpointConfig) -> ProviderError:
    """The error that a payload in the stream reports."""
    body = error if isinstance(error, dict) else {"message": str(error)}
    # OpenRouter tells the status that it can't send any more as a number in the place of the code.
    code = body.get("code")
    kind = _kind(body, code if type(code) is int else 0)
    # Without a code that says otherwise, a provider that breaks off an answer it had begun is at fault itself.
    kind = ProviderUnavailable if kind is InvalidRequest else kind
    return failure(kind, endpoint, detail=f"error in the stream: {body.get('code') or ''} {body.get('message') or ''}")


def _kind(body: object, status: int) -> type[ProviderError]:
    if isinstance(body, dict):
        for key in ("code", "type"):
            if kind := _CODES.get(str(body.get(key))):
                return kind
    if status >= 500 or 300 <= status < 400:
        return ProviderUnavailable
    return _STATUSES.get(status, InvalidRequest)


def _is_timeout(exc: BaseException | None) -> bool:
    """The SDK's transport calls a refused or reset connection a timeout too; its cause tells."""
    while exc is not None and not isinstance(exc, TimeoutError):
        exc = exc.__cause__
    return exc is not None
