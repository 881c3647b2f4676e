"""Ranges of whole days. Every day of a report is one in UTC, as the ledger's roll-up is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from providers.periods import at_midnight

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last`, both of them in it."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"{self.last} comes before {self.first}")

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range(len(self)))

    @property
    def starts_at(self) -> datetime:
        return at_midnight(self.first)

    @property
    def ends_before(self) -> datetime:
        """The first moment that is no longer in it."""
        return at_midnight(self.last) + ONE_DAY

    @classmethod
    def last_days(cls, count: int, *, today: date) -> Period:
        """`count` days that end with today."""
        return cls(today - timedelta(days=count - 1), today)

    @classmethod
    def month_of(cls, day: date) -> Period:
        first = day.replace(day=1)
        return cls(first, (first + timedelta(days=31)).replace(day=1) - ONE_DAY)

    def halves(self) -> tuple[Period, Period]:
        """Of two days or more, both halves, the second of which is never the shorter."""
        middle = self.first + timedelta(days=len(self) // 2)
        return Period(self.first, middle - ONE_DAY), Period(middle, self.last)


def spans(days: Iterable[date]) -> list[Period]:
    """The days, which come in order, as few ranges without gaps."""
    found: list[Period] = []
    for day in days:
        if found and found[-1].last + ONE_DAY == day:
            found[-1] = Period(found[-1].first, day)
        else:
            found.append(Period(day, day))
    return found
