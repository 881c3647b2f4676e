"""The rows of a report: usage by model, user, team, feature or day, with names that people know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.actions.consents import who_declined
from accounts.models import Consent, Team, User
from providers.reports.figures import Figures
from providers.reports.totals import COMPLETE, Dimension, Groups, Key, Usage, added
from providers.words import feature_name

Breakdown: TypeAlias = Literal["model", "user", "team", "feature", "day"]

# The feature whose calls are no completions.
EMBEDDING = "embedding"
DIMENSIONS: Mapping[Breakdown, tuple[Dimension, ...]] = {
    "model": ("endpoint", "model"),
    "user": ("user_id",),
    "team": ("team_id",),
    "feature": ("feature",),
    "day": ("day",),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One group. `key` holds the values of the breakdown's dimensions.

    `answered` counts completions that were completed: after a fallback, a request is that of the model that was asked
    first, and answered by another one.
    """

    key: Key
    label: str
    figures: Figures
    answered: int = 0

    @property
    def cost_per_answer(self) -> int | None:
        """Nano-dollars; what failed calls cost is in it."""
        cost = self.figures.cost
        return None if cost is None or not self.answered else round(cost / self.answered)


def break_down(usage: Usage, by: Breakdown) -> list[Row]:
    """The groups that have calls, the dearest first; days in their order, each day of the period among them."""
    if by == "model":
        return _by_model(usage)
    groups = usage.by(*DIMENSIONS[by])
    label = _LABELS[by](groups)
    if by == "day":
        return [Row((day,), label((day,)), groups.get((day,), Figures())) for day in usage.period]
    return _dearest_first(Row(key, label(key), figures) for key, figures in groups.items())


def _by_model(usage: Usage) -> list[Row]:
    groups = usage.by(*DIMENSIONS["model"], "feature", "outcome")
    answered: Counter[Key] = Counter()
    for key, figures in groups.items():
        if key[2] != EMBEDDING and key[3] == COMPLETE:
            answered[key[:2]] += figures.calls
    by_model = added((key[:2], figures) for key, figures in groups.items())
    return _dearest_first(Row(key, model_name(key), figures, answered[key]) for key, figures in by_model.items())


def _dearest_first(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-row.figures.cost_nanousd, -row.figures.calls, row.label))


def model_name(key: Key) -> str:
    endpoint, model = key[0], key[1]
    return f"{endpoint}/{model}"


def _of_users(groups: Groups) -> Callable[[Key], str]:
    emails: dict[UUID, str] = dict(User.objects.filter(id__in=_ids(groups)).values_list("id", "email"))
    unnamed = who_declined(Consent.Purpose.ANALYTICS, emails)

    def label(key: Key) -> str:
        if key[0] in unnamed:
            return _("Somebody who doesn't want to be named")
        return emails.get(key[0]) or _("Nobody, or a deleted account")

    return label


def _of_teams(groups: Groups) -> Callable[[Key], str]:
    names: dict[UUID, str] = dict(Team.objects.filter(id__in=_ids(groups)).values_list("id", "name"))
    return lambda key: names.get(key[0]) or _("No team")


def _of_features(groups: Groups) -> Callable[[Key], str]:
    return lambda key: feature_name(key[0])


def _of_days(groups: Groups) -> Callable[[Key], str]:
    def label(key: Key) -> str:
        day: date = key[0]
        return day.isoformat()

    return label


def _ids(groups: Groups) -> list[UUID]:
    return [key[0] for key in groups if key[0] is not None]


_LABELS: Mapping[str, Callable[[Groups], Callable[[Key], str]]] = {
    "user": _of_users,
    "team": _of_teams,
    "feature": _of_features,
    "day": _of_days,
}
