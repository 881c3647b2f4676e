"""An experiment as its page shows it: each figure of both variants with its interval, and what that says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from chat.experiments.results import Comparison, Observed, results_of
from chat.experiments.statistics import Estimate
from chat.models import Experiment
from convoscope.numbers import number, percent
from providers.money import usd

Say = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class ShownComparison:
    """`figures` are those of A, of B and of their difference: each a figure and its interval, in words."""

    label: str
    figures: tuple[tuple[str, str], ...]
    verdict: str


@dataclass(frozen=True, slots=True)
class ShownExperiment:
    experiment: Experiment
    a: Observed
    b: Observed
    comparisons: list[ShownComparison]


def show_experiment(experiment: Experiment) -> ShownExperiment:
    results = results_of(experiment)
    return ShownExperiment(
        experiment,
        results.a,
        results.b,
        [
            _compare(_("Cost of an answer"), results.cost, _money),
            _compare(_("Time to first token"), results.first_token, _seconds),
            _compare(_("Called good"), results.good, _percent),
        ],
    )


def _compare(label: str, comparison: Comparison, say: Say) -> ShownComparison:
    if comparison.difference.value is None:
        verdict = _("Too few answers yet")
    elif comparison.is_apart:
        verdict = _("They differ")
    else:
        verdict = _("No difference shown")
    figures = tuple(_said(estimate, say) for estimate in (comparison.a, comparison.b, comparison.difference))
    return ShownComparison(label, figures, verdict)


def _said(estimate: Estimate, say: Say) -> tuple[str, str]:
    if estimate.value is None:
        return "\N{EN DASH}", ""
    if estimate.low is None or estimate.high is None:
        return say(estimate.value), ""
    return say(estimate.value), _("%(low)s to %(high)s") % {"low": say(estimate.low), "high": say(estimate.high)}


def _money(nanousd: float) -> str:
    return usd(round(nanousd))


def _seconds(ms: float) -> str:
    return _("%(count)s s") % {"count": number(ms / 1000, 2).replace("-", "\N{MINUS SIGN}")}


def _percent(share: float) -> str:
    return percent(share).replace("-", "\N{MINUS SIGN}")
