"""Bars for each day, drawn on the server: the shapes of an SVG, with what they say in words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10
from types import MappingProxyType

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from providers.reports.period import Period

WIDTH, HEIGHT = 960, 160
# More would be thinner than a gap between two; of a longer period each bar holds several days.
MAX_BARS = 100
# So many have a texture of their own; what is left is the last series, "others".
MAX_SERIES = 5
# Two digits at the top of a scale. The last is for what floating point takes for the power of ten below it.
ROUND_NUMBERS = (10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100, 120)
GAP_SHARE = 0.2
MAX_GAP = 6.0


@dataclass(frozen=True, slots=True)
class Series:
    """One part of every bar. `texture` numbers its look, from 1; `path` is the outline of all its parts."""

    label: str
    texture: int
    total: str
    path: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`scale` are the words at the top, middle and bottom of the axis; `label` says in a sentence what is seen."""

    title: str
    label: str
    series: tuple[Series, ...]
    scale: tuple[str, str, str]
    first: date
    last: date

    width = WIDTH
    height = HEIGHT


def bars(
    title: str,
    period: Period,
    values: Sequence[tuple[str, Mapping[date, int]]],
    *,
    shown: Callable[[int], str],
    partial: Mapping[str, Collection[date]] = MappingProxyType({}),
    shown_partial: Callable[[int], str] | None = None,
    adds_up: bool = True,
) -> Chart:
    """The values by day of each named series, stacked in their order, the first at the bottom. `shown` says a value,
    `shown_partial` a sum that holds one of the `partial` days of a series, where more was used than is known. Where
    days don't add up, as people and times don't, no sum is said, and each of them has a bar.
    """
    assert adds_up or len(period) <= MAX_BARS
    step = ceil(len(period) / MAX_BARS)
    days = list(period)
    groups = [days[start : start + step] for start in range(0, len(days), step)]
    heights = [[sum(by_day.get(day, 0) for day in group) for group in groups] for _label, by_day in values]
    sums = [sum(column) for column in zip(*heights, strict=True)] if heights else []
    top = _round_up(max(sums, default=0))
    paths = _paths(heights, top)
    vague = {label: {*partial.get(label, ())} for label, _by_day in values}

    def said(value: int, labels: Iterable[str], days: Iterable[date]) -> str:
        is_vague = any(not vague[label].isdisjoint(days) for label in labels)
        return shown_partial(value) if is_vague and shown_partial else shown(value)

    return Chart(
        title=_title(title, step),
        label=_label(title, period, groups, sums, lambda value, days: said(value, vague, days), adds_up=adds_up),
        series=tuple(
            Series(label, number, said(sum(column), [label], days) if adds_up else "", path)
            for number, ((label, _by_day), column, path) in enumerate(zip(values, heights, paths, strict=True), 1)
        ),
        # Where there is nothing, the least that a scale can have would be read as something.
        scale=(shown(top), shown(top // 2), shown(0)) if any(sums) else ("", "", shown(0)),
        first=period.first,
        last=period.last,
    )


def _paths(heights: Sequence[Sequence[int]], top: int) -> list[str]:
    """For each series its rectangles, as far as they are high enough to be seen."""
    if not heights:
        return []
    room = WIDTH / len(heights[0])
    gap = min(MAX_GAP, room * GAP_SHARE)
    grown = [0] * len(heights[0])
    paths = []
    for column in heights:
        parts = []
        for number, value in enumerate(column):
            if value:
                low, high = _y(grown[number], top), _y(grown[number] + value, top)
                x = number * room + gap / 2
                parts.append(f"M{x:.1f} {low:.1f}V{high:.1f}H{x + room - gap:.1f}V{low:.1f}z")
            grown[number] += value
        paths.append("".join(parts))
    return paths


def _y(value: int, top: int) -> float:
    return HEIGHT * (1 - value / top)


def _round_up(value: int) -> int:
    """The next number that reads well, as does its half."""
    if value <= 10:
        return max(2, value + value % 2)
    power: int = 10 ** (floor(log10(value)) - 1)
    return next(factor * power for factor in ROUND_NUMBERS if factor * power >= value)


def _title(title: str, step: int) -> str:
    if step == 1:
        return title
    words = ngettext("%(title)s, %(count)d day a bar", "%(title)s, %(count)d days a bar", step)
    return words % {"title": title, "count": step}


def _label(
    title: str,
    period: Period,
    groups: Sequence[Sequence[date]],
    sums: Sequence[int],
    said: Callable[[int, Sequence[date]], str],
    *,
    adds_up: bool,
) -> str:
    highest = max(sums, default=0)
    its_days = groups[sums.index(highest)] if highest else []
    words = {
        "title": title,
        "first": date_format(period.first, "DATE_FORMAT"),
        "last": date_format(period.last, "DATE_FORMAT"),
        "total": said(sum(sums), list(period)),
        "highest": said(highest, its_days),
        "day": date_format(its_days[0], "MONTH_DAY_FORMAT") if its_days else "",
    }
    if not highest:
        return _("%(title)s, %(first)s to %(last)s: nothing.") % words
    if not adds_up:
        return _("%(title)s, %(first)s to %(last)s: most on %(day)s with %(highest)s.") % words
    if len(groups[0]) > 1:
        return _("%(title)s, %(first)s to %(last)s: %(total)s in all, most from %(day)s on with %(highest)s.") % words
    return _("%(title)s, %(first)s to %(last)s: %(total)s in all, most on %(day)s with %(highest)s.") % words
