"""The sign-in page, which on a new installation is the sign-up page."""

from __future__ import annotations

from allauth.account import views as allauth_views
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts import entrance


@never_cache
def account_login(request: HttpRequest) -> HttpResponseBase:
    if request.method != "POST" and entrance.is_new_installation():
        target = request.GET.get(REDIRECT_FIELD_NAME)
        return redirect(reverse("account_signup", query={REDIRECT_FIELD_NAME: target} if target else None))
    response: HttpResponseBase = allauth_views.login(request)
    return response
