"""The provider errors. Adapters raise them; retry, breaker, fallback and the page read flags, never vendor names."""

from __future__ import annotations

from convoscope.errors import AppError


class ProviderError(AppError):
    """A call to a provider failed.

    `user_message` says what happened in words for the person who asked. `detail` is the provider's own error for
    operators (status, structured code, message), already free of keys; out of a delivery it also quotes nothing that
    was asked or answered.
    """

    code = "LLM_PROVIDER_ERROR"
    http_status = 502
    is_retryable = False
    may_fall_back = True
    trips_breaker = False

    def __init__(self, user_message: str, *, detail: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(user_message)
        self.detail = detail
        self.retry_after_s = retry_after_s


class RateLimited(ProviderError):
    """The provider refused for now; `retry_after_s` is what it asked for, if it said."""

    code = "RATE_LIMIT_EXCEEDED"
    http_status = 429
    is_retryable = True


class ProviderUnavailable(ProviderError):
    """5xx, overloaded, no connection; or a stream that was cut, malformed or empty before any text."""

    is_retryable = True
    trips_breaker = True


class NotAnApi(ProviderUnavailable):
    """What answers at the address is a web page: a wrong address, or something in between that wants a sign-in."""


class AdapterBroken(ProviderUnavailable):
    """Ours, not the provider's: what speaks to it could not be made, such as for a profile that its SDK can't find.
    Only another configuration helps."""

    is_retryable = False


class ProviderTimeout(ProviderError):
    """No connection, or no first token, within its time."""

    code = "LLM_TIMEOUT"
    http_status = 504
    is_retryable = True
    trips_breaker = True


class StreamInterrupted(ProviderError):
    """Cut, stalled or malformed after text was shown: never retried from the start, only continued."""

    trips_breaker = True


class AllCandidatesFailed(ProviderError):
    """Every model that could have answered failed. `causes` has each one's name and error, in the order of the calls.
    Shown to the person who asked."""

    http_status = 503

    def __init__(self, user_message: str, *, causes: tuple[tuple[str, ProviderError], ...]) -> None:
        waits = [error.retry_after_s for _, error in causes if error.retry_after_s is not None]
        detail = "; ".join(f"{full_id}: {error.detail or error.user_message}" for full_id, error in causes)
        super().__init__(user_message, detail=detail, retry_after_s=min(waits, default=None))
        self.causes = causes


class ServiceReduced(ProviderError):
    """The site answers nothing new just now, by its administrators' decision or because no provider is well. Shown to
    the person with the site's own words."""

    http_status = 503
    may_fall_back = False


class AuthenticationFailed(ProviderError):
    """The provider refused our key. Shown to the person as a set-up fault that an administrator can mend."""


class QuotaExhausted(ProviderError):
    """Our account at the provider has no credit left."""


class ModelNotFound(ProviderError):
    """No such model, here or at the provider."""

    code = "MODEL_NOT_FOUND"
    http_status = 404


class ContextTooLong(ProviderError):
    """The conversation doesn't fit the model's window."""

    code = "CONTEXT_TOO_LONG"
    http_status = 400


class ContentFiltered(ProviderError):
    """The provider refused the content. Never sent to another provider."""

    code = "CONTENT_FILTERED"
    http_status = 400
    may_fall_back = False


class InvalidRequest(ProviderError):
    """The provider found our request malformed: a fault of ours or of the settings."""

    code = "VALIDATION_ERROR"
    http_status = 400
    may_fall_back = False


class BudgetExceeded(ProviderError):
    """A budget that the request counts against is used up, so nobody was asked. Shown to the person beside what they
    sent, which is kept."""

    code = "BUDGET_EXCEEDED"
    http_status = 402
    may_fall_back = False
