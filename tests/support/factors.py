"""Second factors as people have them."""

from __future__ import annotations

import time

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value

from accounts.models import User


def code_of(secret: str, steps: int = 0) -> str:
    """What an app shows now, or so many half minutes later."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def with_app(person: User) -> str:
    """The app's secret."""
    secret: str = generate_totp_secret()
    TOTP.activate(person, secret)
    return secret


def with_recovery_codes(person: User) -> list[str]:
    codes: list[str] = RecoveryCodes.activate(person).generate_codes()
    return codes
