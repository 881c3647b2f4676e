"""A confirmed address may make an administrator. What people do with their accounts goes into the audit log."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import (
    authentication_step_completed,
    email_added,
    email_changed,
    email_confirmed,
    email_removed,
    login_code_rejected,
    password_changed,
    password_reset,
    password_set,
    user_signed_up,
)
from allauth.account.stages import EmailVerificationStage, LoginByCodeStage, LoginStage, LoginStageController
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import pre_save
from django.dispatch import Signal, receiver
from django.http import HttpRequest

from accounts.actions import people
from accounts.actions.audit import record
from accounts.actions.consents import ask_for_terms
from accounts.actions.sso_links import forget_links
from accounts.addresses import normal_address
from accounts.models import User
from accounts.sessions import remember_noted


@receiver(pre_save, sender=User)
def ask_new_person_for_terms(sender: Any, instance: User, **kwargs: Any) -> None:
    """However they come to be: by signing up, by an administrator, by another site's word."""
    if instance._state.adding:
        ask_for_terms(instance)


@receiver(email_confirmed)
def take_confirmed_address(sender: Any, request: HttpRequest, email_address: EmailAddress, **kwargs: Any) -> None:
    person = email_address.user
    if _is_at(LoginByCodeStage, person, request):
        # Whoever signed up with this address never confirmed it. It may have been a stranger, who knows the password,
        # or came through a provider.
        person.set_unusable_password()
        person.save(update_fields=["password"])
        forget_links(user=person)
    elif not _is_in_the_browser_of(person, request):
        return
    people.confirm_address(user=person, address=email_address.email)


@receiver(password_reset)
def forget_links_of_strangers(sender: Any, user: User, **kwargs: Any) -> None:
    """Whoever gets its mail has chosen the password. What was connected before may be the way in of a stranger."""
    if not EmailAddress.objects.filter(user=user, verified=True).exists():
        forget_links(user=user)


def _is_in_the_browser_of(user: User, request: HttpRequest) -> bool:
    """Whether who opened the link is who chose the password. Otherwise a stranger could sign up with an administrator's
    address and wait until its owner follows the link in the mail."""
    if request.user.is_authenticated:
        return request.user.pk == user.pk
    return _is_at(EmailVerificationStage, user, request)


def _is_at(kind: type[LoginStage], user: User, request: HttpRequest) -> bool:
    """Whether this browser has come so far with the sign-in of that person."""
    stage = LoginStageController.enter(request, kind.key)
    return stage is not None and stage.login.user is not None and stage.login.user.pk == user.pk


@receiver(authentication_step_completed)
def take_address_of_code(sender: Any, user: User, method: str, email: str = "", **kwargs: Any) -> None:
    """An account that was made in the admin has no address of allauth's yet: the code came there, so it is theirs."""
    if method == "code" and email and not EmailAddress.objects.filter(user=user).exists():
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
        people.confirm_address(user=user, address=email)


# What each is called in the audit log; the person is who did it and whom it concerns.
_RECORDED: dict[Signal, str] = {
    user_signed_up: "account.signed_up",
    user_logged_in: "session.began",
    user_logged_out: "session.ended",
    password_changed: "password.changed",
    password_reset: "password.reset",
    password_set: "password.set",
    email_added: "address.added",
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
    person = email_address.user
    # The one before is still there: the address takes its place, and allauth tells of that next.
    if not EmailAddress.objects.filter(user=person).exclude(pk=email_address.pk).exists():
        record("address.confirmed", by=person, concerns=person)


@receiver(email_changed)
def record_changed_address(
    sender: Any, user: User, from_email_address: EmailAddress | None = None, **kwargs: Any
) -> None:
    if from_email_address is not None:
        record("address.changed", by=user, concerns=user)


@receiver(user_login_failed)
def record_refused_sign_in(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    address = normal_address(str(credentials.get("email") or credentials.get("username") or ""))
    person = User.objects.filter(email=address).first()
    record("session.refused", by=None, concerns=person)


@receiver(login_code_rejected)
def record_refused_code(sender: Any, user: User, **kwargs: Any) -> None:
    record("session.refused", by=None, concerns=user)


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
