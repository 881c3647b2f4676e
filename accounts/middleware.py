"""Which language a person is answered in, and that their session is used. What visitors send, who haven't signed in, is
counted by the network they come from."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from django import forms
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_ratelimit import ALL, UNSAFE
from django_ratelimit.core import get_usage

from accounts import second_factor
from accounts.forms import OurWords
from accounts.limits import LimitState
from accounts.models import User
from accounts.networks import network_of
from accounts.sessions import is_use_due, note_use
from accounts.zones import zone_of
from convoscope.errors import LimitReached
from convoscope.middleware import error_response, failure_response, limit_response, with_headers

logger = logging.getLogger(__name__)

WINDOW_S = 60
# Where issuers' servers end sessions, which one of them may do many times a minute. What they send is signed.
ISSUERS = re.compile(r"/accounts/oidc/[^/]+/backchannel/")


class LimitedRequest(HttpRequest):
    """A refused request that is answered with its own page: a type only, no such object is ever made."""

    typed: QueryDict
    limit: LimitReached


class LanguageMiddleware:
    """A signed-in person's own language, in the place of the one that their browser asks for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            person = request.user
            if isinstance(person, User):
                translation.activate(person.language)
                request.LANGUAGE_CODE = person.language
        except (DatabaseError, InterfaceError) as exc:
            # Not left to the view, which would wait for the database once more.
            if (failed := failure_response(request, exc)) is None:
                raise
            return failed
        return self._get_response(request)


class SessionUseMiddleware:
    """Writes down now and then that a session is used, for the page on which its person sees their sessions."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.session.session_key
        try:
            if key and is_use_due(key) and request.user.is_authenticated:
                note_use(request)
        except (DatabaseError, InterfaceError) as exc:
            # It keeps nobody from their page.
            logger.warning("the use of a session was not noted: %s", type(exc).__name__)
        return self._get_response(request)


class SecondFactorMiddleware:
    """Leads whoever needs a second factor and has none to its set-up; what can't be led there is refused."""

    # What is open to them: the set-up itself, whatever it may ask on the way, and leaving.
    OPEN = (
        "mfa_",
        "account_reauthenticate",
        "account_logout",
        "account_email",
        "account_confirm_email",
        "account_set_password",
        "visitor_language",
        "bundle",
    )

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        person = request.user
        assert request.resolver_match is not None  # it led to the view
        if not isinstance(person, User) or request.resolver_match.view_name.startswith(self.OPEN):
            return None
        if not second_factor.is_missing(person):
            return None
        if request.method in ("GET", "HEAD") and request.headers.get("HX-Request") != "true":
            return redirect("mfa_index")
        words = _("Your account needs a second factor, so nothing was done. Reload the page to set one up.")
        return error_response(request, words, 403)


class VisitorLimitMiddleware:
    """Refuses what is above RATE_LIMIT_IP_REQUESTS a minute, and says so on the page that the form came from, with what
    was typed but for passwords. Refusals by allauth, whose limits are its own, are shown the same way."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in UNSAFE or ISSUERS.fullmatch(request.path_info):
            return self._get_response(request)
        try:
            is_visitor = not request.user.is_authenticated
        except (DatabaseError, InterfaceError) as exc:
            # Not left to the view, which would wait for the database once more.
            if (failed := failure_response(request, exc)) is None:
                raise
            return failed
        if not is_visitor:
            return self._get_response(request)
        state, is_over = _count(request)
        headers = state.headers() if state else {}
        if state is not None and is_over:
            return self._refuse(request, LimitReached(_reason(), retry_after_s=state.reset_s, headers=headers))
        response = self._get_response(request)
        if response.status_code == LimitReached.http_status and "Retry-After" not in response:
            # allauth's limits are for a minute, and it doesn't say how much of that is left.
            response = self._refuse(request, LimitReached(_reason(), retry_after_s=WINDOW_S))
        return with_headers(response, headers)

    def process_template_response(self, request: LimitedRequest, response: TemplateResponse) -> TemplateResponse:
        """Fill in the form that is shown again."""
        form = (response.context_data or {}).get("form")
        if hasattr(request, "limit") and isinstance(form, OurWords):
            form.limit = request.limit
            for name, field in form.fields.items():
                if name in request.typed and not isinstance(field.widget, forms.PasswordInput):
                    form.initial[name] = request.typed[name]
            response.status_code = LimitReached.http_status
        return response

    def _refuse(self, request: HttpRequest, limit: LimitReached) -> HttpResponse:
        if request.headers.get("HX-Request") == "true":
            return limit_response(request, limit)
        # Read while it is still a POST.
        request.typed = request.POST  # type: ignore[attr-defined]  # LimitedRequest
        request.limit = limit  # type: ignore[attr-defined]  # LimitedRequest
        # Nothing is done, so it is answered like a visit to the same address.
        request.method = "GET"
        response = self._get_response(request)
        if response.status_code != LimitReached.http_status:
            # There is no form of ours.
            response = render(request, "429.html", {"limit": limit}, status=LimitReached.http_status)
        return with_headers(response, limit.headers)


class TimeZoneMiddleware:
    """What is rendered has the reader's hours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            zone = zone_of(request)
        except (DatabaseError, InterfaceError):
            # The view asks for the person too, and what it meets is told.
            return self._get_response(request)
        with timezone.override(zone):
            return self._get_response(request)


def client_network(group: str, request: HttpRequest) -> str:
    """uvicorn has put the client's address in the place of a proxy's that it trusts."""
    return network_of(request.META.get("REMOTE_ADDR", ""))


def limit_visits(request: HttpRequest, group: str) -> None:
    """Count a visitor's look at a public page, by their network and apart from what they send.

    Raises: LimitReached.
    """
    if request.user.is_authenticated:
        return
    state, is_over = _count(request, group, method=ALL)
    if state is not None and is_over:
        raise LimitReached(_("Too many pages were asked for from your network."), retry_after_s=state.reset_s)


def limit_person(request: HttpRequest, group: str, *, rate: tuple[int, int]) -> None:
    """Count what somebody who is signed in does; `rate` is how often in how many seconds.

    Raises: LimitReached.
    """
    usage = get_usage(request, group=group, key="user", rate=rate, method=ALL, increment=True)
    if usage is not None and usage["should_limit"]:
        raise LimitReached(_("You have done this too often."), retry_after_s=usage["time_left"] + 1.0)


def _count(request: HttpRequest, group: str = "visitors", *, method: object = UNSAFE) -> tuple[LimitState | None, bool]:
    """Where the network stands, and whether this request is one too many; None where the cache can't count."""
    rate = (settings.RATE_LIMIT_IP_REQUESTS, WINDOW_S)
    usage = get_usage(request, group=group, key=client_network, rate=rate, method=method, increment=True)
    if usage is None:
        return None, False
    remaining = max(0, usage["limit"] - usage["count"])
    # Its last second is still of the same minute.
    return LimitState(usage["limit"], remaining, usage["time_left"] + 1.0), bool(usage["should_limit"])


def _reason() -> str:
    return _("Too many tries came from your network, so nothing was done.")
