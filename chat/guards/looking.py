"""Which guards look for a category, so that none is asked whose answer nobody wants."""

from __future__ import annotations

from collections.abc import Set

from chat.guards.attacks import find_attacks
from chat.guards.contract import Category, Finding, Place
from chat.guards.invisible import find_invisible
from chat.guards.pii import find_pii
from chat.guards.redaction import PII_CATEGORIES

ATTACKS: frozenset[Category] = frozenset({"injection", "jailbreak", "extraction"})


def look_for(categories: Set[Category], text: str, place: Place) -> list[Finding]:
    """Of these alone, in the order of the text. What is known by more than the text, leakage and links, has guards of
    its own."""
    found: list[Finding] = []
    if not text:
        return found
    if categories & ATTACKS:
        found += find_attacks(text, place)
    if "invisible" in categories:
        found += find_invisible(text, place)
    if categories & PII_CATEGORIES:
        found += find_pii(text, place)
    return sorted(one for one in found if one.category in categories)
