"""What the answers to requests that count say of their limit."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.http import HttpRequest, HttpResponse

from accounts.limits import limit_state
from accounts.models import User
from convoscope.middleware import with_headers

P = ParamSpec("P")
R = TypeVar("R", bound=HttpRequest)


def with_limit_headers(
    view: Callable[Concatenate[R, P], HttpResponse],
) -> Callable[Concatenate[R, P], HttpResponse]:
    """For views whose action counts a request, behind a login. A refusal has the headers of the limit it is about."""

    @wraps(view)
    def counting(request: R, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        assert isinstance(request.user, User)
        state = limit_state(request.user)
        return with_headers(response, state.headers() if state else {})

    return counting
