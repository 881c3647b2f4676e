"""A confirmed address may make an administrator. What people do with their accounts goes into the audit log."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import (
    email_added,
    email_changed,
    email_confirmed,
    email_removed,
    password_changed,
    password_reset,
    password_set,
    user_signed_up,
)
from allauth.account.stages import EmailVerificationStage, LoginStageController
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import Signal, receiver
from django.http import HttpRequest

from accounts.actions import people
from accounts.actions.audit import record
from accounts.addresses import normal_address
from accounts.models import User
from accounts.sessions import remember_noted


@receiver(email_confirmed)
def take_confirmed_address(sender: Any, request: HttpRequest, email_address: EmailAddress, **kwargs: Any) -> None:
    if _is_in_the_browser_of(email_address.user, request):
        people.confirm_address(user=email_address.user, address=email_address.email)


def _is_in_the_browser_of(user: User, request: HttpRequest) -> bool:
    """Whether who opened the link is who chose the password. Otherwise a stranger could sign up with an administrator's
    address and wait until its owner follows the link in the mail."""
    if request.user.is_authenticated:
        return request.user.pk == user.pk
    stage = LoginStageController.enter(request, EmailVerificationStage.key)
    return stage is not None and stage.login.user is not None and stage.login.user.pk == user.pk


# What each is called in the audit log; the person is who did it and whom it concerns.
_RECORDED: dict[Signal, str] = {
    user_signed_up: "account.signed_up",
    user_logged_in: "session.began",
    user_logged_out: "session.ended",
    password_changed: "password.changed",
    password_reset: "password.reset",
    password_set: "password.set",
    email_added: "address.added",
    email_changed: "address.changed",
    email_removed: "address.removed",
}


@receiver(list(_RECORDED))
def record_of_account(sender: Any, signal: Signal, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        record(_RECORDED[signal], by=user, concerns=user)


@receiver(user_logged_in)
def remember_session(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    """Its first use is written down by the sign-in itself."""
    remember_noted(str(request.session.session_key))


@receiver(email_confirmed)
def record_confirmed_address(sender: Any, email_address: EmailAddress, **kwargs: Any) -> None:
    record("address.confirmed", by=email_address.user, concerns=email_address.user)


@receiver(user_login_failed)
def record_refused_sign_in(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    address = normal_address(str(credentials.get("email") or credentials.get("username") or ""))
    person = User.objects.filter(email=address).first()
    record("session.refused", by=None, concerns=person)


# The second factor


@receiver(authenticator_added)
@receiver(authenticator_reset)
def record_added_factor(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        record("factor.recovery_codes_made", by=user, concerns=user)
    else:
        record("factor.added", by=user, concerns=user, details={"type": authenticator.type})


@receiver(authenticator_removed)
def record_removed_factor(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    record("factor.removed", by=user, concerns=user, details={"type": authenticator.type})


@receiver(authenticator_used)
def record_used_code(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Of recovery codes there are few; what else is used shows in the sign-in."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        authenticator.refresh_from_db()
        left = len(authenticator.wrap().get_unused_codes())
        record("factor.recovery_code_used", by=user, concerns=user, details={"left": left})


@receiver(authentication_failed)
def record_refused_factor(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    record("factor.refused", by=None, concerns=user)
