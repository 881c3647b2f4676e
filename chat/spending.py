"""What a conversation's next answer is likely to cost, and holding it in the budgets of its owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.conf import settings as django_settings

from chat.context.attached import input_tokens_of
from chat.context.history import read_history
from chat.model_choice import AUTO
from chat.models import Attachment, Message, Run
from providers.actions.budgets import reserve
from providers.budgets import BudgetWarning, has_budgets, warnings_for
from providers.catalog import resolve_model
from providers.contract import Model
from providers.errors import BudgetExceeded, ModelNotFound
from providers.estimates import Estimate, estimate_cost
from providers.model_access import refusals, usable_models
from providers.payers import payer_of
from providers.personal import cost_to_site, endpoints_for, personal_endpoints
from providers.routing.ranking import stand_ins
from providers.tokens import count_text_tokens, image_tokens


def reserve_run(
    run: Run, *, owner_id: UUID, leaf_id: UUID | None, text: str = "", attached: Sequence[Attachment] = ()
) -> None:
    """Hold what a run is likely to use, for an answer that follows `text` and what is `attached` to it after the path
    to `leaf_id`: the most that any model would which may answer, be it asked first or stand in.

    Where no budget has room for that, a model that costs the site nothing answers all the same, but none that costs it
    something may stand in. `run.settings` says so then, in place, since who claimed the run has them already.
    Raises: BudgetExceeded.
    """
    if not has_budgets():
        return
    models, settings, payer = _models(str(run.settings["model"]), owner_id), run.settings, payer_of(owner_id)
    others = [] if settings.get("only_this_model") else _stand_ins(models, owner_id)
    said = _Said(leaf_id, text, attached)
    of_asked, *of_others = _estimates(models, others, owner_id=owner_id, settings=settings, said=said)
    try:
        reserve(request_id=run.id, payer=payer, estimate=_most([of_asked, *of_others]), feature="chat")
    except BudgetExceeded:
        if of_asked.nanousd != 0:
            raise
        reserve(request_id=run.id, payer=payer, estimate=of_asked, feature="chat")
        settings["must_be_free"] = True
        run.save(update_fields=["settings"])


def budget_warnings(owner_id: UUID) -> list[BudgetWarning]:
    """What a person should know of their budgets before they ask. Costs no query where there are none."""
    return warnings_for(payer_of(owner_id)) if has_budgets() else []


def estimate_answer(
    *,
    owner_id: UUID,
    settings: dict[str, Any],
    leaf_id: UUID | None,
    text: str,
    attached: Sequence[Attachment] = (),
) -> Estimate:
    """What an answer is likely to use, and to cost the site, by the settings that will be in force: the most that any
    of the models that may be chosen for it would."""
    models = _models(str(settings["model"]), owner_id)
    said = _Said(leaf_id, text, attached)
    return _estimates(models, [], owner_id=owner_id, settings=settings, said=said)[0]


@dataclass(frozen=True, slots=True)
class _Said:
    """What an answer follows: the path to `leaf_id`, then this text with its files."""

    leaf_id: UUID | None
    text: str
    attached: Sequence[Attachment]

    def input_tokens(self, system_prompt: str, model: Model | None) -> int:
        of_path = _path_tokens(self.leaf_id, system_prompt, model)
        return of_path + _tokens(self.text, model) + input_tokens_of(self.attached, model)


def _estimates(
    models: Sequence[Model],
    others: Sequence[Model],
    *,
    owner_id: UUID,
    settings: dict[str, Any],
    said: _Said,
) -> list[Estimate]:
    """Shape: the most that any of `models` would use, then what each of the `others` would."""
    # Of several it isn't known yet who will count: then by the vocabulary that makes most of a text.
    model = models[0] if len(models) == 1 else None
    input_tokens = said.input_tokens(str(settings.get("system_prompt", "")), model)
    max_output_tokens = settings.get("max_output_tokens")
    if not models:
        return [estimate_cost(input_tokens=input_tokens, max_output_tokens=max_output_tokens, full_id="")]
    own = {endpoint.name for endpoint in personal_endpoints(owner_id)}
    each = [
        _of_model(one, input_tokens, max_output_tokens, is_own_key=one.endpoint in own) for one in (*models, *others)
    ]
    return [_most(each[: len(models)]), *each[len(models) :]]


def _of_model(model: Model, input_tokens: int, max_output_tokens: int | None, *, is_own_key: bool) -> Estimate:
    # What doesn't fit is left out.
    input_tokens = min(input_tokens, model.context_window_tokens)
    estimate = estimate_cost(input_tokens=input_tokens, max_output_tokens=max_output_tokens, full_id=model.full_id)
    return replace(estimate, nanousd=cost_to_site(estimate.nanousd, is_own_key=is_own_key))


def _most(estimates: Sequence[Estimate]) -> Estimate:
    """Where one may cost nothing and another nobody knows what, nobody knows."""
    tokens = max(one.tokens for one in estimates)
    known = max((one.nanousd for one in estimates if one.nanousd is not None), default=0)
    is_known = known > 0 or all(one.nanousd is not None for one in estimates)
    return Estimate(tokens, known if is_known else None)


def _path_tokens(leaf_id: UUID | None, system_prompt: str, model: Model | None) -> int:
    """Of all that is said up to a message. What the provider counted for an answer has everything before it, so that
    only the answer's own text is to be counted."""
    if leaf_id is None:
        return _tokens(system_prompt, model)
    leaf = Message.objects.only("role", "text", "input_tokens", "parent_id", "finish_reason").get(id=leaf_id)
    if leaf.role == Message.Role.USER:
        attached = input_tokens_of(leaf.attachments.defer("text"), model)
        return _path_tokens(leaf.parent_id, system_prompt, model) + _tokens(leaf.text, model) + attached
    # Who asked back was given the last few messages alone.
    if leaf.input_tokens is not None and leaf.finish_reason != Message.ASKED_BACK:
        return leaf.input_tokens + _tokens(leaf.text, model)
    history = read_history(leaf_id)
    images = sum(len(message.images) for message in history) * image_tokens(model)
    return images + sum(_tokens(text, model) for text in (system_prompt, *(message.text for message in history)))


def _tokens(text: str, model: Model | None) -> int:
    return count_text_tokens(text, model=model) if text else 0


def _models(name: str, owner_id: UUID) -> list[Model]:
    """Who may answer by that name; nobody where the gateway will refuse it."""
    if name == AUTO and django_settings.AUTO_MODEL_ENABLED:
        return [entry.model for entry in usable_models(owner_id)]
    try:
        return [resolve_model(name, endpoints={endpoint.name for endpoint in endpoints_for(owner_id)})]
    except ModelNotFound:
        return []


def _stand_ins(models: Sequence[Model], owner_id: UUID) -> list[Model]:
    """Who may answer in place of the one model that was asked for; those that `auto` has are among its own."""
    if len(models) != 1:
        return []
    endpoints = {endpoint.name for endpoint in endpoints_for(owner_id)}
    on = [model for model in stand_ins(models[0]) if model.endpoint in endpoints]
    refused = refusals(owner_id, [model.full_id for model in on])
    return [model for model in on if model.full_id not in refused]
