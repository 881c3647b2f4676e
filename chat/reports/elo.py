"""How models compare by people's own choices between answers: Elo ratings of the preference votes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from chat.models import PreferenceVote

FIRST_RATING = 1000.0
# Twice what one vote between equals moves each of them by; and the difference at which ten of eleven votes are expected
# to be won. The usual ones: https://en.wikipedia.org/wiki/Elo_rating_system (November 2026).
K = 32.0
SCALE = 400.0


@dataclass(frozen=True, slots=True)
class Standing:
    model: str
    rating: float
    won: int
    lost: int

    @property
    def won_share(self) -> float:
        return self.won / (self.won + self.lost)


@dataclass(frozen=True, slots=True)
class Preference:
    comparison_id: UUID
    winner: str
    loser: str


def standings() -> list[Standing]:
    """Of all votes, the best first."""
    votes = PreferenceVote.objects.order_by("cast_at", "comparison_id")
    rows = votes.values_list("comparison_id", "winner", "loser")
    return rate(Preference(*row) for row in rows.iterator())


def rate(preferences: Iterable[Preference]) -> list[Standing]:
    """The votes of one comparison count against the ratings before it, so that their order says nothing."""
    ratings: defaultdict[str, float] = defaultdict(lambda: FIRST_RATING)
    won: defaultdict[str, int] = defaultdict(int)
    lost: defaultdict[str, int] = defaultdict(int)
    for _comparison, votes in groupby(preferences, key=lambda vote: vote.comparison_id):
        moves: defaultdict[str, float] = defaultdict(float)
        for vote in votes:
            surprise = 1 - expected(ratings[vote.winner], ratings[vote.loser])
            moves[vote.winner] += K * surprise
            moves[vote.loser] -= K * surprise
            won[vote.winner] += 1
            lost[vote.loser] += 1
        for model, move in moves.items():
            ratings[model] += move
    found = [Standing(model, rating, won[model], lost[model]) for model, rating in ratings.items()]
    return sorted(found, key=lambda one: (-one.rating, one.model))


def expected(rating: float, other: float) -> float:
    """The share of votes that a model of that rating is expected to win of the other."""
    return 1 / (1 + 10 ** ((other - rating) / SCALE))
