"""The answers to requests that can't be served: a page, or for HTMX a line where its sender looks for one."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import defaults

from convoscope.middleware import error_response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A message may be so long that the request isn't read at all."""
    if _is_htmx(request) and isinstance(exception, RequestDataTooBig):
        message = _("This is far too long to be sent as a message. Your text is kept: attach it as a file.")
        return error_response(request, message, 413, may_be_file=True)
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_htmx(request):
        return error_response(request, _("This is no longer here. Reload the page; what you typed is kept."), 404)
    return defaults.page_not_found(request, exception)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_htmx(request):
        return error_response(request, _("Your account may not do this, so nothing was changed."), 403)
    return defaults.permission_denied(request, exception)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token is that of an earlier session, or cookies are blocked."""
    if _is_htmx(request):
        message = _("This page is from before you last signed in. Reload it and send again; what you typed is kept.")
        return error_response(request, message, 403)
    return render(request, "403_csrf.html", status=403)


def server_failed(request: HttpRequest) -> HttpResponse:
    if _is_htmx(request):
        message = _("Something went wrong on our side. What was saved is not lost; try again.")
        return error_response(request, message, 500)
    return defaults.server_error(request)


def _is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
