"""Signing up by the link of an invitation."""

from __future__ import annotations

from typing import Any, cast

from allauth.account import views as allauth_views
from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from accounts import access
from accounts.forms import InvitedSignupForm
from accounts.models import Invitation
from accounts.views.limits import limited_by_network


class InvitedSignupView(allauth_views.SignupView):  # type: ignore[misc]  # allauth has no types
    template_name = "account/invitation.html"
    invitation: Invitation | None = None

    def is_open(self) -> bool:
        return True

    def get_form_class(self) -> type[InvitedSignupForm]:
        return InvitedSignupForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return cast(dict[str, Any], super().get_form_kwargs()) | {"invitation": self.invitation}

    def form_valid(self, form: Any) -> HttpResponse:
        if self.invitation and self.invitation.mailed_at:
            # Whoever has the link has the mail.
            get_adapter().stash_verified_email(self.request, self.invitation.address)
        return cast(HttpResponse, super().form_valid(form))


@never_cache
@limited_by_network("invitations")
def invitation_accept(request: HttpRequest, token: str) -> HttpResponseBase:
    invitation = access.find_invitation(token)
    if invitation is None and not request.user.is_authenticated:
        return render(request, "account/invitation_gone.html", status=410)
    if invitation is not None and access.has_account(invitation):
        return render(request, "account/invitation_gone.html", {"address": invitation.address})
    response: HttpResponseBase = InvitedSignupView.as_view(invitation=invitation)(request)
    return response
