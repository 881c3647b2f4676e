"""The page of the response cache, for administrators: its switches, what it holds, and a button to empty it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from providers import access
from providers.actions.cache import change_cache_settings, empty_cache
from providers.cache.bounds import MAX_BYTES, MAX_ENTRIES, MAX_LIKE_ENTRIES
from providers.cache.figures import cache_figures
from providers.cache.forms import CacheSettingsForm
from providers.models import CacheSettings


@login_required
@require_GET
def response_cache(request: HttpRequest) -> HttpResponse:
    access.require_administrator(request.user)
    return _page(request, CacheSettingsForm(current=CacheSettings.objects.current()))


@login_required
@require_POST
def response_cache_change(request: HttpRequest) -> HttpResponse:
    person = access.require_administrator(request.user)
    form = CacheSettingsForm(request.POST, current=CacheSettings.objects.current())
    if not form.is_valid():
        return _page(request, form)
    change_cache_settings(**form.cache_settings(), by=person)
    messages.success(request, _("Saved. It holds from the next question on."))
    return redirect("response_cache")


@login_required
@require_POST
def response_cache_empty(request: HttpRequest) -> HttpResponse:
    removed = empty_cache(by=access.require_administrator(request.user))
    words = ngettext(
        "The cache is empty: %(count)d answer removed.", "The cache is empty: %(count)d answers removed.", removed
    )
    messages.success(request, words % {"count": removed})
    return redirect("response_cache")


def _page(request: HttpRequest, form: CacheSettingsForm) -> HttpResponse:
    context = {
        "form": form,
        "figures": cache_figures(),
        "current": CacheSettings.objects.select_related("updated_by").current(),
        "kept_minutes": settings.CACHE_TTL // 60,
        "max_bytes": MAX_BYTES,
        "max_entries": MAX_ENTRIES,
        "max_like_entries": MAX_LIKE_ENTRIES,
    }
    return render(request, "providers/response_cache.html", context, status=422 if form.errors else 200)
