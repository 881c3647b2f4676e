"""The answers to requests that can't be served: a page, or for HTMX a line where its sender looks for one."""

from __future__ import annotations

import logging
import sys
from secrets import token_hex

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template.loader import get_template
from django.utils.translation import gettext as _
from django.views import defaults

from convoscope.middleware import error_response

logger = logging.getLogger(__name__)


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
    """What went wrong stands in the log alone, after the line with the reference that is shown."""
    reference, fault = token_hex(6), sys.exc_info()[0]
    logger.error("reference %s: %s", reference, fault.__name__ if fault else "a fault")
    if _is_htmx(request):
        message = _(
            "Something went wrong on our side. What was saved is not lost; try again. "
            "If it happens again, tell an administrator the reference %(reference)s."
        )
        return error_response(request, message % {"reference": reference}, 500)
    # Without the request: what a page reads of it may be what fails.
    return HttpResponseServerError(get_template("500.html").render({"reference": reference}))


def _is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
