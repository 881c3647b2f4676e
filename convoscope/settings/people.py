"""Readers of the variables about people."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ImproperlyConfigured

from convoscope.settings import env

SIGNUP_POLICIES = ("open", "invitation", "domains", "sso")
_DOMAIN = re.compile(r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
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


def sign_up_domains(name: str, *, policy: str) -> list[str]:
    """A comma-separated list of domains, in the form of the DNS; `*.example.org` is all below that one.

    Raises: ImproperlyConfigured for anything else, and for none where the policy needs them.
    """
    found = []
    for word in env.words(name):
        try:
            domain = unicodedata.normalize("NFKC", word).lower().encode("idna").decode()
        except UnicodeError:
            domain = ""
        if not _DOMAIN.fullmatch(domain):
            raise ImproperlyConfigured(
                f"{name} must be a list of domains such as example.org, *.example.org: {word!r}."
            )
        found.append(domain)
    if policy == "domains" and not found:
        raise ImproperlyConfigured(f"{name} must name the domains that may sign up where SIGNUP_POLICY is domains.")
    return found
