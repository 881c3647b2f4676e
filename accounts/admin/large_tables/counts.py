"""About how many rows a table has, without counting them."""

from __future__ import annotations

from django.db import connection
from django.db.models import Model

# So many are counted; of more the database's own estimate is told.
COUNTED_UP_TO = 10_000


def about_how_many(model: type[Model]) -> tuple[int, bool]:
    """The number, and whether it is exact."""
    counted = model._default_manager.order_by()[: COUNTED_UP_TO + 1].count()
    if counted <= COUNTED_UP_TO:
        return counted, True
    return max(_estimate(model._meta.db_table), counted), False


def _estimate(table: str) -> int:
    """PostgreSQL remembers it of the last VACUUM or ANALYZE. On SQLite rows are numbered as they come: what was deleted
    in between counts along."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
        else:
            name = connection.ops.quote_name(table)
            # Asked for both at once it would read the whole table.
            cursor.execute(f"SELECT (SELECT max(rowid) FROM {name}) - (SELECT min(rowid) FROM {name}) + 1")  # noqa: S608  # nosec B608  # a table of ours
        return int(cursor.fetchone()[0])
