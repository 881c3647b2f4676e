"""What speaks for a moderator's look at a message, whoever says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chat.models.moderation import Category, Severity


@dataclass(frozen=True, slots=True)
class Concern:
    """`source` is one of `Flag.Source`; `details` are facts by name, without text."""

    source: str
    category: Category
    severity: Severity
    details: Mapping[str, object] = field(default_factory=dict)
