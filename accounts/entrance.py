"""What the pages before the sign-in have to say about this installation."""

from __future__ import annotations

from django.conf import settings

from accounts.addresses import normal_address
from accounts.models import User
from accounts.sso.configured import Configured, configured_providers


def is_new_installation() -> bool:
    """Nobody has an account yet."""
    return not User.objects.exists()


def is_open_for_sign_up() -> bool:
    """Whether anybody may; the address itself is checked when it is typed."""
    return settings.SIGNUP_POLICY == "open" or is_new_installation() or waits_for_administrator()


def waits_for_administrator() -> bool:
    """The account of ADMIN_EMAIL is still to come."""
    address = settings.ADMIN_EMAIL
    return bool(address) and not User.objects.filter(email=normal_address(address)).exists()


def first_becomes_administrator() -> bool:
    return not settings.ADMIN_EMAIL and not settings.IS_PRODUCTION


def answers_offline() -> bool:
    """No provider has a key: nothing that is asked leaves the machine."""
    return not settings.PROVIDERS


def identity_providers() -> list[Configured]:
    """Through which people may sign in."""
    return configured_providers()
