"""Where ideas stand near enough to each other for a rule, and what such places are worth together."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import prod
from typing import NamedTuple, TypeVar

from chat.guards.attacks.hits import ANY, Hit
from chat.guards.attacks.rules import COMPOSED, RULES, SURROUNDINGS, Composed, Rule
from chat.guards.contract import Category

_SENTENCE_END = re.compile(r"[.!?\n;。](?:(?<=[\n;。])|(?=\s|$)|(?<=[!?])(?=[^\x00-\x7f]))")
_CLAUSE_END = re.compile(r"[,:、،(\"]")
# Places this near to each other, and no further in all, are one finding.
JOINED_WITHIN, LONGEST_JOINED = 80, 400

Pattern = TypeVar("Pattern", Rule, Composed)


class Match(NamedTuple):
    start: int
    end: int
    rule: Rule
    weight: float


class Stretch(NamedTuple):
    """A place that one or more rules match."""

    start: int
    end: int
    score: float
    rule: Rule

    def raised(self, times: float) -> Stretch:
        return self._replace(score=self.score * times)

    @property
    def category(self) -> Category:
        return self.rule.category


def possible_rules(ideas: set[str], *, is_untrusted: bool) -> list[Rule]:
    ideas = ideas | {composed.idea for composed in COMPOSED if composed.of <= ideas}
    ideas |= {"vocative"} if "name" in ideas else set()
    return [rule for rule in RULES if rule.of <= ideas and rule.weighs(is_untrusted=is_untrusted)]


def ideas_of(rules: Iterable[Rule]) -> frozenset[str]:
    """What has to be looked for, with what their composed ideas are of and what counts around them."""
    ideas = SURROUNDINGS.union(*(rule.of for rule in rules))
    ideas = ideas.union(*(composed.of for composed in COMPOSED if composed.idea in ideas))
    return ideas | {"name"} if "vocative" in ideas else ideas


def sentence_ends(text: str) -> list[int]:
    return [match.start() for match in _SENTENCE_END.finditer(text)]


def composed(text: str, hits: list[Hit], ends: Sequence[int]) -> list[Hit]:
    """Hits of one language in the order of the text, with the ideas that two of them make within a clause."""
    hits = sorted(hits)
    made = (
        Hit(start, end, made.idea, ANY)
        for start, end, made in _near(hits, COMPOSED, ends)
        if not _CLAUSE_END.search(text, start, end)
    )
    return sorted([*hits, *made])


def matches(hits: Iterable[Hit], rules: Iterable[Rule], ends: Sequence[int], *, is_untrusted: bool) -> Iterator[Match]:
    for start, end, rule in _near(hits, rules, ends):
        yield Match(start, end, rule, rule.weighs(is_untrusted=is_untrusted))


def _near(hits: Iterable[Hit], patterns: Iterable[Pattern], ends: Sequence[int]) -> Iterator[tuple[int, int, Pattern]]:
    """One pass, which looks back to the last place of each idea only: the work grows with the hits."""
    patterns_of: defaultdict[str, list[Pattern]] = defaultdict(list)
    for pattern in patterns:
        for idea in pattern.of:
            patterns_of[idea].append(pattern)
    last: dict[str, Hit] = {}
    for hit in hits:
        last[hit.idea] = hit
        for pattern in patterns_of[hit.idea]:
            if not pattern.of <= last.keys():
                continue
            of = [last[idea] for idea in pattern.of]
            start = min(one.start for one in of)
            # The same words may stand for two ideas, and are still no two signs of an attack.
            if hit.start - start > pattern.within or len(of) > len({one[:2] for one in of}) == 1:
                continue
            if pattern.across or bisect_right(ends, start) == bisect_right(ends, hit.start):
                yield start, max(one.end for one in of), pattern


def stretches(found: Iterable[Match]) -> Iterator[Stretch]:
    together: list[Match] = []
    end = 0
    for match in sorted(found, key=lambda match: match[:2]):
        if together and (match.start > end + JOINED_WITHIN or match.end - together[0].start > LONGEST_JOINED):
            yield _stretch(together)
            together, end = [], 0
        together.append(match)
        end = max(end, match.end)
    if together:
        yield _stretch(together)


def _stretch(together: list[Match]) -> Stretch:
    """Each rule counts once, where it weighs most."""
    weights: dict[tuple[str, bool], float] = {}
    for match in together:
        rule = match.rule.name, match.rule.across
        weights[rule] = max(match.weight, weights.get(rule, 0))
    strongest = max(together, key=lambda match: match.weight)
    score = 1 - prod(1 - weight for weight in weights.values())
    return Stretch(together[0].start, max(match.end for match in together), score, strongest.rule)
