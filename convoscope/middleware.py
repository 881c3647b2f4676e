"""Keeps parts of pages out of the browser's store; turns the errors that people can do something about into answers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, ProgrammingError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.templatetags.static import static
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _

from convoscope.encrypted_content import unreadable_marked
from convoscope.errors import BODY_LIMIT, AppError, BodyTooLarge, LimitReached, MessageTooLong

logger = logging.getLogger(__name__)

# What the database refuses although it is well
OUR_FAULTS = (DataError, IntegrityError, ProgrammingError)


class ErrorMiddleware:
    """An `AppError` or a database that doesn't answer becomes a page, or beside the control that caused it a line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if limit := request.META.get(BODY_LIMIT):
            error = BodyTooLarge(limit)
            return error_response(request, error.user_message, error.http_status)
        # Who only reads is shown what can be read.
        with unreadable_marked() if request.method in ("GET", "HEAD") else nullcontext():
            return to_login(request, self._get_response(request))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return failure_response(request, exception)


class SpeculationMiddleware:
    """Has browsers that can do so fetch a conversation while the pointer rests on its link. By a header, since the
    content policy lets no page hold the rules."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if request.headers.get("HX-Request") != "true" and response.get("Content-Type", "").startswith("text/html"):
            response["Speculation-Rules"] = f'"{static("speculation-rules.json")}"'
        return response


class FragmentMiddleware:
    """One address answers with a page, or with a part of it for HTMX: a browser that goes back must not take the stored
    part for the page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        if request.headers.get("HX-Request") == "true":
            patch_cache_control(response, no_store=True)
        return response


def failure_response(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """What people are told of it; None for a fault of ours. Django asks `process_exception` for what views raise alone,
    so a middleware that reads the database comes here itself."""
    if isinstance(exception, LimitReached):
        return limit_response(request, exception)
    if isinstance(exception, AppError):
        is_too_long = isinstance(exception, MessageTooLong)
        return error_response(
            request, exception.user_message, exception.http_status, code=exception.code, may_be_file=is_too_long
        )
    if isinstance(exception, DatabaseError | InterfaceError) and not isinstance(exception, OUR_FAULTS):
        # Its words may repeat what people wrote.
        logger.error("the database failed: %s", type(exception).__name__)
        message = _("The database doesn't answer, so nothing was changed. What you typed is still here; try again.")
        return error_response(request, message, 503)
    return None


def to_login(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Where a session ended while somebody typed, the login leads back to the page they were on: many a form's address
    shows nothing. HTMX would put the login page into the conversation: send the whole page there instead. Its draft is
    kept by the browser."""
    location = response.get("Location", "")
    if request.headers.get("HX-Request") == "true" and location.startswith(resolve_url(settings.LOGIN_URL)):
        page = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
        return HttpResponse(status=401, headers={"HX-Redirect": redirect_to_login(page).url})
    if request.method == "POST" and location == redirect_to_login(request.get_full_path()).url:
        return redirect_to_login(urlsplit(request.headers.get("Referer", "")).path or "/")
    return response


def limit_response(request: HttpRequest, limit: LimitReached) -> HttpResponse:
    response = error_response(request, limit.user_message, limit.http_status, limit=limit)
    return with_headers(response, limit.headers)


def with_headers(response: HttpResponse, headers: Mapping[str, str]) -> HttpResponse:
    """Those that it doesn't have yet are set."""
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    return response


def error_response(
    request: HttpRequest,
    message: str,
    status: int,
    *,
    code: str = "",
    limit: LimitReached | None = None,
    may_be_file: bool = False,
) -> HttpResponse:
    """The error as a page, or for HTMX as a line in the place that the sender names for it. For a limit it counts down
    to when one may try again; a text that `may_be_file` can be attached by a button."""
    context = {"message": message, "error_code": code, "limit": limit, "may_be_file": may_be_file}
    is_htmx = request.headers.get("HX-Request") == "true"
    # A form that is refused is shown again, which is 422 to a browser; 400 means the same to an API.
    status = 422 if is_htmx and status == 400 else status
    if not is_htmx:
        return render(request, "error.html", context, status=status)
    sender = request.headers.get("HX-Trigger", "")
    has_place = sender == "composer" or sender.startswith("edit-")
    template = "_error.html" if has_place else "_error_toast.html"
    response = render(request, template, context, status=status)
    response["HX-Retarget"] = f"#{sender}-error" if has_place else "#toasts"
    response["HX-Reswap"] = "innerHTML" if has_place else "beforeend"
    return response
