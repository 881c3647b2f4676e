"""What follows a sign-in through a provider, once it is complete: also after a second factor or a confirmed address."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import user_logged_in
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.signals import social_account_added, social_account_removed
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.actions import sso
from accounts.actions.audit import record
from accounts.models import SSOTrace, User


@receiver(user_logged_in)
def take_claims(
    sender: Any, request: HttpRequest, user: User, sociallogin: SocialLogin | None = None, **kwargs: Any
) -> None:
    if sociallogin is None:
        return
    provider, claims = sociallogin.account.provider, sociallogin.account.extra_data
    outcome = sociallogin.state.get("outcome", SSOTrace.Outcome.SIGNED_IN)
    sso.apply_claims(user=user, provider=provider, claims=claims, outcome=outcome)
    key = request.session.session_key
    assert key is not None  # signing in has stored it
    sso.remember_session(user=user, session_key=key, provider=provider, claims=claims)


@receiver(social_account_added)
def record_connected(sender: Any, sociallogin: SocialLogin, **kwargs: Any) -> None:
    account: SocialAccount = sociallogin.account
    record("sso.connected", by=account.user, concerns=account.user, details={"provider": account.provider})
    if sociallogin.state.get("process") == AuthProcess.CONNECT:
        sso.write_trace(
            provider=account.provider,
            user=account.user,
            outcome=SSOTrace.Outcome.CONNECTED,
            claims=account.extra_data,
        )


@receiver(social_account_removed)
def record_disconnected(sender: Any, socialaccount: SocialAccount, **kwargs: Any) -> None:
    person = socialaccount.user
    record("sso.disconnected", by=person, concerns=person, details={"provider": socialaccount.provider})
