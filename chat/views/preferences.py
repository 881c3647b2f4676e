"""What a person chooses for their own pages and conversations. The page stands here and not in `accounts`, because it
names models."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actions.preferences import set_language, set_preferences, set_theme
from accounts.zones import zone_named
from chat import access
from chat.moderation.decisions import has_decisions
from chat.preferences_form import PreferencesForm
from chat.views.request import HtmxRequest


@login_required
@require_http_methods(["GET", "POST"])
def preferences(request: HtmxRequest) -> HttpResponse:
    user = access.person(request.user)
    zone = zone_named(request.COOKIES.get("time_zone", ""))
    form = PreferencesForm(request.POST or None, user=user, browser_zone=zone.key)
    if request.method == "POST" and form.is_valid():
        set_preferences(user=user, **form.choices())
        set_theme(user=user, theme=form.cleaned_data["theme"] or user.theme)
        set_language(user=user, language=form.cleaned_data["language"] or user.language)
        with override(user.language):
            messages.success(request, _("Saved. New answers use it where the conversation has no choice of its own."))
        response = redirect("preferences")
        # For the pages before the next sign-in in this browser.
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            user.language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response
    context = {
        "form": form,
        "own_keys_allowed": settings.OWN_KEYS_ALLOWED,
        "has_decisions": has_decisions(user),
    }
    return render(request, "chat/preferences.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def theme_set(request: HtmxRequest) -> HttpResponse:
    set_theme(user=access.person(request.user), theme=request.POST.get("theme", ""))
    if request.htmx:
        return HttpResponse(status=204)
    return redirect("preferences")
