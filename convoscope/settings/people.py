"""Readers of the variables about people."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from convoscope.settings import env

ROLES = ("user", "moderator", "analyst", "administrator")


def roles(name: str) -> list[str]:
    """A comma-separated list of roles; "user" is everybody.

    Raises: ImproperlyConfigured for anything else.
    """
    found = [word.lower() for word in env.words(name)]
    for role in found:
        if role not in ROLES:
            raise ImproperlyConfigured(f"{name} names {role!r}, which is none of {', '.join(ROLES)}.")
    return found
