"""How the variants of an experiment compare: what answers cost, how soon they begin, and what people say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chat.experiments.assignment import RECORDED_AS, Variant
from chat.experiments.statistics import (
    Estimate,
    difference_of_means,
    difference_of_shares,
    differs,
    mean,
    share,
)
from chat.models import Experiment, Message, Run
from providers.ledger import costs_of


@dataclass(slots=True)
class Observed:
    """What was seen of one variant: nano-dollars and milliseconds by answer, conversations, and votes."""

    costs: list[float] = field(default_factory=list)
    first_token_ms: list[float] = field(default_factory=list)
    answers: int = 0
    conversations: int = 0
    good: int = 0
    rated: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure of both variants, and B less A. `is_apart`: chance alone would rarely make such a difference."""

    a: Estimate
    b: Estimate
    difference: Estimate

    @property
    def is_apart(self) -> bool:
        return differs(self.difference)


@dataclass(frozen=True, slots=True)
class Results:
    a: Observed
    b: Observed
    cost: Comparison
    first_token: Comparison
    good: Comparison


def results_of(experiment: Experiment) -> Results:
    a, b = _observe(experiment, "a"), _observe(experiment, "b")
    good_a, good_b = share(a.good, a.rated), share(b.good, b.rated)
    return Results(
        a=a,
        b=b,
        cost=_of_means(a.costs, b.costs),
        first_token=_of_means(a.first_token_ms, b.first_token_ms),
        good=Comparison(good_a, good_b, difference_of_shares(good_a, good_b)),
    )


def _observe(experiment: Experiment, variant: Variant) -> Observed:
    """Of the runs that have ended; one that continues an answer is another cost of it, and no answer of its own."""
    runs = Run.objects.filter(
        created_at__gte=experiment.started_at,
        finished_at__isnull=False,
        **{f"settings__{RECORDED_AS}__{experiment.id}": variant},
    )
    rows = list(
        runs.values_list("id", "kind", "timings", "message_id", "message__conversation_id", "message__feedback")
    )
    costs = costs_of([row[0] for row in rows])
    observed = Observed(
        costs=[float(cost.nanousd) for cost in costs.values() if not cost.has_unknown],
        answers=len({row[3] for row in rows}),
        conversations=len({row[4] for row in rows}),
    )
    votes = {message_id: feedback for _id, _kind, _timings, message_id, _conversation, feedback in rows if feedback}
    observed.rated = len(votes)
    observed.good = sum(feedback == Message.Feedback.GOOD for feedback in votes.values())
    for _id, kind, timings, *_rest in rows:
        if kind != Run.Kind.CONTINUE and timings.get("first_token_ms") is not None:
            observed.first_token_ms.append(float(timings["first_token_ms"]))
    return observed


def _of_means(a: Sequence[float], b: Sequence[float]) -> Comparison:
    return Comparison(mean(a), mean(b), difference_of_means(a, b))
