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
    return settings.SIGNUP_POLICY in ("open", "domains") or is_new_installation() or waits_for_administrator()


def is_by_organisation() -> bool:
    """Accounts come from the organisation's own sign-in."""
    return bool(settings.SIGNUP_POLICY == "sso")


def domains() -> str:
    """Of addresses that may sign up, where it depends on that."""
    return ", ".join(settings.SIGNUP_DOMAINS) if settings.SIGNUP_POLICY == "domains" else ""


def waits_for_administrator() -> bool:
    """The account of ADMIN_EMAIL is still to come."""
    address = settings.ADMIN_EMAIL
    return bool(address) and not User.objects.filter(email=normal_address(address)).exists()


def first_becomes_administrator() -> bool:
    return not settings.ADMIN_EMAIL and not settings.IS_PRODUCTION


def appeals_to() -> str:
    """The address that who can't sign in may write to; blank where none is known."""
    return str(settings.ADMIN_EMAIL)


def answers_offline() -> bool:
    """No provider has a key: nothing that is asked leaves the machine."""
    return not settings.PROVIDERS


def identity_providers() -> list[Configured]:
    """Through which people may sign in."""
    return configured_providers()
