"""A confirmed address may make an administrator."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from django.dispatch import receiver

from accounts.actions import people


@receiver(email_confirmed)
def take_confirmed_address(sender: Any, email_address: EmailAddress, **kwargs: Any) -> None:
    people.confirm_address(user=email_address.user, address=email_address.email)
