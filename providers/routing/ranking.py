"""The models that come into question for a request, best first: the one that was asked for and its stand-ins, or those
that `auto` ranks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from providers.catalog import CatalogEntry, Resolution, current_catalog, entries_of, is_offered, utc_today
from providers.contract import ChatRequest, EndpointConfig, Model, Rights
from providers.resilience.health import Health, first_token_s
from providers.routing.auto import choose_auto, rules_in_force
from providers.routing.candidates import Candidate
from providers.tokens import estimate_input_tokens

AUTO = "auto"
# A text of half as many characters as the window has tokens fits it in every script; counting it closely costs more.
SURELY_FITS = 2
CHARS_PER_TOKEN = 3


@dataclass(frozen=True, slots=True)
class Ranking:
    """`reason` says why the first comes first, where that was decided here; `notice` that it isn't the named one."""

    candidates: tuple[Candidate, ...]
    input_tokens: int
    reason: str = ""
    notice: str = ""


def rank_for_model(request: ChatRequest, asked: Resolution, *, endpoints: Collection[str]) -> Ranking:
    """The named model, then the catalog's stand-ins, best first. Of a model it doesn't know nobody knows one."""
    others = stand_ins(asked.model)
    on = [model for model in (asked.model, *others) if model.endpoint in endpoints]
    return Ranking(
        (Candidate(asked.model, _("asked for")), *(Candidate(model, _("stands in for it")) for model in others)),
        _input_tokens(request, on),
        notice=asked.notice,
    )


def stand_ins(model: Model) -> list[Model]:
    """The catalog's, best first, whether or not their endpoints are on."""
    entries = current_catalog().entries
    entry = entries.get(model.full_id)
    return [entries[name].model for name in (entry.equivalents if entry else ())]


def too_dear(candidates: Iterable[Candidate], rights: Rights) -> dict[str, str]:
    """By full id, why those are not asked that would cost the site something, where no budget has room for it."""
    own = {endpoint.name for endpoint in rights.own_endpoints}
    dear = [one.model.full_id for one in candidates if one.model.endpoint not in own and not _is_free(one.model)]
    return dict.fromkeys(dear, _("nothing is left of a budget for it"))


def _is_free(model: Model) -> bool:
    entry = current_catalog().entries.get(model.full_id)
    return entry is not None and entry.price is not None and not (entry.price.input_usd or entry.price.output_usd)


def usable_entries(endpoints: Mapping[str, EndpointConfig], rights: Rights) -> list[CatalogEntry]:
    """What `auto` may choose among, in the endpoints' order, which is the site's preference."""
    catalog, today = current_catalog(), utc_today()
    return [
        entry
        for name, endpoint in endpoints.items()
        for entry in entries_of(name, endpoint.default_model, catalog)
        if is_offered(entry, today) and not rights.refusal(entry.model)
    ]


def rank_for_auto(request: ChatRequest, *, usable: Sequence[CatalogEntry], health: Mapping[str, Health]) -> Ranking:
    """Every usable model in the order of `choose_auto`.

    Raises: ModelNotFound or ContextTooLong if none can answer.
    """
    input_tokens = _input_tokens(request, [entry.model for entry in usable])
    latency_ms = {name: 1_000 * seconds for name, seconds in first_token_s(health, "first_token_p50_ms").items()}
    choice = choose_auto(
        request, usable=usable, input_tokens=input_tokens, latency_ms=latency_ms, rules=rules_in_force()
    )
    by_full_id = {entry.model.full_id: entry.model for entry in usable}
    ranked = [by_full_id[full_id] for full_id in choice.ranked]
    candidates = [
        Candidate(model, _("next by auto") if place else _("chosen by auto")) for place, model in enumerate(ranked)
    ]
    return Ranking(tuple(candidates), input_tokens, reason=choice.reason)


def _input_tokens(request: ChatRequest, models: Sequence[Model]) -> int:
    """Estimated closely only where the request may not fit one of the models."""
    chars = sum(len(message.text) for message in request.messages) + len(request.partial_text)
    smallest = min((model.context_window_tokens for model in models), default=0)
    if chars * SURELY_FITS < smallest and not request.tools:
        return chars // CHARS_PER_TOKEN
    return estimate_input_tokens(request, models[0] if models else None)
