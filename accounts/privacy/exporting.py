"""The tables of an export: each as JSON and as CSV, read row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from accounts.privacy.registry import Rows, Table, tables
from convoscope.encrypted_content import Unreadable
from convoscope.encrypted_fields import is_marked, unlocked

READ_AT_ONCE = 500


def account_files(user_id: UUID) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Shape: the name of each file, and its pieces, which are to be read before the next one is asked for."""
    for table in tables():
        if isinstance(table.export, Rows):
            yield f"account/{table.export.file}.json", _json(table, table.export, user_id)
            yield f"account/{table.export.file}.csv", _csv(table, table.export, user_id)


def _rows(table: Table, export: Rows, user_id: UUID) -> Iterator[dict[str, Any]]:
    rows = table.rows(user_id).order_by("pk").values_list(*export.columns)
    for row in rows.iterator(READ_AT_ONCE):
        values = dict(zip(export.columns, map(unlocked, row), strict=True))
        # Of a list, too, words say that it can't be read.
        lost = {name: Unreadable().user_message for name, value in values.items() if is_marked(value)}
        yield (export.readable(values) if export.readable else values) | lost


def _json(table: Table, export: Rows, user_id: UUID) -> Iterator[bytes]:
    yield b"["
    before = b"\n"
    for row in _rows(table, export, user_id):
        yield before + orjson.dumps(row, default=str)
        before = b",\n"
    yield b"\n]\n"


def _csv(table: Table, export: Rows, user_id: UUID) -> Iterator[bytes]:
    yield _line(export.columns)
    for row in _rows(table, export, user_id):
        yield _line([_cell(value) for value in row.values()])


def _line(cells: Any) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()


def _cell(value: Any) -> object:
    if isinstance(value, dict | list):
        return orjson.dumps(value, default=str).decode()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        # A program for tables would take it for a formula.
        return f"'{value}"
    return value
