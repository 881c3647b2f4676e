"""Which tables there are, and what stands in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import get_args

from django.utils.translation import gettext as _

from chat.feedback import Votes, votes_by_model
from chat.reports.tables import AtLeast, Column, Table, Value
from providers.reports.breakdown import Breakdown, break_down, model_name
from providers.reports.figures import Figures
from providers.reports.savings import Savings, savings_of
from providers.reports.totals import Key, Usage

BREAKDOWNS: tuple[Breakdown, ...] = get_args(Breakdown)


def breakdown_table(usage: Usage, by: Breakdown) -> Table:
    votes = votes_by_model(usage.period) if by == "model" else {}
    rows = break_down(usage, by)
    total = sum((row.figures for row in rows), Figures())
    return Table(
        name=by,
        title=breakdown_titles()[by],
        columns=(
            Column(by, breakdown_names()[by], "text"),
            *_figure_columns(),
            *(_vote_columns() if votes else ()),
        ),
        rows=[
            (
                row.label,
                *_figure_values(row.figures),
                *(_vote_values(votes.get(row.key)) if votes else ()),
            )
            for row in rows
        ],
        total=(
            _("All"),
            *_figure_values(total),
            *(_vote_values(sum(votes.values(), Votes())) if votes else ()),
        ),
    )


def model_day_table(usage: Usage) -> Table:
    """For download: the chart of costs, with each of the models that it joins to others."""
    groups = usage.by("day", "endpoint", "model")
    rows = [
        (
            key[0].isoformat(),
            model_name(key[1:]),
            figures.calls,
            figures.input_tokens,
            figures.output_tokens,
            cost_value(figures),
            figures.unpriced_calls,
        )
        for key, figures in sorted(groups.items(), key=lambda group: group[0])
    ]
    return Table(
        name="model-day",
        title=_("Cost per day and model"),
        columns=(
            Column("day", _("Day"), "text"),
            Column("model", _("Model"), "text"),
            Column("calls", _("Calls"), "count"),
            Column("input_tokens", _("Input tokens"), "count"),
            Column("output_tokens", _("Output tokens"), "count"),
            Column("cost_usd", _("Cost"), "money"),
            Column("unpriced_calls", _("Price unknown"), "count"),
        ),
        rows=rows,
    )


def routing_table(usage: Usage) -> Table:
    return table_of_savings(savings_of(usage), votes_by_model(usage.period))


def table_of_savings(savings: Savings, votes: Mapping[Key, Votes]) -> Table:
    """Each model's answers beside what they would have cost on the premium model and what people say of them."""
    return Table(
        name="routing",
        title=_("Against always %(model)s") % {"model": savings.premium},
        columns=(
            Column("model", _("Model"), "text"),
            Column("answers", _("Answers"), "count"),
            Column("cost_usd", _("Cost"), "money"),
            Column("premium_cost_usd", _("On %(model)s") % {"model": savings.premium}, "money"),
            Column("saved_usd", _("Saved"), "money"),
            *(_vote_columns() if votes else ()),
        ),
        rows=[
            (
                model_name((row.endpoint, row.model)),
                row.figures.requests,
                row.figures.cost_nanousd,
                row.premium_nanousd,
                row.saved_nanousd,
                *(_vote_values(votes.get((row.endpoint, row.model))) if votes else ()),
            )
            for row in savings.models
        ],
    )


def cost_value(figures: Figures) -> Value:
    """The cost, as far as it is known."""
    is_partly_known = figures.unpriced_calls and figures.cost is not None
    return AtLeast(figures.cost_nanousd) if is_partly_known else figures.cost


def per_request(figures: Figures) -> Value:
    """The cost of a request, as far as it is known."""
    if not figures.requests:
        return ""
    each = figures.cost_per_request
    return AtLeast(each) if figures.unpriced_calls and each is not None else each


def breakdown_names() -> dict[Breakdown, str]:
    return {
        "model": _("Model"),
        "user": _("Person"),
        "team": _("Team"),
        "feature": _("Feature"),
        "day": _("Day"),
    }


def breakdown_titles() -> dict[Breakdown, str]:
    return {
        "model": _("By model"),
        "user": _("By person"),
        "team": _("By team"),
        "feature": _("By feature"),
        "day": _("By day"),
    }


def _figure_columns() -> tuple[Column, ...]:
    return (
        Column("requests", _("Requests"), "count"),
        Column("calls", _("Calls"), "count"),
        Column("input_tokens", _("Input tokens"), "count"),
        Column("output_tokens", _("Output tokens"), "count"),
        Column("cached_tokens", _("Of it cached"), "count", may_be_left_out=True),
        Column("cost_usd", _("Cost"), "money"),
        Column("cost_per_request_usd", _("Per request"), "money"),
        Column("saved_usd", _("Saved"), "money", may_be_left_out=True),
        Column("unpriced_calls", _("Price unknown"), "count", may_be_left_out=True),
    )


def _figure_values(figures: Figures) -> tuple[Value, ...]:
    return (
        figures.requests,
        figures.calls,
        figures.input_tokens,
        figures.output_tokens,
        figures.cached_tokens,
        cost_value(figures),
        per_request(figures),
        figures.saved_nanousd,
        figures.unpriced_calls,
    )


def _vote_columns() -> tuple[Column, ...]:
    return (
        Column("good", _("Good"), "count"),
        Column("bad", _("Bad"), "count"),
        Column("good_share", _("Share good"), "share"),
    )


def _vote_values(votes: Votes | None) -> tuple[Value, ...]:
    if votes is None or votes.good_share is None:
        return (0, 0, "")
    return (votes.good, votes.bad, votes.good_share)


def table_named(name: str) -> Callable[[Usage], Table] | None:
    """How to make a table that can be downloaded; None if there is none of that name."""
    if name in BREAKDOWNS:
        return lambda usage: breakdown_table(usage, name)
    return {"model-day": model_day_table, "routing": routing_table}.get(name)
