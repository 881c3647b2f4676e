"""Whether the rolled-up days still say what their lines do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from providers.models import RolledDay, UsageDay
from providers.reports.figures import NAMES, OF_DAYS, Figures
from providers.reports.totals import ROLLED_TABLES, Groups, Key, RolledTable, grouped, line_sums, shortened


def check_roll_ups() -> list[str]:
    """How the rolled-up sums differ from the lines, one sentence for each group that does; empty if none does.

    A day that has got lines since it was rolled up is no drift: the next roll-up takes them in, and until then reports
    read its lines.
    """
    return [drift for rolled in RolledDay.objects.order_by("day") for drift in _drifts_of(rolled)]


def _drifts_of(rolled: RolledDay) -> Iterator[str]:
    sums = line_sums(rolled.day)
    lines = sum(figures.calls for figures in sums.values())
    if lines > rolled.lines:
        return
    if lines < rolled.lines:
        yield f"{rolled.day}: {rolled.lines} lines were rolled up and {lines} are there"
    for table in ROLLED_TABLES:
        stored = dict(grouped(table.objects.filter(day=rolled.day), ROLLED_TABLES[table], OF_DAYS))
        found = shortened(sums, ROLLED_TABLES[UsageDay], ROLLED_TABLES[table])
        yield from _differences(rolled.day, table, stored, found)


def _differences(day: date, table: RolledTable, stored: Groups, sums: Groups) -> Iterator[str]:
    for key in sorted({*stored, *sums}, key=str):
        rolled, found = stored.get(key, Figures()), sums.get(key, Figures())
        wrong = [
            f"{name} {getattr(rolled, name)} instead of {getattr(found, name)}"
            for name in NAMES
            if getattr(rolled, name) != getattr(found, name)
        ]
        if wrong:
            yield f"{day}, {table.__name__} of {_said(table, key)}: {', '.join(wrong)}"


def _said(table: RolledTable, key: Key) -> str:
    return " ".join(f"{name}={value}" for name, value in zip(ROLLED_TABLES[table], key, strict=True) if value)
