"""What can go wrong with Gemini, told by exception class, status and structured code; its English is never searched.

Source: https://ai.google.dev/gemini-api/docs/generate-content/api-errors, November 2026.
"""

from __future__ import annotations

from collections.abc import Iterator
from json import JSONDecodeError
from typing import Any

from google.genai.errors import APIError

from providers.adapters.failures import failure, retry_after, sensible_wait_s
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

_ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
_RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"
# `reason` of an ErrorInfo, which names the cause where there is one. A wrong key is a 400 INVALID_ARGUMENT otherwise.
_REASONS: dict[str, type[ProviderError]] = {
    "API_KEY_INVALID": AuthenticationFailed,
    "API_KEY_EXPIRED": AuthenticationFailed,
    "API_KEY_SERVICE_BLOCKED": AuthenticationFailed,
    "BILLING_DISABLED": QuotaExhausted,
    "RATE_LIMIT_EXCEEDED": RateLimited,
}
# 402 before the status: prepaid credit that ran out is RESOURCE_EXHAUSTED like a rate limit, but waiting doesn't help.
_CODES: dict[int, type[ProviderError]] = {402: QuotaExhausted, 413: ContextTooLong}
# FAILED_PRECONDITION: no free tier in this country, so billing has to be switched on.
_STATUSES: dict[str, type[ProviderError]] = {
    "DEADLINE_EXCEEDED": ProviderTimeout,
    "FAILED_PRECONDITION": QuotaExhausted,
    "NOT_FOUND": ModelNotFound,
    "PERMISSION_DENIED": AuthenticationFailed,
    "RESOURCE_EXHAUSTED": RateLimited,
    "UNAUTHENTICATED": AuthenticationFailed,
}
# For answers that don't come from Google itself but from a proxy before it, without its body.
_BARE_CODES: dict[int, type[ProviderError]] = {
    401: AuthenticationFailed,
    403: AuthenticationFailed,
    404: ModelNotFound,
    408: ProviderTimeout,
    429: RateLimited,
    504: ProviderTimeout,
}


def translate(exc: Exception, endpoint: EndpointConfig) -> ProviderError:
    """The error that an exception of SDK or transport means."""
    match exc:
        case APIError():
            said = f"HTTP {exc.code} {exc.status or ''}: {exc.message}"
            headers = getattr(exc.response, "headers", None) or {}
            return _failure(endpoint, exc.code, exc.status, _details(exc.details), said, retry_after(headers))
        case TimeoutError():
            return failure(ProviderTimeout, endpoint, detail=_describe(exc))
        case JSONDecodeError() | UnicodeDecodeError():
            # The SDK reads an error's body as what it is labelled; only a broken proxy labels a page as JSON.
            return failure(ProviderUnavailable, endpoint, detail=f"an error that can't be read: {type(exc).__name__}")
        case ValueError():
            return failure(InvalidRequest, endpoint, detail=f"the request could not be written: {type(exc).__name__}")
        case _:
            return failure(ProviderUnavailable, endpoint, detail=_describe(exc))


def is_unexplained(exc: APIError) -> bool:
    """Whether Google refused the request as invalid without a reason that says why."""
    return exc.code == 400 and exc.status == "INVALID_ARGUMENT" and not list(_reasons(_details(exc.details)))


def stream_error(error: Any, endpoint: EndpointConfig) -> ProviderError:
    """The error that a payload in the stream reports."""
    body = error if isinstance(error, dict) else {}
    # Without a status that says otherwise, a provider that breaks off an answer it had begun is at fault itself.
    code = body.get("code") if body.get("code") in _BARE_CODES else 500
    said = f"error in the stream: {body.get('code')} {body.get('status')}: {body.get('message')}"
    return _failure(endpoint, code, body.get("status"), _details(error), said, None)


def _failure(
    endpoint: EndpointConfig,
    code: Any,
    status: Any,
    details: list[dict[str, Any]],
    said: str,
    retry_after_s: float | None,
) -> ProviderError:
    kinds = [_REASONS[reason] for reason in _reasons(details) if reason in _REASONS]
    kind = next(iter(kinds), None) or _CODES.get(code) or _STATUSES.get(str(status)) or _BARE_CODES.get(code)
    if kind is None:
        kind = InvalidRequest if 400 <= int(code or 0) < 500 else ProviderUnavailable
    wait_s = _retry_delay(details) if retry_after_s is None else retry_after_s
    return failure(kind, endpoint, detail=said, retry_after_s=wait_s)


def _details(body: Any) -> list[dict[str, Any]]:
    """The structured details of an error, wherever the SDK left them."""
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body = body["error"]
    details = body.get("details") if isinstance(body, dict) else None
    return [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []


def _reasons(details: list[dict[str, Any]]) -> Iterator[str]:
    return (str(detail.get("reason")) for detail in details if detail.get("@type") == _ERROR_INFO)


def _retry_delay(details: list[dict[str, Any]]) -> float | None:
    """Google says how long to wait in the body: "37s", or "1.5s"."""
    for detail in details:
        if detail.get("@type") == _RETRY_INFO:
            try:
                return sensible_wait_s(float(str(detail.get("retryDelay")).removesuffix("s")))
            except ValueError:
                return None
    return None


def _describe(exc: BaseException) -> str:
    return f"{type(exc).__name__}: {exc}"
