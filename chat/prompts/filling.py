"""What fills the places of a prompt: what is known of the person and their day, and what is asked for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, tzinfo

from django.utils import timezone

from accounts.models import User
from chat.prompts.variables import Variable, variables_of


def known_values(user: User, *, zone: tzinfo = UTC) -> dict[str, str]:
    """What nobody is asked for, by the names of variables. The day is that of the zone, written as every model reads
    it; a name is known only of those who have given one."""
    today = timezone.now().astimezone(zone).date()
    values = {"date": today.isoformat(), "user_name": user.get_full_name()}
    return {name: value for name, value in values.items() if value}


def questions_of(text: str, known: Collection[str]) -> list[Variable]:
    """What has to be asked for, in the order of the text."""
    return [variable for variable in variables_of(text) if variable.name not in known]
