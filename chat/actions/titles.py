"""Titles: asked for after the first answer, made by the task model in the background."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from kombu.exceptions import OperationalError

from chat.actions.conversations import take_model_title
from chat.actions.masking import ask_about
from chat.actions.title_text import clean_title
from chat.guards.cutting import beginning
from chat.models import Conversation, Message
from convoscope.encrypted_content import Unreadable
from providers.contract import ChatMessage, Model
from providers.task_model import WORK_S, task_models

logger = logging.getLogger(__name__)

# Enough to name a conversation; the rest only costs.
SEEN_CHARS = 2_000
MAX_ANSWER_TOKENS = 60
INSTRUCTION = (
    "Write a title of at most six words for this conversation, in its language. Don't answer it: say the title alone, "
    "on one line, without quotes or Markdown."
)
# Longer than both models may take: who is asked meanwhile leaves it to them, and a process that died is forgotten.
CLAIM_S = round(3 * WORK_S)


def request_title(conversation: Conversation) -> None:
    """Queue the making of a title if the conversation has none yet. A lost message is found by the sweep."""
    from chat.tasks import make_title  # tasks call actions; here an action queues one

    is_cut_from_question = conversation.title_source == Conversation.TitleSource.QUESTION
    if settings.AUTO_TITLES and is_cut_from_question and not conversation.is_temporary:
        try:
            make_title.delay(str(conversation.id))
        except OperationalError as exc:
            logger.warning("the title of %s waits for the sweep: the broker is gone (%s)", conversation.id, exc)


def untitled_conversations() -> list[UUID]:
    """Conversations with a finished answer whose title is still cut from the question; none where titles are off."""
    if not settings.AUTO_TITLES:
        return []
    return list(
        Conversation.objects.without_made_title()
        .filter(messages__role=Message.Role.ASSISTANT, messages__status=Message.Status.COMPLETE)
        .distinct()
        .values_list("id", flat=True)[:100]
    )


def title_conversation(conversation_id: UUID, *, models: Iterable[Model] | None = None) -> bool:
    """Make and store a title, by the first of the models that makes one: the task model, else the built-in one, so that
    nothing is paid for again by the sweep. Running it twice, or after the person renamed it, changes nothing."""
    claim = f"title:{conversation_id}"
    # A second answer and the sweep ask for a title that is just being made, too.
    if not settings.AUTO_TITLES or not cache.add(claim, 1, CLAIM_S):
        return False
    try:
        conversation = Conversation.objects.without_made_title().filter(id=conversation_id).first()
        if conversation is None:
            return False
        first = list(conversation.messages.readable().order_by("id")[:3])
        try:
            title = _make_title(conversation, first, task_models() if models is None else models)
        except Unreadable:
            logger.warning("%s keeps its title: FIELD_ENCRYPTION_KEYS lacks the key of what was said", conversation_id)
            title = conversation.title
        return take_model_title(conversation=conversation, title=title, seen=[one.id for one in first])
    finally:
        cache.delete(claim)


def _seen(message: Message) -> str:
    """Its text, else what its files say, and their names."""
    files = list(message.attachments.order_by("position")) if message.role == Message.Role.USER else []
    whole = [message.text] if message.text else [one.text for one in files if one.text]
    said = [beginning(text, SEEN_CHARS) for text in whole]
    return "\n".join([*said, *(f"[{one.name}]" for one in files)])


def _make_title(conversation: Conversation, first: Iterable[Message], models: Iterable[Model]) -> str:
    """Blank if there is nothing to be named yet."""
    said = [f"{message.role}: {seen}" for message in first if (seen := _seen(message))][:2]
    if not said:
        return ""
    seen = "\n\n".join(said)
    answers = (
        ask_about(
            conversation,
            model,
            (ChatMessage.of_text("system", INSTRUCTION), ChatMessage.of_text("user", seen)),
            max_answer_tokens=MAX_ANSWER_TOKENS,
            feature="title",
        )
        for model in models
    )
    return next((title for answer in answers if (title := clean_title(answer))), "")
