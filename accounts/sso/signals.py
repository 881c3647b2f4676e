"""What follows a sign-in through a provider, once it is complete: also after a second factor or a confirmed address."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.signals import password_changed, password_set, user_logged_in
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.signals import social_account_removed
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.actions import sso
from accounts.actions.audit import record
from accounts.models import SSOTrace, User
from accounts.sso.adapter import refusal
from accounts.sso.faults import SSOFailed
from accounts.sso.linking import link_and_tell

# In the session: the key under which the issuer's sign-in is remembered.
BEGAN_AS = "sso_began_as"


@receiver(user_logged_in)
def take_claims(
    sender: Any, request: HttpRequest, user: User, sociallogin: SocialLogin | None = None, **kwargs: Any
) -> None:
    if sociallogin is None:
        return
    provider, claims = sociallogin.account.provider, sociallogin.account.extra_data
    outcome = sociallogin.state.get("outcome", SSOTrace.Outcome.SIGNED_IN)
    if outcome == SSOTrace.Outcome.LINKED:
        # Not before: whoever has a second factor has given it by now.
        _link(request, user, sociallogin)
    sso.apply_claims(user=user, provider=provider, claims=claims, outcome=outcome)
    key = request.session.session_key
    assert key is not None  # signing in has stored it
    named = sociallogin.state.get("named", "")
    sso.remember_session(user=user, session_key=key, provider=provider, claims=claims, named=named)
    request.session[BEGAN_AS] = key


def _link(request: HttpRequest, user: User, sociallogin: SocialLogin) -> None:
    """Raises: ImmediateHttpResponse, and nobody is signed in."""
    try:
        link_and_tell(request, user, sociallogin, SSOTrace.Outcome.LINKED)
    except SSOFailed as fault:
        get_account_adapter(request).logout(request)
        raise ImmediateHttpResponse(refusal(request, sociallogin, fault.reason)) from fault


@receiver([password_changed, password_set])
def follow_session(sender: Any, request: HttpRequest | None, **kwargs: Any) -> None:
    """The session goes on under another key, and the issuer can still have it ended."""
    if request is not None and (began_as := request.session.get(BEGAN_AS)) and request.session.session_key:
        sso.follow_session(began_as=began_as, session_key=request.session.session_key)
        request.session[BEGAN_AS] = request.session.session_key


@receiver(social_account_removed)
def record_disconnected(sender: Any, socialaccount: SocialAccount, **kwargs: Any) -> None:
    person = socialaccount.user
    record("sso.disconnected", by=person, concerns=person, details={"provider": socialaccount.provider})
