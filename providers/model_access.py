"""Who may use which model: the limits of endpoints and models against a person's teams and tier.

Where nothing is limited, nothing is read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import Membership, User
from providers.catalog import CatalogEntry, entries_of, is_retired, utc_today
from providers.configured import default_model, effective_catalog, first_model, limits
from providers.contract import Payer, Rights
from providers.personal import endpoints_for, personal_endpoints
from providers.registry import OFFLINE
from providers.rows import Limit


@dataclass(frozen=True, slots=True)
class TeamsAndTier:
    """What a person's rights to models go by."""

    teams: frozenset[UUID]
    tier: str

    def refusal(self, limit: Limit) -> str:
        """Why the limit leaves them out, in words that name nobody else's team; blank if it doesn't."""
        if limit.teams is not None and self.teams.isdisjoint(limit.teams):
            return _("Not for your team")
        if limit.tiers and self.tier not in limit.tiers:
            return _("Not for your tier")
        return ""


def may_use(user_id: UUID, full_id: str) -> bool:
    return not refusals(user_id, [full_id])


def refusals(user_id: UUID, full_ids: Collection[str]) -> Mapping[str, str]:
    """Those of the models that the person may not use, each with the reason."""
    return excluded_for(Payer(user_id=user_id), full_ids)


def excluded_for(payer: Payer, full_ids: Collection[str]) -> Mapping[str, str]:
    """Those of the models that a request on this account may not use, each with the reason. For threads that may read
    the database. A script's request is on nobody's account: no limit holds for it."""
    named = limits()
    if not named or payer == Payer():
        return {}
    limited = {full_id: found for full_id in full_ids if (found := _limits_of(full_id, named))}
    if not limited:
        return {}
    theirs = _teams_and_tier(payer)
    reasons = {
        full_id: next((reason for limit in found if (reason := theirs.refusal(limit))), "")
        for full_id, found in limited.items()
    }
    return {full_id: reason for full_id, reason in reasons.items() if reason}


def rights_of(payer: Payer) -> Rights:
    """What a request on this account may ask, and with which keys. For threads that may read the database; where
    nothing is limited and nobody brings keys, nothing is read."""
    own = personal_endpoints(payer.user_id) if payer.user_id is not None else []
    named = limits()
    # Whole endpoints too: they have models that stand in no list.
    denied = excluded_for(payer, named.keys() | effective_catalog().entries.keys()) if named else {}
    return Rights(denied, tuple(own))


def offered_models(user_id: UUID) -> list[CatalogEntry]:
    """What the endpoints that answer this person have to offer, by endpoint in the order in which those are asked: what
    is listed and not hidden, and a default model that is listed nowhere."""
    catalog = effective_catalog()
    return [
        entry
        for endpoint in endpoints_for(user_id)
        for entry in entries_of(endpoint.name, endpoint.default_model, catalog)
        if not entry.is_hidden
    ]


def usable_models(user_id: UUID) -> list[CatalogEntry]:
    """What the person may choose among."""
    today = utc_today()
    offered = [entry for entry in offered_models(user_id) if not is_retired(entry, today)]
    refused = refusals(user_id, [entry.model.full_id for entry in offered])
    return [entry for entry in offered if entry.model.full_id not in refused]


def default_model_for(user_id: UUID) -> str:
    """The site's default model; where that isn't for this person, or is only the built-in one while they have a key of
    their own, the first of the endpoints that answer them."""
    default = default_model()
    is_built_in = default.startswith(f"{OFFLINE.name}/") and OFFLINE.name != settings.DEFAULT_LLM_PROVIDER
    if not (is_built_in and personal_endpoints(user_id)) and not refusals(user_id, [default]):
        return default
    firsts = [f"{endpoint.name}/{model}" for endpoint in endpoints_for(user_id) if (model := first_model(endpoint))]
    refused = refusals(user_id, firsts)
    return next((full_id for full_id in firsts if full_id not in refused), f"{OFFLINE.name}/{first_model(OFFLINE)}")


def _limits_of(full_id: str, named: Mapping[str, Limit]) -> list[Limit]:
    """That of its endpoint and its own: both hold."""
    return [named[name] for name in (full_id.partition("/")[0], full_id) if name in named]


def _teams_and_tier(payer: Payer) -> TeamsAndTier:
    teams = set() if payer.team_id is None else {payer.team_id}
    if payer.user_id is None:
        return TeamsAndTier(frozenset(teams), tier="")
    theirs = dict(Membership.objects.filter(user_id=payer.user_id).values_list("team_id", "team__tier"))
    own = User.objects.filter(id=payer.user_id).values_list("tier", flat=True).first()
    return TeamsAndTier(frozenset(teams | theirs.keys()), own or User.Tier.highest(theirs.values()))
