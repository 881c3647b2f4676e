"""Erases what the register says, in pieces that let others write in between."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.privacy.registry import Erase, System, Table
from convoscope.background import let_others_write, time_is_up
from convoscope.encrypted_fields import without_content

ROWS_AT_ONCE = 200


class NotWhole(Exception):
    """Something of a system is left, which the next attempt takes. Seen by administrators as the last failure."""


def count_rows(system: System, user_id: UUID) -> dict[str, int]:
    """By the keys of its tables."""
    return {table.key: table.rows(user_id).count() for table in system.tables}


def erase_system(system: System, user_id: UUID) -> None:
    """Raises: NotWhole."""
    if system.work is not None:
        system.work(user_id)
    for table in system.tables:
        while not time_is_up() and _erase_some(table, user_id):
            let_others_write()
    left = [table.model for table in system.tables if table.erase != Erase.KEPT and table.rows(user_id).exists()]
    if left:
        raise NotWhole(", ".join(left))


def _erase_some(table: Table, user_id: UUID) -> int:
    """Rows that are kept without the person are theirs no more once that is cleared."""
    if table.erase == Erase.KEPT:
        return 0
    with transaction.atomic():
        ids = list(table.rows(user_id).values_list("pk", flat=True)[:ROWS_AT_ONCE])
        rows = table.model_class._base_manager.filter(pk__in=ids)
        if not ids:
            return 0
        if table.erase == Erase.DELETED:
            without_content(rows).delete()
        else:
            rows.update(**dict(table.clears))
    return len(ids)
