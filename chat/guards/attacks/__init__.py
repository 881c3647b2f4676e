"""Guard against attacks on the model: instructions that go against the operator's or the person's, jailbreaks, requests
for what is kept from the person. What the rules look for is `rules.py` and `data/attack_words.toml`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from functools import cache

from chat.guards.attacks.hits import ANY, Hit
from chat.guards.attacks.markers import markers, vocatives
from chat.guards.attacks.matching import (
    Match,
    Stretch,
    composed,
    ideas_of,
    matches,
    possible_rules,
    sentence_ends,
    stretches,
)
from chat.guards.attacks.rules import MOST, Rule
from chat.guards.attacks.surroundings import lowered
from chat.guards.attacks.tokens import said
from chat.guards.attacks.words import UNSPACED, Words, read_words
from chat.guards.contract import Finding, Place
from chat.guards.decoding import readings
from chat.guards.normalising import FOLDING, Mapped, given, translated

# What scores less is no finding.
THRESHOLD = 0.5
# Nobody encodes what is harmless to have it decoded by a model.
ENCODED_MORE = 1.15
# Nor writes a word so that a filter doesn't read it.
DISGUISED_MORE = 1.7


@cache
def words() -> Words:
    return read_words()


def find_attacks(text: str, place: Place) -> list[Finding]:
    """A guard. Text that a person did not write is weighed more than what they did."""
    is_untrusted = place in ("retrieved", "tool")
    original = given(text)
    found = _found(original, "", is_untrusted=is_untrusted)
    for encoding, reading in readings(original, words().telltales):
        found += _found(reading, encoding, is_untrusted=is_untrusted)
    return sorted(found)


def _found(source: Mapped, encoding: str, *, is_untrusted: bool) -> list[Finding]:
    folded = translated(source, FOLDING)
    findings = []
    for stretch in stretches_in(folded.text, is_untrusted=is_untrusted):
        score = min(MOST, stretch.score * (ENCODED_MORE if encoding else 1))
        if score >= THRESHOLD:
            start, end = folded.span(stretch.start, stretch.end)
            name = f"{encoding}: {stretch.rule.name}" if encoding else stretch.rule.name
            findings.append(Finding(start, end, stretch.category, round(score, 2), name))
    return findings


def stretches_in(text: str, *, is_untrusted: bool) -> list[Stretch]:
    """What rules match in a folded text, with what speaks against it taken into account."""
    vocabulary = words()
    is_unspaced = bool(UNSPACED.search(text))
    words_said = said(text, vocabulary, is_unspaced=is_unspaced)
    hits = list(markers(text))
    if is_unspaced:
        hits += vocabulary.unspaced_hits(text)
    rules = _possible(vocabulary.begun(set(words_said.words)), hits, is_untrusted=is_untrusted)
    if not rules:
        return []
    wanted = {(idea, language) for language, listed in rules.items() for idea in ideas_of(listed)}
    hits += vocabulary.hits(words_said, wanted)
    hits += list(vocatives(text, hits))
    ends = sentence_ends(text)
    found: set[Match] = set()
    for language in rules:
        # Words that happen to be written alike in another language say nothing.
        of_language = composed(text, [hit for hit in hits if hit.language in (language, ANY)], ends)
        found.update(matches(of_language, rules[language], ends, is_untrusted=is_untrusted))
    kept = stretches(lowered(text, found, hits, is_untrusted=is_untrusted))
    return [one.raised(DISGUISED_MORE) if _holds(words_said.disguised, one) else one for one in kept]


def _holds(places: list[int], stretch: Stretch) -> bool:
    return bisect_left(places, stretch.start) < bisect_left(places, stretch.end)


def _possible(begun: set[tuple[str, str]], hits: list[Hit], *, is_untrusted: bool) -> dict[str, list[Rule]]:
    """By language, the rules that a text with these ideas at most can match: of most texts, none."""
    ideas: defaultdict[str, set[str]] = defaultdict(set)
    for idea, language in begun | {(hit.idea, hit.language) for hit in hits}:
        ideas[language].add(idea)
    of_all = ideas.pop(ANY, set())
    rules = {
        language: possible_rules(own | of_all, is_untrusted=is_untrusted)
        for language, own in (ideas or {ANY: set[str]()}).items()
    }
    return {language: listed for language, listed in rules.items() if listed}
