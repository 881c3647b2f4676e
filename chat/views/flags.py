"""Reporting an answer, and what a link shows, to moderators."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.middleware import limit_person, limit_visits
from accounts.models import User
from chat import access
from chat.actions.flags import NOTE_MAX_CHARS, REPORTED, report_message, report_share
from chat.models import Flag
from chat.views.contexts import render_dialog
from chat.views.request import HtmxRequest
from convoscope.errors import ValidationFailed

# So many reports in so many seconds of one person.
RATE = (20, 3600)


@login_required
@require_http_methods(["GET", "POST"])
def message_report(request: HtmxRequest, message_id: UUID) -> HttpResponse:
    """Reported already, it shows what was said, to be changed."""
    message = access.get_message(request.user, message_id)
    reporter = access.person(request.user)
    context: dict[str, object] = {"message": message, "conversation": message.conversation}
    if request.method == "GET":
        mine = message.flags.open().filter(reporter=reporter, source=Flag.Source.USER).first()
        said = {"category": mine.category, "note": mine.note, "is_reported": True} if mine else {}
        return render_dialog(request, "chat/_report.html", context | _form() | said)
    limit_person(request, "reports", rate=RATE)
    category, note = request.POST.get("category", ""), request.POST.get("note", "")
    try:
        report_message(message=message, category=category, note=note, reporter=reporter)
    except ValidationFailed as error:
        return render_dialog(request, "chat/_report.html", context | _form(category, note, error), status=422)
    return render_dialog(request, "chat/_report_thanks.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
def share_report(request: HttpRequest, token: str) -> HttpResponse:
    """For whoever has the link, signed in or not."""
    limit_visits(request, "share-reports")
    shared = access.find_shared(token)
    if shared is None:
        return render(request, "chat/share_gone.html", status=404)
    context: dict[str, object] = {"share": shared, "is_done": False}
    if request.method == "GET":
        return _share_report(request, context | _form())
    reporter = request.user if isinstance(request.user, User) else None
    if reporter is not None:
        limit_person(request, "reports", rate=RATE)
    category, note = request.POST.get("category", ""), request.POST.get("note", "")
    try:
        report_share(share=shared, category=category, note=note, reporter=reporter)
    except ValidationFailed as error:
        return _share_report(request, context | _form(category, note, error), status=422)
    return _share_report(request, context | {"is_done": True})


def _share_report(request: HttpRequest, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    response = render(request, "chat/share_report.html", context, status=status)
    response["X-Robots-Tag"] = "noindex, nofollow"
    # The address is the key to what is shared; without any referrer the form would come from nowhere, and be refused.
    response["Referrer-Policy"] = "same-origin"
    return response


def _form(category: str = "", note: str = "", error: ValidationFailed | None = None) -> dict[str, object]:
    return {
        "categories": [(one.value, one.label) for one in REPORTED],
        "category": category,
        "note": note,
        "max_chars": NOTE_MAX_CHARS,
        "error": error,
    }
