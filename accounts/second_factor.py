"""Who needs a second factor, who has one, and what we decide where allauth asks about them."""

from __future__ import annotations

from typing import Any, cast

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.browsers import browser_in_words
from accounts.models import Role, User
from accounts.models.user import FACTORS
from accounts.origin import current_origin
from convoscope import encryption
from convoscope.errors import AppError

FIELD = "mfa.Authenticator.data"


class FactorUnreadable(AppError):
    """For whose second factor was stored under a secret that this site no longer has."""

    http_status = 409


def is_required(person: User) -> bool:
    """By one of their roles, where "user" is everybody's, or by one of their teams. Costs no query for whom a session
    names."""
    roles = set(settings.MFA_REQUIRED_ROLES)
    if Role.USER in roles or not roles.isdisjoint(person.role_names):
        return True
    return (Role.ADMINISTRATOR in roles and person.is_superuser) or person.team_requires_second_factor


def is_missing(person: User) -> bool:
    """Nothing but its set-up is open to them."""
    return is_required(person) and not person.has_second_factor


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": gettext_lazy(
            "Your account needs a second factor, and this is its only one. Add another one first."
        ),
        "cannot_generate_recovery_codes": gettext_lazy("Recovery codes stand in for a second factor. Add one first."),
        "incorrect_code": gettext_lazy(
            "This code is wrong, or was used already. Type the next one that the app shows; if none is taken, "
            "check the clock of the device that shows it."
        ),
    }

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text, field=FIELD)

    def decrypt(self, encrypted_text: str) -> str:
        """Raises: FactorUnreadable; nothing else would do, since an empty secret gives codes that anybody can
        reckon."""
        try:
            return encryption.decrypt(encrypted_text, field=FIELD)
        except encryption.Undecryptable as exc:
            raise FactorUnreadable(
                _(
                    "Your codes were stored under a key that this site no longer has, so they can't be checked. "
                    "Use a passkey, or ask an administrator to remove them."
                )
            ) from exc

    def build_totp_svg(self, url: str) -> str:
        """As a part of the page, without the declaration that begins a file."""
        return cast(str, super().build_totp_svg(url)).partition("?>")[2].strip()

    def is_mfa_enabled(self, user: User | None, types: Any = None) -> bool:
        """None is who was erased while the sign-in waited for the code."""
        return user is not None and bool(super().is_mfa_enabled(user, types))

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        if not is_required(authenticator.user):
            return True
        others = Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS).exclude(pk=authenticator.pk)
        return bool(others.exists())

    def generate_authenticator_name(self, user: User, type: Any) -> str:
        """By the browser in which it is made, which says best where it is."""
        origin = current_origin.get()
        return browser_in_words(origin.browser if origin else "")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": "Convoscope"}
