"""What leads to a new way into an account: connecting it while signed in, and the sign-in that ends in it. In the place
of allauth's own, which saves the person's whole row, and links before a second factor is given."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.internal.flows.reauthentication import is_reauthentication_required, stash_and_reauthenticate
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialLogin
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.actions.sso_links import link
from accounts.models import SSOTrace, User


def connect(request: HttpRequest, sociallogin: SocialLogin) -> HttpResponse:
    """Raises: SSOFailed."""
    person, adapter = request.user, get_adapter(request)
    if not isinstance(person, User):
        # The session ended on the way; this page asks to sign in.
        return redirect("socialaccount_connections")
    if is_reauthentication_required(request, app="allauth.socialaccount"):
        answer: HttpResponse = stash_and_reauthenticate(
            request, sociallogin.serialize(), "accounts.sso.linking.resume_connect"
        )
        return answer
    is_new = link_and_tell(request, person, sociallogin, SSOTrace.Outcome.CONNECTED)
    words = "account_connected" if is_new else "account_connected_updated"
    get_account_adapter(request).add_message(request, messages.INFO, f"socialaccount/messages/{words}.txt")
    return redirect(
        sociallogin.get_redirect_url(request) or adapter.get_connect_redirect_url(request, sociallogin.account)
    )


def resume_connect(request: HttpRequest, kept: dict[str, Any]) -> HttpResponse:
    """What allauth comes back to, when the person has shown who they are."""
    sociallogin = SocialLogin.deserialize(kept)
    response: HttpResponse = get_adapter(request).connect(request, sociallogin)
    return response


def link_and_tell(request: HttpRequest, person: User, sociallogin: SocialLogin, outcome: str) -> bool:
    """Returns whether it is new. Raises: SSOFailed."""
    account, is_new = link(user=person, account=sociallogin.account, outcome=outcome)
    if is_new:
        context = {"account": account, "provider": account.get_provider()}
        get_adapter(request).send_notification_mail("socialaccount/email/account_connected", person, context=context)
    return is_new
