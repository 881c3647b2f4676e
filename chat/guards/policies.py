"""What is done about findings for a person: the rules of the site, with those of the person's teams over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast
from uuid import UUID

from accounts.models import Membership
from chat.guards.contract import Category, Place
from chat.models import GuardPolicy
from convoscope.kept import Kept

# From the mildest on.
Action = Literal["allow", "flag", "redact", "block"]
ACTIONS: tuple[Action, ...] = ("allow", "flag", "redact", "block")

Rules = Mapping[tuple[Place, Category], Action]

# How long a process goes by rows that another one may have changed.
KEPT_S = 5.0

# What no row says anything about, and isn't here either, is allowed.
_DEFAULTS: dict[tuple[Place, Category], Action] = {
    **{
        (place, category): "flag"
        for place in cast(tuple[Place, ...], ("input", "retrieved", "tool"))
        for category in cast(tuple[Category, ...], ("injection", "jailbreak", "extraction", "invisible"))
    },
    ("output", "leakage"): "flag",
    ("output", "exfiltration"): "flag",
}


@dataclass(frozen=True, slots=True)
class Policy:
    """`rules` are complete: what isn't in them is allowed."""

    rules: Rules = field(default_factory=lambda: dict(_DEFAULTS))
    masks_for_provider: bool = False
    limits_links: bool = True

    def action(self, place: Place, category: Category) -> Action:
        return self.rules.get((place, category), "allow")

    def categories(self, place: Place, *actions: Action) -> frozenset[Category]:
        """Those about which one of these is done; of what is allowed only where a rule says so."""
        return frozenset(
            category for (where, category), action in self.rules.items() if where == place and action in actions
        )


def policy_for(owner_id: UUID) -> Policy:
    """Asks the database each KEPT_S at most, and for the person's teams only if one has a policy."""
    found = _policies.get()
    if not found.of_teams:
        return found.site
    of_person = Membership.objects.filter(user_id=owner_id, team__in=found.of_teams)
    return joined(found.site, [found.of_teams[team_id] for team_id in of_person.values_list("team_id", flat=True)])


def joined(site: Policy, teams: Iterable[Policy]) -> Policy:
    """Each team's rules say only what it says itself. Where several do, the strictest holds; a switch is on if any has
    it on."""
    teams = list(teams)
    if not teams:
        return site
    over: dict[tuple[Place, Category], Action] = {}
    for team in teams:
        for key, action in team.rules.items():
            over[key] = max(over.get(key, action), action, key=ACTIONS.index)
    everyone = [site, *teams]
    return Policy(
        {**site.rules, **over},
        masks_for_provider=any(one.masks_for_provider for one in everyone),
        limits_links=any(one.limits_links for one in everyone),
    )


def forget_policies() -> None:
    """Read the rows again when they are next asked for."""
    _policies.forget()


@dataclass(frozen=True, slots=True)
class _Found:
    site: Policy
    of_teams: dict[UUID, Policy]


def _read() -> _Found:
    site, of_teams = Policy(), {}
    for row in GuardPolicy.objects.prefetch_related("rules"):
        said = {
            (cast(Place, rule.place), cast(Category, rule.category)): cast(Action, rule.action)
            for rule in row.rules.all()
        }
        if row.team_id is None:
            site = Policy(_DEFAULTS | said, row.masks_for_provider, row.limits_links)
        else:
            of_teams[row.team_id] = Policy(said, row.masks_for_provider, row.limits_links)
    return _Found(site, of_teams)


_policies = Kept(_read, seconds=KEPT_S)
