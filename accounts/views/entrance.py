"""The sign-in page, which on a new installation is the sign-up page; and the language of pages around it."""

from __future__ import annotations

from allauth.account import views as allauth_views
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import i18n
from django.views.decorators.cache import never_cache

from accounts import entrance, second_factor
from accounts.actions.preferences import set_language
from accounts.models import User


@never_cache
def account_login(request: HttpRequest) -> HttpResponseBase:
    if request.method != "POST" and entrance.is_new_installation():
        target = request.GET.get(REDIRECT_FIELD_NAME)
        return redirect(reverse("account_signup", query={REDIRECT_FIELD_NAME: target} if target else None))
    response: HttpResponseBase = allauth_views.login(request)
    return response


@never_cache
def request_login_code(request: HttpRequest) -> HttpResponseBase:
    if not settings.SENDS_MAIL:
        return render(request, "account/request_login_code.html")
    response: HttpResponseBase = allauth_views.request_login_code(request)
    return response


def visitor_language(request: HttpRequest) -> HttpResponseBase:
    """Also that of who is signed in and can't reach their preferences, for want of a second factor."""
    response: HttpResponseBase = i18n.set_language(request)
    person, language = request.user, request.POST.get("language", "")
    is_known = language in dict(settings.LANGUAGES)
    if request.method == "POST" and is_known and isinstance(person, User) and second_factor.is_missing(person):
        set_language(user=person, language=language)
    return response
