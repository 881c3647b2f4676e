"""The task model: the cheap one that does the work nobody waits for, such as titles. It is the site's choice and is
asked with the site's keys, whoever pays: what people may choose for themselves doesn't bind it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from uuid_utils.compat import uuid7

from providers.actions.attempts import save_request
from providers.actions.budgets import release, reserve
from providers.budgets import has_budgets
from providers.catalog import resolve_model
from providers.configured import configured_endpoints, default_model, offered_entries
from providers.contract import ChatMessage, ChatRequest, Feature, Model, Payer
from providers.errors import BudgetExceeded, ModelNotFound, ProviderError
from providers.estimates import estimate_cost
from providers.folding import complete
from providers.gateway import Gateway
from providers.models import Attempt
from providers.recording import Recorder
from providers.registry import OFFLINE
from providers.resilience.levels import read_pin
from providers.tokens import estimate_input_tokens

logger = logging.getLogger(__name__)

# Work in the background reads much and writes little: by so much more does the price of input count.
INPUT_PER_OUTPUT = 10
# Of a model that thinks before it answers, or of which nobody knows. What it doesn't use costs nothing.
REASONING_TOKENS = 1_000
# How long a whole piece of work may take, and until when a call that failed is repeated: the built-in model is next.
WORK_S = 45.0
RETRIES_S = 10.0


def built_in_model() -> Model:
    """Costs nothing and is always there."""
    return resolve_model(OFFLINE.name, endpoints={OFFLINE.name})


def task_model() -> Model:
    """TASK_MODEL; where none is named, the cheapest of the economy class: the default provider's, else any that is on,
    else the built-in one. That one also takes the place of a TASK_MODEL that can't be asked, which the log tells. For
    threads that may read the database."""
    names = [endpoint.name for endpoint in configured_endpoints()]
    if not settings.TASK_MODEL:
        preferred = default_model().partition("/")[0]
        others = [name for name in names if name not in (preferred, OFFLINE.name)]
        return _cheapest([preferred]) or _cheapest(others) or built_in_model()
    try:
        return resolve_model(settings.TASK_MODEL, endpoints=names)
    except ModelNotFound as error:
        logger.warning("TASK_MODEL can't be asked, the built-in model does its work: %s", error.user_message)
        return built_in_model()


def task_models() -> list[Model]:
    """Who is asked in turn until one has done the work: the task model, then the built-in one."""
    return list(dict.fromkeys((task_model(), built_in_model())))


def ask_task_model(
    model: Model,
    messages: tuple[ChatMessage, ...],
    *,
    max_answer_tokens: int,
    feature: Feature,
    payer: Payer,
    subject_id: UUID | None = None,
) -> str:
    """What the model answers, in WORK_S at most; "" where a budget has no room for it, it failed or said nothing, which
    the log tells. Nobody else is asked in its place. Each call is recorded, and in the ledger, whatever came of it."""
    request = ChatRequest(
        request_id=uuid7(),
        messages=messages,
        model=model.full_id,
        max_output_tokens=output_limit(model, max_answer_tokens),
        feature=feature,
        payer=payer,
        subject_id=subject_id,
        deadline_s=RETRIES_S,
        only_this_model=True,
        # Nobody looks at it, and whoever deletes the conversation would leave it behind.
        may_be_kept=False,
    )
    try:
        _reserve(request, model)
    except BudgetExceeded as error:
        logger.info("%s may not do a %s: %s", model.full_id, feature, error.detail)
        return ""
    recorder = Recorder(request)
    try:
        text = asyncio.run(_answer(_gateway(model), request, recorder))
    finally:
        # Only after a fault of ours is anything still open.
        recorder.close(Attempt.Outcome.ABANDONED)
        release(request.request_id)
        save_request(recorder.records, recorder.routed)
    if recorder.error is not None:
        detail = recorder.error.detail or recorder.error.user_message
        logger.warning("%s failed at a %s: %s", model.full_id, feature, detail)
        return ""
    if not text:
        logger.warning("%s said nothing for a %s", model.full_id, feature)
    return text


def _cheapest(names: Iterable[str]) -> Model | None:
    """Where nobody knows a price, nobody knows that it is cheap."""
    prices = {
        entry.model: entry.price.input_usd * INPUT_PER_OUTPUT + entry.price.output_usd
        for name in names
        for entry in offered_entries(name)
        if entry.model_class == "economy" and entry.price is not None
    }
    return min(prices, key=prices.__getitem__, default=None)


def output_limit(model: Model, answer_tokens: int) -> int:
    """What a call may write for an answer of so many, with room to reason for a model that does, or may."""
    may_reason = model.has_reasoning or not model.is_known
    return min(answer_tokens + (REASONING_TOKENS if may_reason else 0), model.max_output_tokens)


def _reserve(request: ChatRequest, model: Model) -> None:
    """Raises: BudgetExceeded. The built-in model costs nobody anything, so no budget holds it up."""
    if model.endpoint == OFFLINE.name or not has_budgets():
        return
    estimate = estimate_cost(
        input_tokens=estimate_input_tokens(request, model),
        max_output_tokens=request.max_output_tokens,
        full_id=model.full_id,
    )
    reserve(request_id=request.request_id, payer=request.payer, estimate=estimate, feature=request.feature)


def _gateway(model: Model) -> Gateway:
    """The built-in model asks no provider, so it works at every level of the service."""
    if model.endpoint == OFFLINE.name:
        return Gateway([OFFLINE])
    gateway = Gateway(configured_endpoints())
    gateway.pin = read_pin()
    return gateway


async def _answer(gateway: Gateway, request: ChatRequest, recorder: Recorder) -> str:
    try:
        # What other processes know of an endpoint that is down
        await gateway.refresh_breakers()
        return (await complete(gateway, request, see=recorder.take, within_s=WORK_S)).text.strip()
    except ProviderError:
        # The recorder has it.
        return ""
    finally:
        await gateway.aclose()
