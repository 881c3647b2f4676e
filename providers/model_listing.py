"""What the page of an endpoint's models says of each: what it costs and can do, who may use it, what was changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Team, User
from convoscope.numbers import number
from providers.catalog import CatalogEntry, Price, is_retired, utc_today
from providers.catalog import Endpoint as KnownEndpoint
from providers.configured import effective_catalog, limits
from providers.models import ModelRow
from providers.money import price_usd
from providers.rows import Limit


@dataclass(frozen=True, slots=True)
class ListedModel:
    """`notes` say what an administrator made of it, `has_row` whether they made anything of it."""

    entry: CatalogEntry
    window: str
    price: str
    notes: tuple[str, ...]
    has_row: bool


def list_models(known: KnownEndpoint) -> list[ListedModel]:
    rows = set(ModelRow.objects.filter(endpoint=known.name).values_list("model_id", flat=True))
    teams = {team.id: team.name for team in Team.objects.all()}
    named = limits()
    return [
        ListedModel(
            entry=entry,
            window=tokens_in_words(entry.model.context_window_tokens),
            price=price_in_words(entry.price),
            notes=tuple(_notes(entry, named.get(entry.model.full_id), teams)),
            has_row=entry.model.id in rows,
        )
        for entry in effective_catalog().by_endpoint.get(known.name, ())
    ]


def price_in_words(price: Price | None) -> str:
    """US dollars per million tokens; an unknown price is never zero."""
    if price is None:
        return _("price unknown")
    values = {"input": price_usd(price.input_usd), "output": price_usd(price.output_usd)}
    return _("%(input)s in · %(output)s out") % values


def tokens_in_words(tokens: int) -> str:
    """As vendors write windows: 128K, 1M, 1.05M."""
    if tokens < 1_000:
        return str(tokens)
    if tokens < 1_000_000:
        return f"{round(tokens / 1_000)}K"
    return f"{number(round(tokens / 1_000_000, 2))}M"


def _notes(entry: CatalogEntry, limit: Limit | None, teams: Mapping[UUID, str]) -> list[str]:
    notes = []
    if entry.is_added:
        notes.append(_("added here"))
    if entry.is_hidden:
        notes.append(_("hidden"))
    if entry.is_gone:
        notes.append(_("no longer in the provider's own list"))
    if entry.retires_on is not None:
        words = _("retired since %(date)s") if is_retired(entry, utc_today()) else _("retires on %(date)s")
        notes.append(words % {"date": date_format(entry.retires_on, "DATE_FORMAT")})
    if limit is not None:
        notes.append(limit_in_words(limit, teams))
    return notes


def limit_in_words(limit: Limit, teams: Mapping[UUID, str]) -> str:
    if limit.teams is not None and not limit.teams:
        return _("for nobody: its teams are deleted")
    for_teams = _names([teams[team] for team in limit.teams or () if team in teams])
    for_tiers = _names([str(User.Tier(tier).label) for tier in limit.tiers])
    if for_teams and for_tiers:
        return _("only for %(teams)s in the tiers %(tiers)s") % {"teams": for_teams, "tiers": for_tiers}
    if for_tiers:
        return _("only for the tiers %(tiers)s") % {"tiers": for_tiers}
    return _("only for %(teams)s") % {"teams": for_teams}


def _names(names: Collection[str]) -> str:
    return ", ".join(sorted(names))
