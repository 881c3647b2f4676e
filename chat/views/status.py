"""The page of the status: how the service does, for everybody signed in; what level it stays at, for administrators."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from chat.health import site_status
from chat.views.request import HtmxRequest
from providers.access import require_administrator
from providers.actions.levels import pin_level
from providers.forms import LevelForm
from providers.resilience.levels import read_decisions


@login_required
@require_GET
def status(request: HtmxRequest) -> HttpResponse:
    """Without the form its readings alone, for a page that is open."""
    if request.htmx:
        return render(request, "chat/_status.html", {"status": site_status()})
    return _page(request)


@login_required
@require_POST
def level_pin(request: HtmxRequest) -> HttpResponse:
    person = require_administrator(request.user)
    form = LevelForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    pin = pin_level(**form.decision(), by=person)
    messages.success(
        request,
        _("The service stays at this level until you change it.")
        if pin.level
        else _("The level goes by how the providers do."),
    )
    return redirect("status")


def _page(request: HtmxRequest, refused: LevelForm | None = None) -> HttpResponse:
    shown = site_status()
    context: dict[str, object] = {"status": shown}
    if request.user.is_superuser:
        pin = {"level": shown.pin.level or "", "offline_text": shown.pin.offline_text}
        context |= {"form": refused or LevelForm(initial=pin), "decisions": read_decisions()}
    return render(request, "chat/status.html", context, status=422 if refused else 200)
