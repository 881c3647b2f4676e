"""A confirmed address may make an administrator."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from allauth.account.stages import EmailVerificationStage, LoginStageController
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.actions import people
from accounts.models import User


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
