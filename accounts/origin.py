"""From where what is being done was asked for. Held beside the call, so that actions need no request to tell the audit
log."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from accounts.networks import plain_address

BROWSER_MAX_CHARS = 200


@dataclass(frozen=True, slots=True)
class Origin:
    address: str
    browser: str


current_origin: ContextVar[Origin | None] = ContextVar("current_origin", default=None)


class OriginMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = current_origin.set(origin_of(request))
        try:
            return self._get_response(request)
        finally:
            current_origin.reset(token)


def origin_of(request: HttpRequest) -> Origin:
    """uvicorn has put the client's address in the place of a proxy's that it trusts."""
    browser = request.headers.get("User-Agent", "")[:BROWSER_MAX_CHARS]
    return Origin(plain_address(request.META.get("REMOTE_ADDR", "")), browser)
