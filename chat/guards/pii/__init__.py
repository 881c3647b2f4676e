"""Personal data and secrets in a text."""

from __future__ import annotations

import re
from typing import NamedTuple

from chat.guards.contract import Finding, Place
from chat.guards.pii.addresses import find_emails, find_ipv6
from chat.guards.pii.growth import Growth
from chat.guards.pii.iban import find_ibans
from chat.guards.pii.identity import find_lettered_ids
from chat.guards.pii.keys import find_assigned, find_jwts, find_keys, find_private_keys, find_user_info
from chat.guards.pii.numbers import FOUND_SCORE, find_numbers
from chat.guards.pii.window import Finder, Waiting

FINDERS: tuple[Finder, ...] = (
    find_emails,
    find_numbers,
    find_lettered_ids,
    find_ibans,
    find_ipv6,
    find_keys,
    find_jwts,
    find_private_keys,
    find_assigned,
    find_user_info,
)
# Nothing is found in a text without any of these.
_ANYTHING = re.compile(r"[0-9@]|-----BEGIN |://|eyJ")


class Found(NamedTuple):
    """What begins before `until`, where all is decided. `growth`: of the last finding, if the text ended in it."""

    findings: list[Finding]
    until: int
    growth: Growth | None


def find_pii(text: str, place: Place = "input") -> list[Finding]:
    """None overlaps another: where several could begin, a secret comes before what it may contain, then the longest;
    what lies in a finding is looked at no more."""
    return find_between(text, 0, len(text), final=True).findings


def find_between(text: str, begin: int, end: int, *, final: bool) -> Found:
    """What begins from `begin` and before `end`. The text before is looked at for words; what follows `end` has to be
    there as far as it is known, and all of it if `final`."""
    if not _ANYTHING.search(text, max(0, begin - len("://"))):
        return Found([], end, None)
    candidates: list[Finding] = []
    for finder in FINDERS:
        for found in finder(text, begin, end, final):
            if isinstance(found, Waiting):
                end = min(end, found.start)
            elif found.score >= FOUND_SCORE:
                candidates.append(found)
    candidates.sort(key=_rank)
    findings: list[Finding] = []
    for candidate in candidates:
        if not begin <= candidate.start < end:
            continue
        growth = Growth.of(candidate.rule)
        begin = candidate.end
        if growth is not None:
            begin = growth.take(text, begin, final=final)
            candidate = Finding(candidate.start, begin, candidate.category, candidate.score, candidate.rule)
        findings.append(candidate)
        if growth is not None and not growth.is_over:
            return Found(findings, begin, growth)
    return Found(findings, max(begin, end), None)


def _rank(found: Finding) -> tuple[int, bool, float]:
    # Of what grows the end isn't known yet, so that how sure it is decides.
    grows = Growth.of(found.rule) is not None
    return found.start, not grows, -found.score if grows else found.start - found.end
