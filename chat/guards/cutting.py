"""Beginnings and ends of texts that models are given a part of, cut beside personal data and secrets: half of a key or
a number is found by nobody, and would be sent as it is."""

from __future__ import annotations

from chat.guards.pii import find_between

# So far before a cut something may begin that it would part: the longest are private keys.
REACH_CHARS = 8_000


def beginning(text: str, chars: int) -> str:
    """At most so many characters of it."""
    return text if len(text) <= chars else text[: _parted(text, chars)[0]]


def ending(text: str, chars: int) -> str:
    """At most so many characters of it."""
    return text if len(text) <= chars else text[_parted(text, len(text) - chars)[1] :]


def _parted(text: str, place: int) -> tuple[int, int]:
    """Where what a cut would part begins and ends: both are the place itself where there is nothing."""
    found = find_between(text, max(0, place - REACH_CHARS), place, final=True).findings
    return next(((one.start, one.end) for one in found if one.end > place), (place, place))
