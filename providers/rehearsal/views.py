"""The page of rehearsals, for administrators: a failure of a provider, played through without asking any."""

from __future__ import annotations

import logging
from threading import Lock

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from providers.access import require_administrator
from providers.forms import RehearsalForm
from providers.rehearsal.rehearse import rehearse

logger = logging.getLogger(__name__)

# Longer than that nobody waits for a page.
DEADLINE_S = 20.0
# Each takes a thread, and some seconds of it.
_one_at_a_time = Lock()


@login_required
@require_http_methods(["GET", "POST"])
def rehearsal(request: HttpRequest) -> HttpResponse:
    person = require_administrator(request.user)
    if request.method != "POST":
        return _page(request, RehearsalForm())
    form = RehearsalForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    if not _one_at_a_time.acquire(blocking=False):
        form.add_error(None, _("One is running. Wait for its end, then start yours."))
        return _page(request, form, status=409)
    try:
        outcome = rehearse(**form.rehearsal(), deadline_s=DEADLINE_S)
    finally:
        _one_at_a_time.release()
    logger.info("rehearsal of %s by %s", form.cleaned_data["fault"], person.id)
    return _page(request, form, outcome=outcome)


def _page(request: HttpRequest, form: RehearsalForm, *, outcome: object = None, status: int = 200) -> HttpResponse:
    context = {"form": form, "outcome": outcome, "deadline_s": DEADLINE_S}
    is_htmx = request.headers.get("HX-Request") == "true"
    template = "providers/_rehearsal.html" if is_htmx else "providers/rehearsal.html"
    return render(request, template, context, status=status)
