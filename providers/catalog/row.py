"""Typed reading of one TOML table, with faults that name the entry and the field."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import cast


class CatalogError(ValueError):
    """`catalog.toml` contradicts itself. Stops the start; seen by whoever edited the file."""


class Row:
    """One table of the file: fields are taken out with their type checked; what is left over is a misspelling."""

    def __init__(self, name: str, values: object) -> None:
        self.name = name
        self._values = dict(cast(Mapping[str, object], values))

    def fault(self, field: str, problem: str) -> CatalogError:
        return CatalogError(f"catalog.toml, {self.name}: {field} {problem}")

    def refuse_rest(self) -> None:
        for field in self._values:
            raise self.fault(field, "is not a field of this table")

    def text(self, field: str, *, default: str | None = None) -> str:
        value = self._values.pop(field, default)
        if not isinstance(value, str) or (not value and default is None):
            raise self.fault(field, "must be a text")
        return value

    def texts(self, field: str, *, allowed: Collection[str] = ()) -> tuple[str, ...]:
        values = self._list(field)
        texts = tuple(value for value in values if isinstance(value, str))
        if len(texts) != len(values) or (allowed and not set(texts) <= set(allowed)):
            raise self.fault(field, f"must be a list of texts{', of ' + ', '.join(allowed) if allowed else ''}")
        return texts

    def choice(self, field: str, allowed: Collection[str]) -> str:
        value = self.text(field)
        if value not in allowed:
            raise self.fault(field, f"is {value!r}; allowed are {', '.join(allowed)}")
        return value

    def tokens(self, field: str, *, default: int | None = None) -> int:
        value = self._values.pop(field, default)
        if type(value) is not int or value <= 0:
            raise self.fault(field, "must be a whole number above 0")
        return value

    def optional_tokens(self, field: str) -> int | None:
        return self.tokens(field) if field in self._values else None

    def flag(self, field: str, *, default: bool) -> bool:
        value = self._values.pop(field, default)
        if not isinstance(value, bool):
            raise self.fault(field, "must be true or false")
        return value

    def money(self, field: str) -> Decimal:
        amount = self.optional_money(field)
        if amount is None:
            raise self.fault(field, "is missing")
        return amount

    def optional_money(self, field: str) -> Decimal | None:
        value = self._values.pop(field, None)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 <= value < 1_000_000:
            raise self.fault(field, "must be an amount of US dollars, 0 or more")
        return Decimal(value)

    def date(self, field: str) -> datetime.date | None:
        value = self._values.pop(field, None)
        if value is not None and type(value) is not datetime.date:
            raise self.fault(field, "must be a date")
        return value

    def table(self, field: str) -> Mapping[str, object]:
        value = self._values.pop(field, {})
        if not isinstance(value, dict):
            raise self.fault(field, "must be a table")
        return value

    def tables(self, field: str) -> list[Row]:
        return [Row(name, self._checked(name, values)) for name, values in self.table(field).items()]

    def rows(self, field: str) -> list[Row]:
        """Rows are named by their id, and by their place until they have one."""
        rows = []
        for number, values in enumerate(self._list(field), start=1):
            table = self._checked(f"{field} {number}", values)
            label = table.get("id") or table.get("successor") or number
            rows.append(Row(f"{field} {label}", table))
        return rows

    def _checked(self, name: str, values: object) -> Mapping[str, object]:
        if not isinstance(values, dict):
            raise self.fault(name, "must be a table")
        return values

    def _list(self, field: str) -> list[object]:
        value = self._values.pop(field, [])
        if not isinstance(value, list):
            raise self.fault(field, "must be a list")
        return value
