"""A line of the table of who gets what at an address; `tests/test_access_matrix.py` has the table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

OWNER = frozenset({"owner"})
ADMINISTRATOR = frozenset({"administrator"})
ANALYSTS = frozenset({"analyst", "administrator"})
SIGNED_IN = frozenset({"owner", "stranger", "moderator", "analyst", "administrator"})
EVERYBODY = SIGNED_IN | {"visitor"}


@dataclass(frozen=True, slots=True)
class Line:
    """Who may use an address, and by which methods. To others signed in there is nothing there.

    `form` is what its POST sends, which changes something unless it only `asks`. `of` are things that take the place of
    those that the address's parameters name. `answers` is the status, where it is none of success; `refuses` is what
    others get.
    """

    who: frozenset[str]
    methods: tuple[str, ...]
    form: dict[str, str] = field(default_factory=dict)
    asks: bool = False
    answers: int = 0
    refuses: str = "404"
    of: dict[str, str] = field(default_factory=dict)


def get(who: frozenset[str], **given: Any) -> Line:
    return Line(who, ("GET",), **given)


def post(who: frozenset[str], form: dict[str, str] | None = None, **given: Any) -> Line:
    return Line(who, ("POST",), form or {}, **given)


def both(who: frozenset[str], form: dict[str, str], **given: Any) -> Line:
    return Line(who, ("GET", "POST"), form, **given)
