"""How much each tier may use, and how an operator changes it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from convoscope.settings import env


@dataclass(frozen=True, slots=True)
class TierLimit:
    """Requests and tokens a minute; None means as many tokens as they like."""

    requests: int
    tokens: int | None


DEFAULT_TIER_LIMITS = {
    "free": TierLimit(10, 10_000),
    "starter": TierLimit(60, 60_000),
    "professional": TierLimit(300, 300_000),
    "enterprise": TierLimit(1_000, 1_000_000),
}
_FORM = "a list such as free=10/10000,enterprise=1000, of requests a minute and, behind a /, tokens"
_ENTRY = re.compile(r"(\w+)\s*=\s*([1-9][0-9]{0,8})(?:/([1-9][0-9]{0,11}))?", re.ASCII)


def tier_limits(name: str) -> dict[str, TierLimit]:
    """`free=10/10000,starter=60`: requests and tokens a minute of the tiers that it names, the tokens not limited where
    they are left out. The other tiers keep their figures.

    Raises: ImproperlyConfigured for anything else, a tier that there isn't, or one named twice.
    """
    found: dict[str, TierLimit] = {}
    for entry in env.words(name):
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise ImproperlyConfigured(f"{name} must be {_FORM}; {entry!r} is not.")
        tier, requests, tokens = match.groups()
        if tier not in DEFAULT_TIER_LIMITS:
            raise ImproperlyConfigured(f"{name} names {tier!r}, which is none of {', '.join(DEFAULT_TIER_LIMITS)}.")
        if tier in found:
            raise ImproperlyConfigured(f"{name} names {tier} twice.")
        found[tier] = TierLimit(int(requests), int(tokens) if tokens else None)
    return DEFAULT_TIER_LIMITS | found
