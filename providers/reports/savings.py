"""What was not spent: answers of the cache, calls that were shared, and models cheaper than the dearest class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from providers.actions.ledger import cost_nanousd
from providers.catalog import CatalogEntry, current_catalog
from providers.configured import configured_endpoints
from providers.contract import Usage as Tokens
from providers.registry import OFFLINE
from providers.reports.figures import Figures
from providers.reports.totals import COMPLETE, Groups, Key, Usage, added

# What a person is answered with; no other feature would have gone to a model of the dearest class.
COMPARED_FEATURE = "chat"


@dataclass(frozen=True, slots=True)
class RoutedModel:
    """One model's answers: what they cost, and what the same tokens would have cost on the premium model. `answers`
    counts the calls that were completed, whichever model was asked first."""

    endpoint: str
    model: str
    answers: int
    figures: Figures
    premium_nanousd: int

    @property
    def saved_nanousd(self) -> int:
        """Below zero for a model that is dearer."""
        return self.premium_nanousd - self.figures.cost_nanousd


@dataclass(frozen=True, slots=True)
class Savings:
    """`premium` is the full id of the model that answers are compared with, "" if there is none; `left_out` counts
    calls that can't be compared, since their price is unknown."""

    cache_nanousd: int
    shared_nanousd: int
    premium: str
    models: tuple[RoutedModel, ...]
    left_out: int

    @property
    def routing_nanousd(self) -> int:
        return sum(model.saved_nanousd for model in self.models)

    @property
    def premium_nanousd(self) -> int:
        return sum(model.premium_nanousd for model in self.models)


def savings_of(usage: Usage) -> Savings:
    groups = usage.by("endpoint", "model", "feature", "source", "outcome")
    premium = premium_model()
    compared_calls = {
        key: figures
        for key, figures in groups.items()
        if key[2:4] == (COMPARED_FEATURE, "provider") and key[0] != OFFLINE.name
    }
    answers = added((key[:2], figures) for key, figures in compared_calls.items())
    completed = {key[:2]: figures.calls for key, figures in compared_calls.items() if key[4] == COMPLETE}
    compared = {key: figures for key, figures in answers.items() if not figures.unpriced_calls}
    return Savings(
        cache_nanousd=_saved(groups, "cache"),
        shared_nanousd=_saved(groups, "shared"),
        premium=premium.model.full_id if premium else "",
        models=tuple(_compared(compared.items(), completed, premium)) if premium else (),
        left_out=sum(figures.calls for key, figures in answers.items() if key not in compared),
    )


def premium_model() -> CatalogEntry | None:
    """The first model of the dearest class with a known price, of the endpoints that are on in their order; where none
    of them has one, of the whole catalog."""
    order = {endpoint.name: place for place, endpoint in enumerate(configured_endpoints())}
    known = current_catalog().entries.values()
    entries = [entry for entry in known if entry.model_class == "premium" and entry.price is not None]
    return min(entries, key=lambda entry: order.get(entry.model.endpoint, len(order)), default=None)


def _compared(
    answers: Iterable[tuple[Key, Figures]], completed: Mapping[Key, int], premium: CatalogEntry
) -> Iterable[RoutedModel]:
    rows = [
        RoutedModel(
            endpoint=key[0],
            model=key[1],
            answers=completed.get(key, 0),
            figures=figures,
            premium_nanousd=_on(premium, figures),
        )
        for key, figures in answers
    ]
    return sorted(rows, key=lambda row: (-row.premium_nanousd, row.endpoint, row.model))


def _on(premium: CatalogEntry, figures: Figures) -> int:
    """What these tokens cost at another model's price. Another tokenizer would count a little differently."""
    assert premium.price is not None
    tokens = Tokens(
        input_tokens=figures.input_tokens,
        output_tokens=figures.output_tokens,
        cached_tokens=figures.cached_tokens,
        cache_write_tokens=figures.cache_write_tokens,
    )
    return cost_nanousd(tokens, premium.price)


def _saved(groups: Groups, source: str) -> int:
    return sum(figures.saved_nanousd for key, figures in groups.items() if key[3] == source)
