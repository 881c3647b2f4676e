"""What every guard takes and returns. A guard only finds; what a finding leads to is decided by a policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

# Where a text stands: what a person wrote, what was retrieved for it, what a tool returned, what the model says.
Place = Literal["input", "retrieved", "tool", "output"]

Category = Literal[
    "injection",
    "jailbreak",
    "extraction",
    "invisible",
    "email",
    "phone",
    "iban",
    "card",
    "national_id",
    "ip",
    "api_key",
    "private_key",
    "jwt",
    "leakage",
    "exfiltration",
    "keyword",
]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """`start` and `end` are places in the text as it was given, whatever was decoded or normalised to find it; `score`
    says how sure, from 0 to 1; `rule` names what matched, for whoever reviews it."""

    start: int
    end: int
    category: Category
    score: float
    rule: str


class Guard(Protocol):
    def __call__(self, text: str, place: Place) -> list[Finding]:
        """In the order of the text; they may overlap."""
        ...
