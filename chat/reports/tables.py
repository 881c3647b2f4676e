"""Tables as the page shows them and as they are downloaded: the same columns and rows, written in two ways."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from convoscope.numbers import number, percent
from providers.money import usd, usd_decimal

Kind: TypeAlias = Literal["text", "count", "money", "share"]
# What programs that open a CSV may take for a formula. https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


# Without it Excel takes UTF-8 for the code page of the machine it runs on.
BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Nano-dollars, to which calls of unknown price come."""

    nanousd: int


# "" where a figure makes no sense; None for a cost that nobody knows.
Value: TypeAlias = str | int | float | AtLeast | None


@dataclass(frozen=True, slots=True)
class Column:
    """`name` heads the column of a download, `label` that of the page, where one that `may_be_left_out` needs a total.

    Units: money is nano-dollars, a share is of 1.
    """

    name: str
    label: str
    kind: Kind
    may_be_left_out: bool = False

    @property
    def is_figure(self) -> bool:
        return self.kind != "text"


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    is_figure: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of values in the order of the columns, of which the first names the row. `total` is one row more."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Value, ...]]
    total: tuple[Value, ...] | None = None

    def on_page(self, limit: int) -> ShownTable:
        places = [
            place
            for place, column in enumerate(self.columns)
            if not column.may_be_left_out or self.total is None or self.total[place]
        ]
        columns = tuple(self.columns[place] for place in places)

        def cells(row: tuple[Value, ...]) -> list[Cell]:
            return [
                Cell(shown(row[place], self.columns[place].kind), self.columns[place].is_figure) for place in places
            ]

        return ShownTable(
            name=self.name,
            title=self.title,
            columns=columns,
            rows=[cells(row) for row in self.rows[:limit]],
            total=cells(self.total) if self.total and len(self.rows) > 1 else [],
            count=len(self.rows),
        )

    def csv_lines(self) -> Iterator[str]:
        """The whole table for other programs: full numbers, in dollars, and no total, which would be counted twice.

        It is the same in every language: what isn't known is an empty cell.
        """
        writer = csv.writer(_Echo())
        yield BYTE_ORDER_MARK + writer.writerow([column.name for column in self.columns])
        for row in self.rows:
            yield writer.writerow([_raw(column, value) for column, value in zip(self.columns, row, strict=True)])


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table as the page shows it: the first rows, of `count`."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: list[list[Cell]]
    total: list[Cell]
    count: int

    @property
    def is_cut(self) -> bool:
        return self.count > len(self.rows)


class _Echo:
    """A file that gives each line back to who writes it."""

    def write(self, line: str) -> str:
        return line


def shown(value: Value, kind: Kind = "money") -> str:
    """A value as people read it."""
    match kind, value:
        case _, "":
            return "\N{EN DASH}"
        case _, AtLeast(nanousd):
            return usd(nanousd, is_partly_known=True)
        case "money", int() | None:
            return usd(value)
        case "count", int():
            return number(value)
        case "share", int() | float():
            return percent(value)
        case _:
            return str(value)


def _raw(column: Column, value: Value) -> str:
    match column.kind, value:
        case _, AtLeast(nanousd):
            return f"{usd_decimal(nanousd):f}"
        case "money", int():
            return f"{usd_decimal(value):f}"
        case _, None:
            return ""
        case "text", str():
            return guarded(value)
        case _:
            return str(value)


def guarded(text: str) -> str:
    """A text that no program takes for a formula: an apostrophe before it says that it is text."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
