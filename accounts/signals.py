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
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import pre_save
from django.dispatch import Signal, receiver
from django.http import HttpRequest

from accounts.actions import people
from accounts.actions.audit import record
from accounts.actions.consents import ask_for_terms
from accounts.addresses import normal_address
from accounts.models import User


@receiver(pre_save, sender=User)
def ask_new_person_for_terms(sender: Any, instance: User, **kwargs: Any) -> None:
    """However they come to be: by signing up, by an administrator, by another site's word."""
    if instance._state.adding:
        ask_for_terms(instance)


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
    email_added: "address.added",
    email_changed: "address.changed",
    email_removed: "address.removed",
}


@receiver(list(_RECORDED))
def record_of_account(sender: Any, signal: Signal, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        record(_RECORDED[signal], by=user, concerns=user)


@receiver(password_set)
def record_set_password(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """Without a request it is an administrator who sets it, and the admin records that."""
    if request is not None:
        record("password.set", by=user, concerns=user)


@receiver(email_confirmed)
def record_confirmed_address(sender: Any, email_address: EmailAddress, **kwargs: Any) -> None:
    record("address.confirmed", by=email_address.user, concerns=email_address.user)


@receiver(user_login_failed)
def record_refused_sign_in(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    address = normal_address(str(credentials.get("email") or credentials.get("username") or ""))
    person = User.objects.filter(email=address).first()
    record("session.refused", by=None, concerns=person)
