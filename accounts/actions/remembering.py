"""What a person has models told of themselves: instructions, and facts that are remembered across conversations.

How much a model can be told is checked by who counts tokens (`chat/actions/personal_memory.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import Preferences, User

Check: TypeAlias = Callable[[Preferences], None]


def set_instructions(*, user: User, instructions: str, tells_models: bool, check: Check) -> None:
    """`check` raises for what is too much; nothing is changed then."""

    def change(row: Preferences) -> None:
        row.instructions, row.tells_models = instructions, tells_models

    _change(user, change, check)


def add_fact(*, user: User, text: str, check: Check) -> None:
    def change(row: Preferences) -> None:
        row.facts = [*row.facts, {"id": str(uuid7()), "text": text, "created_at": timezone.now().isoformat()}]

    _change(user, change, check)


def change_fact(*, user: User, fact_id: UUID, text: str, check: Check) -> None:
    """A fact that was forgotten meanwhile stays forgotten."""

    def change(row: Preferences) -> None:
        row.facts = [fact | {"text": text} if fact["id"] == str(fact_id) else fact for fact in row.facts]

    _change(user, change, check)


def forget_fact(*, user: User, fact_id: UUID) -> None:
    def change(row: Preferences) -> None:
        row.facts = [fact for fact in row.facts if fact["id"] != str(fact_id)]

    _change(user, change, lambda _row: None)


def _change(user: User, change: Callable[[Preferences], None], check: Check) -> None:
    with transaction.atomic():
        row, _is_new = Preferences.objects.select_for_update().get_or_create(user=user)
        change(row)
        check(row)
        row.save(update_fields=["instructions", "facts", "tells_models"])
    user.preferences = row
