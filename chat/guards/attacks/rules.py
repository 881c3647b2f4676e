"""Which ideas near each other make an attack, and how sure each makes it. No rule is a single word, since every single
one has an innocent use; those that say little by themselves add up with others near them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from chat.guards.contract import Category

# What a rule weighs more in text that no person wrote for the model.
UNTRUSTED_MORE = 1.25
MOST = 0.95
# How far apart the ideas of a rule stand at most, in characters.
NEAR = 70


@dataclass(frozen=True, slots=True)
class Composed:
    """An idea that two others make: "not" and "follow" set rules aside as "ignore" does."""

    idea: str
    of: frozenset[str]
    within: int
    across: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """`across` also over the end of a sentence. `untrusted` is the weight in retrieved text and tool results, where it
    isn't a little more than `weight`."""

    name: str
    category: Category
    of: frozenset[str]
    weight: float
    within: int
    across: bool
    untrusted: float | None

    def weighs(self, *, is_untrusted: bool) -> float:
        if not is_untrusted:
            return self.weight
        return min(MOST, self.weight * UNTRUSTED_MORE) if self.untrusted is None else self.untrusted


def _composed(idea: str, of: str, within: int) -> Composed:
    return Composed(idea, frozenset(of.split()), within)


COMPOSED = (
    _composed("override", "negation obey", 24),
    _composed("voided", "negation obey", 24),
    _composed("own_orders", "yours orders", 32),
    _composed("unbound", "without limits", 30),
    _composed("bidden", "model must", 30),
    _composed("addressed", "address model", 24),
)


def _rule(
    category: Category,
    of: str,
    weight: float,
    *,
    within: int = NEAR,
    across: bool = False,
    untrusted: float | None = None,
) -> Rule:
    return Rule(of, category, frozenset(of.split()), weight, within, across, untrusted)


_injection, _extraction, _jailbreak = (
    partial(_rule, category) for category in ("injection", "extraction", "jailbreak")
)

INJECTION = (
    _injection("override prior orders", 0.75),
    _injection("override own_orders", 0.7),
    _injection("override orders", 0.3, within=30, untrusted=0.3),
    _injection("override secret_text", 0.6, within=40),
    _injection("override text_above", 0.55, within=40),
    _injection("override all_above", 0.4, within=24),
    _injection("override safety", 0.55, within=40),
    _injection("override takeover", 0.5, within=140, across=True),
    _injection("voided own_orders", 0.6, within=90),
    _injection("voided orders prior", 0.35, untrusted=0.35),
    _injection("voided orders takeover", 0.6, within=160, across=True),
    _injection("override renewed", 0.25, within=140, across=True, untrusted=0.15),
    _injection("override orders operator", 0.5, within=60),
    _injection("voided orders renewed", 0.3, within=160, across=True, untrusted=0.3),
    _injection("takeover orders", 0.35, within=120, across=True),
    _injection("takeover prior", 0.25, within=120, across=True),
    _injection("takeover voided", 0.4, within=120, across=True),
    _injection("takeover persona", 0.25, within=120, across=True),
    _injection("takeover model", 0.35, within=80, untrusted=0.6),
    _injection("marker orders", 0.4, within=160, across=True),
    _injection("marker unbound", 0.5, within=200, across=True),
    _injection("marker override", 0.5, within=200, across=True),
    _injection("marker takeover", 0.5, within=160, across=True),
    _injection("marker obey", 0.4, within=160, across=True),
    _injection("marker demand", 0.15, within=160, across=True, untrusted=0.3),
    _injection("marker private", 0.25, within=160, across=True, untrusted=0.25),
    _injection("marker switch_off filters", 0.5, within=120, across=True),
    _injection("delimiter", 0.35, across=True, untrusted=0.5),
    _injection("marker renewed", 0.4, within=160, across=True, untrusted=0.5),
    _injection("addressed renewed", 0.4, within=160, across=True, untrusted=0.5),
    _injection("model renewed", 0.3, within=80, untrusted=0.4),
    _injection("renewed demand", 0.0, within=100, across=True, untrusted=0.3),
    _injection("renewed carry_off private", 0.0, within=160, across=True, untrusted=0.4),
    _injection("vocative renewed", 0.2, within=160, across=True, untrusted=0.4),
    _injection("banner orders", 0.3, within=160, across=True),
    _injection("banner takeover", 0.5, within=160, across=True),
    _injection("banner override", 0.3, within=160, across=True),
    _injection("banner persona", 0.2, within=160, across=True, untrusted=0.4),
    _injection("turns", 0.25, across=True, untrusted=0.45),
    # Text that turns to the model, which only a person should.
    _injection("addressed demand", 0.2, within=200, across=True, untrusted=0.6),
    _injection("addressed against_user", 0.4, within=240, across=True, untrusted=0.6),
    _injection("addressed person", 0.1, within=160, across=True, untrusted=0.4),
    _injection("vocative demand", 0.0, within=140, across=True, untrusted=0.5),
    _injection("vocative against_user", 0.1, within=240, across=True, untrusted=0.5),
    _injection("vocative person", 0.0, within=140, across=True, untrusted=0.3),
    _injection("model against_user", 0.2, within=120, untrusted=0.6),
    _injection("model carry_off private", 0.15, within=140, untrusted=0.6),
    _injection("bidden person", 0.1, within=120, untrusted=0.5),
    _injection("bidden demand", 0.0, within=120, untrusted=0.2),
    _injection("model demand person", 0.0, within=140, untrusted=0.3),
    _injection("against_user demand", 0.0, within=140, across=True, untrusted=0.3),
    _injection("against_user person", 0.0, within=140, across=True, untrusted=0.3),
    _injection("against_user carry_off private", 0.0, within=160, across=True, untrusted=0.5),
    _injection("carry_off private person", 0.0, within=90, untrusted=0.25),
    _injection("takeover demand", 0.0, within=160, across=True, untrusted=0.45),
    _injection("takeover carry_off private", 0.0, within=160, across=True, untrusted=0.5),
    _injection("persona mode", 0.45, within=60, untrusted=0.6),
)
EXTRACTION = (
    _extraction("reveal secret_text", 0.5, within=60),
    _extraction("leak secret_text", 0.5, within=60),
    _extraction("reveal secret_text yours", 0.6),
    _extraction("ask secret_text yours", 0.65),
    _extraction("ask secret_text wholly", 0.3),
    _extraction("reveal own_text", 0.5, within=50),
    _extraction("leak own_text", 0.5, within=50),
    _extraction("ask own_text", 0.5, within=40),
    _extraction("reveal own_text wholly", 0.4),
    _extraction("reveal own_orders", 0.35),
    _extraction("ask own_orders", 0.25, within=60),
    _extraction("reveal own_orders wholly", 0.45, within=90),
    _extraction("ask own_orders wholly", 0.4, within=110, across=True),
    _extraction("reveal orders operator", 0.4),
    _extraction("reproduce text_above", 0.55, within=80, untrusted=0.35),
    _extraction("reveal text_above", 0.3, within=80, untrusted=0.2),
    _extraction("reproduce delimiter", 0.3, within=80),
    _extraction("completion own_text", 0.55, within=60, across=True),
    _extraction("completion secret_text", 0.55, within=60, across=True),
    _extraction("ask own_orders text_above", 0.35, within=120),
    _extraction("wholly text_above", 0.25, within=90, untrusted=0.2),
)
JAILBREAK = (
    _jailbreak("persona unbound", 0.4, within=140, across=True, untrusted=0.3),
    _jailbreak("persona unbound", 0.35, within=110, untrusted=0.25),
    _jailbreak("yours unbound", 0.3, within=60, untrusted=0.0),
    _jailbreak("model unbound", 0.45, within=80),
    _jailbreak("dan persona", 0.5, within=60),
    _jailbreak("dan unbound", 0.4, within=120, across=True),
    _jailbreak("mode unbound", 0.5, within=120, across=True),
    _jailbreak("mode switch_off safety", 0.6, within=140, across=True),
    _jailbreak("mode switch_off filters", 0.5, within=140, across=True),
    _jailbreak("switch_off filters yours", 0.3, within=60),
    _jailbreak("mode no_refusal", 0.5, within=120, across=True),
    _jailbreak("mode no_warning", 0.4, within=120, across=True),
    _jailbreak("mode coercion", 0.5, within=140, across=True),
    _jailbreak("switch_off safety", 0.5, within=40),
    _jailbreak("switch_off safety yours", 0.4, within=60),
    _jailbreak("persona override safety", 0.5, within=140, across=True, untrusted=0.4),
    _jailbreak("persona override orders", 0.45, within=120, across=True, untrusted=0.2),
    _jailbreak("persona no_refusal", 0.5, within=140, across=True),
    _jailbreak("no_refusal no_warning", 0.55, within=120, across=True),
    _jailbreak("no_refusal unbound", 0.5, within=120, across=True),
    _jailbreak("no_warning unbound", 0.5, within=120, across=True),
    _jailbreak("affirmation no_refusal", 0.6, within=140, across=True),
    _jailbreak("affirmation no_warning", 0.6, within=140, across=True),
    _jailbreak("coercion penalty", 0.6, within=120, across=True),
    _jailbreak("coercion no_refusal", 0.4, within=160, across=True),
    _jailbreak("coercion unbound", 0.5, within=160, across=True),
    _jailbreak("pretext unbound", 0.5, within=160, across=True),
    _jailbreak("pretext harm", 0.4, within=160, across=True, untrusted=0.2),
    _jailbreak("pretext persona harm", 0.3, within=200, across=True),
    _jailbreak("pretext voided orders", 0.4, within=160, across=True),
)
RULES = INJECTION + EXTRACTION + JAILBREAK
# Not part of an attack, but of its surroundings.
SURROUNDINGS = frozenset({"topic", "mention", "elsewhere"})
