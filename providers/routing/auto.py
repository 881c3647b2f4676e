"""The model `auto`: which of the usable models answers a request, and why. Decided by rules, without asking a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from convoscope.numbers import number
from providers.catalog import CatalogEntry, ModelClass
from providers.contract import ChatRequest, ImagePart
from providers.errors import ContextTooLong, ModelNotFound
from providers.registry import OFFLINE
from providers.routing.work import WorkScore, refers_back, work_score
from providers.words import class_name

# What is left free for the answer where the request doesn't say.
OUTPUT_RESERVE_TOKENS = 4_000
# An ordinary answer, for comparing prices.
ANSWER_TOKENS = 800
# So many milliseconds of waiting for the first token weigh like the price of the answer once more.
PRICE_DOUBLES_MS = 2_000.0
# Of a model that nobody has used lately.
TYPICAL_LATENCY_MS = 1_000.0
# How far back a question of a few words may lean on work.
EARLIER_QUESTIONS = 3
MILLION = 1_000_000

# Where a class has no model: the one above before the one below, since a poor answer costs more than a dear one; but
# for work, which has none above.
_CLASSES_BY_NEARNESS: dict[ModelClass, tuple[ModelClass, ...]] = {
    "economy": ("economy", "standard", "premium"),
    "standard": ("standard", "premium", "economy"),
    "premium": ("premium", "standard", "economy"),
}


@dataclass(frozen=True, slots=True)
class AutoRules:
    """From `standard_from` a question is between light and work, from `premium_from` it is work; each of the three has
    its class of models."""

    work_words: tuple[str, ...]
    min_words: int
    standard_from: float
    premium_from: float
    light_class: ModelClass = "economy"
    middle_class: ModelClass = "standard"
    work_class: ModelClass = "premium"

    def class_for(self, score: float) -> ModelClass:
        if score >= self.premium_from:
            return self.work_class
        return self.middle_class if score >= self.standard_from else self.light_class


@dataclass(frozen=True, slots=True)
class AutoChoice:
    """`ranked` are full ids, the chosen one first; `model_class` is the class the question asks for, which the chosen
    one is not of where nothing of it fits. `reason` is a sentence for the answer."""

    ranked: tuple[str, ...]
    model_class: ModelClass
    reason: str
    score: float


def rules_in_force() -> AutoRules:
    """What the operator set."""
    return AutoRules(
        work_words=tuple(settings.AUTO_MODEL_WORK_WORDS),
        min_words=settings.AUTO_MODEL_MIN_WORDS,
        standard_from=settings.AUTO_MODEL_STANDARD_SCORE,
        premium_from=settings.AUTO_MODEL_PREMIUM_SCORE,
        light_class=cast(ModelClass, settings.AUTO_MODEL_LIGHT_CLASS),
        middle_class=cast(ModelClass, settings.AUTO_MODEL_MIDDLE_CLASS),
        work_class=cast(ModelClass, settings.AUTO_MODEL_WORK_CLASS),
    )


def choose_auto(
    request: ChatRequest,
    *,
    usable: Sequence[CatalogEntry],
    input_tokens: int,
    latency_ms: Mapping[str, float],
    rules: AutoRules,
) -> AutoChoice:
    """The models that can answer, best first.

    `usable` are those that are on, not retired, and that the person may use, in the order of the site's preference.
    `latency_ms` is what the first token took lately, by full id or by endpoint.
    Raises: ModelNotFound or ContextTooLong if none can, in words for the person who asked.
    """
    fitting, notes = _fitting(request, usable, input_tokens)
    question = score_question(request, rules)
    wanted = rules.class_for(question.score)
    nearness = _CLASSES_BY_NEARNESS[wanted]

    def rank(entry: CatalogEntry) -> tuple[int, bool, float, float]:
        waiting_ms = _latency_ms(entry, latency_ms)
        cost = _cost_usd(entry, input_tokens)
        weighed = (cost or 0.0) * (1 + waiting_ms / PRICE_DOUBLES_MS)
        return nearness.index(entry.model_class), cost is None, weighed, waiting_ms

    ranked = sorted(fitting, key=rank)
    chosen = ranked[0]
    if chosen.model_class != wanted:
        notes.append(_("no model of the class “%(wanted)s” can take it") % {"wanted": class_name(wanted)})
    why = str(question.why)
    for note in notes:
        why = _("%(one)s, and %(other)s") % {"one": why, "other": note}
    if chosen.model.endpoint == OFFLINE.name:
        why = _("there is no other model")
    reason = _("Auto chose %(model)s: %(why)s.") % {"model": chosen.model.id, "why": why}
    return AutoChoice(tuple(entry.model.full_id for entry in ranked), wanted, reason, question.score)


def score_question(request: ChatRequest, rules: AutoRules) -> WorkScore:
    """How much work the last question is. One of a few words that leans on the questions before it counts like them."""
    texts = [message.text for message in request.messages if message.role == "user" and message.text.strip()]
    if not texts:
        return _score("", rules)
    last = _score(texts[-1], rules)
    stands_alone = last.is_talk or (last.is_fact and not refers_back(texts[-1]))
    if stands_alone or last.words > rules.min_words:
        return last
    earlier = max((_score(text, rules).score for text in texts[-1 - EARLIER_QUESTIONS : -1]), default=0.0)
    if earlier <= last.score:
        return last
    return replace(last, score=earlier, why=gettext_lazy("the question follows up on earlier ones"))


def _score(text: str, rules: AutoRules) -> WorkScore:
    return work_score(text, work_words=rules.work_words, min_words=rules.min_words)


def _fitting(
    request: ChatRequest, usable: Sequence[CatalogEntry], input_tokens: int
) -> tuple[list[CatalogEntry], list[str]]:
    """The models that can take the request, and what of it narrowed the choice."""
    notes: list[str] = []
    # The built-in model is no language model: it is there for when there is no other.
    able = [entry for entry in usable if entry.model.endpoint != OFFLINE.name] or list(usable)
    if not able:
        raise ModelNotFound(_("Auto has no model to choose from. Choose one by name, or ask an administrator for one."))
    if any(isinstance(part, ImagePart) for message in request.messages for part in message.parts):
        able = [entry for entry in able if entry.model.has_vision]
        notes.append(_("an image has to be read"))
        if not able:
            raise ModelNotFound(_("None of the models you may use can read images. Send the message without them."))
    # Without any model that takes tools, one that doesn't still answers; the run says that it was given none.
    if request.tools and (with_tools := [entry for entry in able if entry.model.has_tools]):
        able = with_tools
    fitting = [entry for entry in able if _needed_tokens(request, entry, input_tokens) <= _window_tokens(entry)]
    if not fitting:
        raise _too_long(able, input_tokens)
    if len(fitting) < len(able):
        notes.append(_("the conversation is too long for some models"))
    return fitting, notes


def _window_tokens(entry: CatalogEntry) -> int:
    return entry.model.context_window_tokens


def _needed_tokens(request: ChatRequest, entry: CatalogEntry, input_tokens: int) -> int:
    answer_tokens = min(request.max_output_tokens or OUTPUT_RESERVE_TOKENS, entry.model.max_output_tokens)
    return input_tokens + min(answer_tokens, _window_tokens(entry) // 2)


def _too_long(entries: Iterable[CatalogEntry], input_tokens: int) -> ContextTooLong:
    largest = max(_window_tokens(entry) for entry in entries)
    words = _(
        "The conversation has about %(tokens)s tokens, and the largest window of the models you may use is %(window)s. "
        "Nothing was sent. Shorten your message, or begin a new conversation."
    )
    return ContextTooLong(words % {"tokens": number(input_tokens), "window": number(largest)})


def _cost_usd(entry: CatalogEntry, input_tokens: int) -> float | None:
    if entry.price is None:
        return None
    cost = entry.price.input_usd * input_tokens + entry.price.output_usd * ANSWER_TOKENS
    return float(cost) / MILLION


def _latency_ms(entry: CatalogEntry, latency_ms: Mapping[str, float]) -> float:
    return latency_ms.get(entry.model.full_id, latency_ms.get(entry.model.endpoint, TYPICAL_LATENCY_MS))
