"""How the variants of an experiment compare: what answers cost, how soon they begin, and what people say of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models.fields.json import KT

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
from providers.reports.requests import cost_of_request, unpriced_calls_of_request

# How far the clocks of two servers may be apart, and how long one goes on with an experiment that another one stopped.
SLACK = timedelta(minutes=5)


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
    observed = _observe(experiment)
    a, b = observed["a"], observed["b"]
    good_a, good_b = share(a.good, a.rated), share(b.good, b.rated)
    return Results(
        a=a,
        b=b,
        cost=_of_means(a.costs, b.costs),
        first_token=_of_means(a.first_token_ms, b.first_token_ms),
        good=Comparison(good_a, good_b, difference_of_shares(good_a, good_b)),
    )


@dataclass(slots=True)
class _Answer:
    """One message that took part, of all its runs. `cost` is None while no run of it has a line in the ledger."""

    variant: Variant
    conversation_id: UUID
    feedback: str
    cost: int | None = None
    is_unpriced: bool = False
    first_token_ms: float | None = None


def _observe(experiment: Experiment) -> dict[Variant, Observed]:
    observed: dict[Variant, Observed] = {"a": Observed(), "b": Observed()}
    conversations: dict[Variant, set[UUID]] = {"a": set(), "b": set()}
    for answer in _answers(experiment).values():
        of_variant = observed[answer.variant]
        of_variant.answers += 1
        conversations[answer.variant].add(answer.conversation_id)
        of_variant.rated += bool(answer.feedback)
        of_variant.good += answer.feedback == Message.Feedback.GOOD
        if answer.cost is not None and not answer.is_unpriced:
            of_variant.costs.append(float(answer.cost))
        if answer.first_token_ms is not None:
            of_variant.first_token_ms.append(answer.first_token_ms)
    for variant, ids in conversations.items():
        observed[variant].conversations = len(ids)
    return observed


def _answers(experiment: Experiment) -> dict[UUID, _Answer]:
    """By message, from the runs that have ended: one that continues an answer is a further cost of the same."""
    found: dict[UUID, _Answer] = {}
    for message_id, variant, conversation_id, feedback, kind, first_token_ms, cost, unpriced in _runs(experiment):
        answer = found.setdefault(message_id, _Answer(variant, conversation_id, feedback))
        if cost is not None:
            answer.cost = (answer.cost or 0) + cost
        answer.is_unpriced |= bool(unpriced)
        if kind != Run.Kind.CONTINUE and first_token_ms is not None:
            answer.first_token_ms = float(first_token_ms)
    return found


def _runs(experiment: Experiment) -> Iterator[tuple[Any, ...]]:
    """Nothing of the timings but one number: the rest of them is long, and there may be tens of thousands of runs."""
    runs = Run.objects.filter(
        # The primary key is in the order of time, and `created_at` has no index.
        id__gte=first_uuid7(experiment.started_at - SLACK),
        created_at__gte=experiment.started_at,
        finished_at__isnull=False,
        **{f"settings__{RECORDED_AS}__has_key": str(experiment.id)},
    )
    if experiment.ended_at is not None:
        runs = runs.filter(id__lt=first_uuid7(experiment.ended_at + SLACK))
    return (
        runs.annotate(variant=KT(f"settings__{RECORDED_AS}__{experiment.id}"), first_ms=KT("timings__first_token_ms"))
        .values_list(
            "message_id",
            "variant",
            "message__conversation_id",
            "message__feedback",
            "kind",
            "first_ms",
            cost_of_request("id"),
            unpriced_calls_of_request("id"),
        )
        .iterator()
    )


def first_uuid7(moment: datetime) -> UUID:
    """The least version 7 id of a millisecond. Source: RFC 9562, section 5.7."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _of_means(a: Sequence[float], b: Sequence[float]) -> Comparison:
    return Comparison(mean(a), mean(b), difference_of_means(a, b))
