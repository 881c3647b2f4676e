"""Titles: asked for after the first answer, made by the task model in the background."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

from kombu.exceptions import OperationalError
from uuid_utils.compat import uuid7

from chat.actions.conversations import take_model_title
from chat.models import Conversation, Message
from providers.actions.attempts import save_request
from providers.actions.budgets import release, reserve
from providers.budgets import has_budgets
from providers.catalog import resolve_model
from providers.contract import ChatMessage, ChatRequest, TextDelta
from providers.errors import BudgetExceeded
from providers.estimates import estimate_cost
from providers.gateway import Gateway
from providers.payers import payer_of
from providers.recording import Recorder
from providers.registry import OFFLINE
from providers.tokens import estimate_input_tokens

logger = logging.getLogger(__name__)

# Costs nothing and is always there.
TASK_MODEL = f"{OFFLINE.name}/convoscope-offline"
# Enough to name a conversation; the rest only costs.
SEEN_CHARS = 2_000
MAX_OUTPUT_TOKENS = 60
INSTRUCTION = "Write a title of at most six words for this conversation. Answer with the title alone."


class TitleFailed(Exception):
    """The task model gave no title. Seen by the task, which tries again later."""


def request_title(conversation: Conversation) -> None:
    """Queue the making of a title if the conversation has none yet. A lost message is found by the sweep."""
    from chat.tasks import make_title  # tasks call actions; here an action queues one

    if conversation.title_source == Conversation.TitleSource.QUESTION:
        try:
            make_title.delay(str(conversation.id))
        except OperationalError as exc:
            logger.warning("the title of %s waits for the sweep: the broker is gone (%s)", conversation.id, exc)


def untitled_conversations() -> list[UUID]:
    """Conversations with a finished answer whose title is still cut from the question."""
    return list(
        Conversation.objects.filter(
            title_source=Conversation.TitleSource.QUESTION,
            trashed_at=None,
            is_temporary=False,
            messages__role=Message.Role.ASSISTANT,
            messages__status=Message.Status.COMPLETE,
        )
        .distinct()
        .values_list("id", flat=True)[:100]
    )


def title_conversation(conversation_id: UUID) -> bool:
    """Make and store a title. Running it twice, or after the person renamed it, changes nothing. One that its owner's
    budgets don't allow is made once they do: the sweep asks again.

    Raises: TitleFailed if the model gave none.
    """
    conversation = Conversation.objects.filter(
        id=conversation_id, title_source=Conversation.TitleSource.QUESTION
    ).first()
    if conversation is None:
        return False
    first = list(conversation.messages.exclude(text="").order_by("id")[:2])
    if not first:
        return False
    request = _request(conversation, first)
    try:
        _reserve(request)
    except BudgetExceeded as error:
        logger.info("the title of %s waits: %s", conversation.id, error.detail)
        return False
    title = _ask_for_title(request)
    return take_model_title(conversation=conversation, title=title.strip().strip("\"'").rstrip("."))


def _request(conversation: Conversation, messages: list[Message]) -> ChatRequest:
    seen = "\n\n".join(f"{message.role}: {message.text[:SEEN_CHARS]}" for message in messages)
    return ChatRequest(
        request_id=uuid7(),
        messages=(ChatMessage.of_text("system", INSTRUCTION), ChatMessage.of_text("user", seen)),
        model=TASK_MODEL,
        max_output_tokens=MAX_OUTPUT_TOKENS,
        feature="title",
        payer=payer_of(conversation.owner_id),
        subject_id=conversation.id,
    )


def _reserve(request: ChatRequest) -> None:
    """Raises: BudgetExceeded."""
    if not has_budgets():
        return
    model = resolve_model(request.model, endpoints={OFFLINE.name})
    estimate = estimate_cost(
        input_tokens=estimate_input_tokens(request, model),
        max_output_tokens=request.max_output_tokens,
        full_id=model.full_id,
    )
    reserve(request_id=request.request_id, payer=request.payer, estimate=estimate, feature=request.feature)


def _ask_for_title(request: ChatRequest) -> str:
    """Raises: TitleFailed. The call is in the ledger, whatever came of it."""
    recorder = Recorder(request)
    try:
        title = asyncio.run(_call(request, recorder))
    finally:
        release(request.request_id)
        save_request(recorder.records, recorder.routed)
    if recorder.error is not None:
        raise TitleFailed(recorder.error.detail or recorder.error.user_message) from recorder.error
    if not title:
        raise TitleFailed("the task model answered nothing")
    return title


async def _call(request: ChatRequest, recorder: Recorder) -> str:
    gateway = Gateway([OFFLINE])
    parts = []
    try:
        async for event in gateway.stream(request):
            recorder.take(event)
            if isinstance(event, TextDelta):
                parts.append(event.text)
    finally:
        await gateway.aclose()
    return "".join(parts).strip()
