"""Views that count: what their answers say of the limit, and how often visitors may look at what is public."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from accounts.limits import limit_state
from accounts.middleware import limit_visits
from accounts.models import User
from convoscope.middleware import with_headers

P = ParamSpec("P")
R = TypeVar("R", bound=HttpRequest)
A = TypeVar("A", bound=HttpResponseBase)


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


def limited_by_network(
    group: str,
) -> Callable[[Callable[Concatenate[R, P], A]], Callable[Concatenate[R, P], A]]:
    """For public pages whose address is a secret: nobody tries many from one network."""

    def decorate(
        view: Callable[Concatenate[R, P], A],
    ) -> Callable[Concatenate[R, P], A]:
        @wraps(view)
        def limited(request: R, /, *args: P.args, **kwargs: P.kwargs) -> A:
            limit_visits(request, group)
            return view(request, *args, **kwargs)

        return limited

    return decorate
