"""Whoever hasn't agreed to the terms as they are now reads them first. The way out stays open: signing out, one's data,
the erasure of one's account, and what was decided about one."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from convoscope.middleware import error_response

# Where who has still to agree may go: allauth's pages, among them that for signing out; privacy with its downloads;
# decisions, and appeals against them.
OPEN = (
    *("/accounts/", "/terms/", "/privacy/", "/exports/", "/decisions/", "/language/", "/preferences/theme/"),
    settings.STATIC_URL,
)


class TermsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        person = request.user
        if not isinstance(person, User) or not person.has_terms_due or request.path.startswith(OPEN):
            return self._get_response(request)
        is_htmx = request.headers.get("HX-Request") == "true"
        if request.method not in ("GET", "HEAD"):
            words = _("The terms of this site wait for you, so nothing was done. Reload the page to read them first.")
            return error_response(request, words, 403)
        if is_htmx:
            return HttpResponse(status=204, headers={"HX-Redirect": reverse("terms")})
        return redirect(f"{reverse('terms')}?next={quote(request.get_full_path())}")
