"""What resolved conversations are worth beside what all of them cost."""

from __future__ import annotations

from dataclasses import dataclass

from chat.feedback import Votes
from chat.models import Conversation
from providers.models import Worth
from providers.reports.figures import Figures
from providers.reports.period import Period


@dataclass(frozen=True, slots=True)
class WorthReport:
    """Units: nano-dollars; None where it isn't known or nothing was set. `total` and `votes` are the period's."""

    worth: Worth | None
    resolved: int
    total: Figures
    votes: Votes

    @property
    def value_nanousd(self) -> int | None:
        return None if self.worth is None else self.worth.per_resolution_nanousd * self.resolved

    @property
    def return_percent(self) -> float | None:
        """What is left of the value after the cost, in percent of the cost; None where no cost is known. Calls of
        unknown price make it less."""
        cost = self.total.cost
        return None if self.value_nanousd is None or not cost else 100 * (self.value_nanousd - cost) / cost


def worth_report(period: Period, *, total: Figures, votes: Votes) -> WorthReport:
    return WorthReport(
        worth=Worth.objects.in_force(),
        resolved=resolved_conversations(period),
        total=total,
        votes=votes,
    )


def resolved_conversations(period: Period) -> int:
    """Conversations that were marked in the period and weren't reopened."""
    resolved = Conversation.objects.filter(resolved_at__gte=period.starts_at, resolved_at__lt=period.ends_before)
    return resolved.count()
