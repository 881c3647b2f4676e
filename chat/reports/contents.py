"""Which tables there are, and what stands in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import get_args

from django.utils.translation import gettext as _

from chat.feedback import Votes, votes_by_model
from chat.reports.elo import Standing, standings
from chat.reports.tables import AtLeast, Column, Table, Value
from providers.reports.breakdown import Breakdown, Row, break_down, model_name
from providers.reports.figures import Figures
from providers.reports.savings import Savings, savings_of
from providers.reports.totals import Key, Usage

BREAKDOWNS: tuple[Breakdown, ...] = get_args(Breakdown)


def breakdown_table(usage: Usage, by: Breakdown) -> Table:
    return _table_of_models(usage) if by == "model" else _table_of(usage, by)


def _table_of(usage: Usage, by: Breakdown) -> Table:
    rows = break_down(usage, by)
    total = sum((row.figures for row in rows), Figures())
    return Table(
        name=by,
        title=breakdown_titles()[by],
        columns=(
            Column(by, breakdown_names()[by], "text"),
            Column("requests", _("Requests"), "count"),
            *_token_columns(),
            Column("cost_per_request_usd", _("Per request"), "money"),
            *_last_columns(),
        ),
        rows=[(row.label, *_request_values(row.figures)) for row in rows],
        total=(_("All"), *_request_values(total)),
    )


def _table_of_models(usage: Usage) -> Table:
    """By what each model answered, with what people say of it: of models that were only rated in the period, too."""
    votes = votes_by_model(usage.period)
    rows = break_down(usage, "model")
    used = {row.key for row in rows}
    rows += sorted(
        (Row(key, model_name(key), Figures()) for key in votes if key not in used), key=lambda row: row.label
    )
    total = Row((), _("All"), sum((row.figures for row in rows), Figures()), sum(row.answered for row in rows))
    return Table(
        name="model",
        title=breakdown_titles()["model"],
        columns=(
            Column("model", breakdown_names()["model"], "text"),
            Column("answered", _("Answered"), "count"),
            *_token_columns(),
            Column("cost_per_answer_usd", _("Per answer"), "money"),
            *_last_columns(),
            *_vote_columns(votes),
        ),
        rows=[(*_answer_values(row), *_vote_values(votes.get(row.key))) for row in rows],
        total=(*_answer_values(total), *_vote_values(sum(votes.values(), Votes()))),
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
    compared = [(row, votes.get((row.endpoint, row.model), Votes())) for row in savings.models]
    return Table(
        name="routing",
        title=_("Against always %(model)s") % {"model": savings.premium},
        columns=(
            Column("model", _("Model"), "text"),
            Column("answers", _("Answers"), "count"),
            Column("cost_usd", _("Cost"), "money"),
            Column("premium_cost_usd", _("On %(model)s") % {"model": savings.premium}, "money"),
            Column("saved_usd", _("Saved"), "money"),
            *_vote_columns(votes),
        ),
        rows=[
            (
                model_name((row.endpoint, row.model)),
                row.answers,
                row.figures.cost_nanousd,
                row.premium_nanousd,
                row.saved_nanousd,
                *_vote_values(said),
            )
            for row, said in compared
        ],
        total=(
            _("All"),
            sum(row.answers for row in savings.models),
            sum(row.figures.cost_nanousd for row in savings.models),
            savings.premium_nanousd,
            savings.routing_nanousd,
            *_vote_values(sum((said for _row, said in compared), Votes())),
        ),
    )


def preference_table(found: Sequence[Standing]) -> Table:
    """Of all time: a rating grows out of all votes before it."""
    return Table(
        name="preferences",
        title=_("Preferred side by side"),
        columns=(
            Column("model", _("Model"), "text"),
            Column("rating", _("Elo rating"), "count"),
            Column("won", _("Won"), "count"),
            Column("lost", _("Lost"), "count"),
            Column("won_share", _("Share won"), "share"),
        ),
        rows=[(_name_of(one.model), round(one.rating), one.won, one.lost, one.won_share) for one in found],
    )


def _name_of(full_id: str) -> str:
    endpoint, slash, model = full_id.partition("/")
    return model_name((endpoint, model)) if slash else full_id


def cost_value(figures: Figures) -> Value:
    """The cost, as far as it is known."""
    is_partly_known = figures.unpriced_calls and figures.cost is not None
    return AtLeast(figures.cost_nanousd) if is_partly_known else figures.cost


def per_request(figures: Figures) -> Value:
    """The cost of a request, as far as it is known."""
    return _each(figures, figures.requests, figures.cost_per_request)


def _each(figures: Figures, count: int, cost: int | None) -> Value:
    if not count:
        return ""
    return AtLeast(cost) if figures.unpriced_calls and cost is not None else cost


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


def _token_columns() -> tuple[Column, ...]:
    return (
        Column("calls", _("Calls"), "count"),
        Column("input_tokens", _("Input tokens"), "count"),
        Column("output_tokens", _("Output tokens"), "count"),
        Column("cached_tokens", _("Of it cached"), "count", may_be_left_out=True),
        Column("cost_usd", _("Cost"), "money"),
    )


def _last_columns() -> tuple[Column, ...]:
    return (
        Column("saved_usd", _("Saved"), "money", may_be_left_out=True),
        Column("unpriced_calls", _("Price unknown"), "count", may_be_left_out=True),
    )


def _request_values(figures: Figures) -> tuple[Value, ...]:
    return (
        figures.requests,
        *_token_values(figures),
        per_request(figures),
        figures.saved_nanousd,
        figures.unpriced_calls,
    )


def _answer_values(row: Row) -> tuple[Value, ...]:
    figures = row.figures
    return (
        row.label,
        row.answered,
        *_token_values(figures),
        _each(figures, row.answered, row.cost_per_answer),
        figures.saved_nanousd,
        figures.unpriced_calls,
    )


def _token_values(figures: Figures) -> tuple[Value, ...]:
    return (figures.calls, figures.input_tokens, figures.output_tokens, figures.cached_tokens, cost_value(figures))


def _vote_columns(votes: Mapping[Key, Votes]) -> tuple[Column, ...]:
    """Of every download, so that they can be laid side by side; of the page once anybody said anything."""
    return (
        Column("good", _("Good"), "count", may_be_left_out=not votes),
        Column("bad", _("Bad"), "count", may_be_left_out=not votes),
        Column("good_share", _("Share good"), "share", may_be_left_out=not votes),
    )


def _vote_values(votes: Votes | None) -> tuple[Value, ...]:
    if votes is None or votes.good_share is None:
        return (0, 0, "")
    return (votes.good, votes.bad, votes.good_share)


def table_named(name: str) -> Callable[[Usage], Table] | None:
    """How to make a table that can be downloaded; None if there is none of that name."""
    if name in BREAKDOWNS:
        return lambda usage: breakdown_table(usage, name)
    if name == "preferences":
        return lambda _usage: preference_table(standings())
    return {"model-day": model_day_table, "routing": routing_table}.get(name)
