"""How long to wait before the same model is asked again."""

from __future__ import annotations

from tenacity import RetryCallState, Retrying
from tenacity.wait import wait_random_exponential

BASE_S = 1.0
CAP_S = 60.0

_WAIT = wait_random_exponential(multiplier=BASE_S, max=CAP_S)
_POLICY = Retrying(wait=_WAIT)


def backoff_s(tries: int) -> float:
    """Full jitter: anything from 0 to `BASE_S * 2 ** (tries - 1)`, at most `CAP_S`; `tries` counts from 1.

    Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/, November 2026.
    """
    state = RetryCallState(retry_object=_POLICY, fn=None, args=(), kwargs={})
    state.attempt_number = tries
    return _WAIT(state)
