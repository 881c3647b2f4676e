"""What claims give by the rules. Pure: it asks nobody and changes nothing, so that it can be tried before anyone signs
in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

Effect = Literal["role", "team", "tier", "counts_as"]
Verdict = Literal["matched", "missing", "no_match", "outranked"]
# Deeper than any issuer nests what it claims.
MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of `ClaimRule` for one provider. `value` is what it gives; teams by their id."""

    id: str
    claim: str
    pattern: str
    effect: Effect
    value: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one rule says: of `values`, those that matched, or how many there were."""

    rule: Rule
    verdict: Verdict
    values: tuple[str, ...]
    of: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Tiers rank by the order of their rules: the first that matches wins."""

    roles: frozenset[str]
    teams: frozenset[str]
    tier: str
    rulings: tuple[Ruling, ...]

    @property
    def grants(self) -> frozenset[tuple[str, str]]:
        """Kind and value of each."""
        found = {("role", role) for role in self.roles} | {("team", team) for team in self.teams}
        return frozenset(found | ({("tier", self.tier)} if self.tier else set()))


def evaluate(claims: Mapping[str, Any], rules: Sequence[Rule]) -> Outcome:
    """Shape: the rulings stand in the order of the rules."""
    values = {claim: values_of(claims, claim) for claim in {rule.claim for rule in rules}}
    for claim, found in values.items():
        if found:
            values[claim] = _closure(found, [rule for rule in rules if rule.claim == claim])
    rulings, tier = [], ""
    for rule in rules:
        ruling = _ruling(rule, values[rule.claim])
        if rule.effect == "tier" and ruling.verdict == "matched":
            if tier:
                ruling = Ruling(rule, "outranked", ruling.values, ruling.of)
            else:
                tier = rule.value
        rulings.append(ruling)
    matched = [ruling.rule for ruling in rulings if ruling.verdict == "matched"]
    return Outcome(
        roles=frozenset(rule.value for rule in matched if rule.effect == "role"),
        teams=frozenset(rule.value for rule in matched if rule.effect == "team"),
        tier=tier,
        rulings=tuple(rulings),
    )


def values_of(claims: Mapping[str, Any], path: str) -> list[str] | None:
    """Those of a claim as texts, each once and in order; None where there is no such claim. A key with dots in it, as
    addresses have, goes before a path."""
    found = _look_up(claims, path, MAX_DEPTH)
    return None if found is None else list(dict.fromkeys(_texts(found, MAX_DEPTH)))


def matches(pattern: str, value: str) -> bool:
    """Whether they are the same, where * stands for any text. Takes time in proportion to both, whatever they hold."""
    first, *rest = pattern.split("*")
    if not rest:
        return value == pattern
    *middle, last = rest
    if len(value) < len(first) + len(last) or not value.startswith(first) or not value.endswith(last):
        return False
    at, end = len(first), len(value) - len(last)
    for piece in middle:
        found = value.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def loop_of(rules: Iterable[Rule]) -> list[str]:
    """The values of a circle in which rules count one as another, its first one again at the end; empty without one."""
    counting = [rule for rule in rules if rule.effect == "counts_as"]
    ends = {
        rule: [other for other in counting if other.claim == rule.claim and matches(other.pattern, rule.value)]
        for rule in counting
    }
    done: set[Rule] = set()
    for start in counting:
        way: list[tuple[Rule, Iterator[Rule]]] = [(start, iter(ends[start]))] if start not in done else []
        while way:
            rule, others = way[-1]
            if (following := next(others, None)) is None:
                done.add(rule)
                way.pop()
            elif following in (on_way := [one for one, _ in way]):
                circle = on_way[on_way.index(following) :]
                return [circle[-1].value, *(one.value for one in circle)]
            elif following not in done:
                way.append((following, iter(ends[following])))
    return []


def storable(claims: Mapping[str, Any]) -> dict[str, Any]:
    """As a database takes them: PostgreSQL keeps no NUL, and JSON no infinity. What is nested too deeply is left
    out."""
    found = _storable(claims, MAX_DEPTH)
    assert isinstance(found, dict)  # as it was given
    return found


def _storable(value: object, depth: int) -> object:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, Mapping):
        return {str(key).replace("\0", ""): _storable(one, depth - 1) for key, one in value.items()} if depth else None
    if isinstance(value, list | tuple):
        return [_storable(one, depth - 1) for one in value] if depth else None
    return None if isinstance(value, float) and not isfinite(value) else value


def _closure(values: list[str], rules: Sequence[Rule]) -> list[str]:
    """With what they count as. Each round adds what a rule gives, and there are only so many rules."""
    counting = [rule for rule in rules if rule.effect == "counts_as"]
    found, new = list(values), list(values)
    while new:
        given = [rule.value for rule in counting if any(matches(rule.pattern, value) for value in new)]
        new = [value for value in dict.fromkeys(given) if value not in found]
        found += new
    return found


def _ruling(rule: Rule, values: list[str] | None) -> Ruling:
    if values is None:
        return Ruling(rule, "missing", (), 0)
    matched = tuple(value for value in values if matches(rule.pattern, value))
    return Ruling(rule, "matched" if matched else "no_match", matched, len(values))


def _look_up(claims: object, path: str, depth: int) -> object:
    if not isinstance(claims, Mapping) or depth == 0:
        return None
    if path in claims:
        return claims[path]
    parts = path.split(".")
    for count in range(len(parts) - 1, 0, -1):
        key, below = ".".join(parts[:count]), ".".join(parts[count:])
        if key in claims and (found := _look_up(claims[key], below, depth - 1)) is not None:
            return found
    return None


def _texts(found: object, depth: int) -> Iterator[str]:
    if isinstance(found, bool):
        yield "true" if found else "false"
    elif isinstance(found, str | int | float):
        yield str(found)
    elif isinstance(found, list | tuple) and depth:
        for one in found:
            yield from _texts(one, depth - 1)
