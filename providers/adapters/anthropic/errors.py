"""What can go wrong with Anthropic, told by exception class, status and structured code; its English is never searched.

Types and codes: `anthropic.types.shared.error_type` and `error_details` of the SDK, 2.11.
"""

from __future__ import annotations

from typing import Any

import httpx2
from anthropic import APIStatusError, APITimeoutError

from providers.adapters.failures import described, failure, retry_after
from providers.contract import EndpointConfig
from providers.errors import (
    AuthenticationFailed,
    ContextTooLong,
    InvalidRequest,
    ModelNotFound,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
)

# `error.details.error_code`, which names the cause where there is one; it goes before the broad type.
_CODES: dict[str, type[ProviderError]] = {
    "contract_spend_limit_reached": QuotaExhausted,
    "enforced_spend_limit_reached": QuotaExhausted,
    "linked_organization_billing_unavailable": QuotaExhausted,
    "linked_organization_spend_limit_reached": QuotaExhausted,
    "organization_on_hold": AuthenticationFailed,
    "ramp_limit_exceeded": RateLimited,
    "request_body_too_large_after_decoding": ContextTooLong,
}
_TYPES: dict[str, type[ProviderError]] = {
    "api_error": ProviderUnavailable,
    "authentication_error": AuthenticationFailed,
    "billing_error": QuotaExhausted,
    "not_found_error": ModelNotFound,
    "overloaded_error": ProviderUnavailable,
    "permission_error": AuthenticationFailed,
    "rate_limit_error": RateLimited,
    "request_too_large": ContextTooLong,
    "timeout_error": ProviderTimeout,
}
# For answers that don't come from Anthropic itself but from a proxy before it, without its body.
_STATUSES: dict[int, type[ProviderError]] = {
    401: AuthenticationFailed,
    402: QuotaExhausted,
    403: AuthenticationFailed,
    404: ModelNotFound,
    408: ProviderTimeout,
    413: ContextTooLong,
    429: RateLimited,
    504: ProviderTimeout,
}


def translate(exc: Exception, endpoint: EndpointConfig) -> ProviderError:
    """The error that an exception of SDK or transport means."""
    match exc:
        case APIStatusError():
            kind = _kind(exc.error_code, exc.type, exc.status_code)
            said = f"HTTP {exc.status_code} {exc.error_code or exc.type or ''}: {exc.api_message or exc.message}"
            return failure(kind, endpoint, detail=said, retry_after_s=retry_after(exc.response.headers))
        case APITimeoutError() | httpx2.TimeoutException() | TimeoutError():
            return failure(ProviderTimeout, endpoint, detail=described(exc))
        case ValueError():
            return failure(InvalidRequest, endpoint, detail=f"the request could not be written: {type(exc).__name__}")
        case _:
            return failure(ProviderUnavailable, endpoint, detail=described(exc))


def is_unexplained(exc: APIStatusError) -> bool:
    """Whether Anthropic refused the request as invalid without a code that says why."""
    return exc.error_code is None and exc.type == "invalid_request_error"


def stream_error(error: Any, endpoint: EndpointConfig) -> ProviderError:
    """The error that an event in the stream reports."""
    body = error if isinstance(error, dict) else {}
    details = body.get("details")
    code = details.get("error_code") if isinstance(details, dict) else None
    # Without a type that says otherwise, a provider that breaks off an answer it had begun is at fault itself.
    kind = _kind(code, body.get("type"), 500)
    return failure(kind, endpoint, detail=f"error in the stream: {code or body.get('type')}: {body.get('message')}")


def _kind(code: str | None, error_type: str | None, status: int) -> type[ProviderError]:
    known = _CODES.get(code or "") or _TYPES.get(error_type or "") or _STATUSES.get(status)
    return known or (InvalidRequest if 400 <= status < 500 else ProviderUnavailable)
