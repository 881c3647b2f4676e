"""The running summary of a conversation: made in the background, from the one before and what was said since."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from kombu.exceptions import OperationalError

from chat.actions.conversations import is_any_hidden
from chat.actions.masking import ask_about
from chat.actions.text import clean_paragraphs
from chat.actions.unread import RUNNING, Brought, Reach, Unread, find_unread, in_steps, may_be_due
from chat.context.report import BudgetReport
from chat.context.strategies import STRATEGIES, strategy_of
from chat.models import Conversation
from providers.contract import ChatMessage, Model
from providers.task_model import task_models

logger = logging.getLogger(__name__)

MAX_WORDS = 200
MAX_ANSWER_TOKENS = 500
INSTRUCTION = (
    "You keep the running summary of a conversation. Rewrite it with what is new, in the conversation's language, in "
    "at most 200 words of plain text. Keep names, numbers, decisions and their reasons, and questions that are still "
    "open; leave out pleasantries. Say the summary alone."
)


def request_summary(conversation: Conversation, context: dict[str, Any], memory: str) -> None:
    """Queue an update of the summary, if the budget report of the answer that just ended says that one may be due.
    `memory` is the strategy that it was given with."""
    from chat.tasks import update_summary  # tasks call actions; here an action queues one

    is_kept = STRATEGIES[memory].has_summary and not conversation.is_temporary
    if not is_kept or not may_be_due(BudgetReport.of_json(context)):
        return
    try:
        update_summary.delay(str(conversation.id))
    except OperationalError as exc:
        logger.warning("the summary of %s waits for the next turn: the broker is gone (%s)", conversation.id, exc)


def summarise_conversation(
    conversation_id: UUID, *, reach: Reach = RUNNING, models: Iterable[Model] | None = None
) -> int:
    """Bring the summary up to date; returns in how many steps."""
    return bring_up_summary(conversation_id, reach=reach, models=models).steps


def bring_up_summary(conversation_id: UUID, *, reach: Reach, models: Iterable[Model] | None = None) -> Brought:
    """Bring the summary up to date. Done twice, at once, or again after it was killed, it comes to the same: a step is
    stored only on the summary that it was made from."""
    asked = list(task_models() if models is None else models)
    return in_steps(f"summary:{conversation_id}", lambda: _update(conversation_id, reach, asked))


def _update(conversation_id: UUID, reach: Reach, models: Sequence[Model]) -> bool:
    """One step: says whether there was one, and it was stored."""
    conversation = Conversation.objects.filter(id=conversation_id, trashed_at=None, deleted_at=None).first()
    if conversation is None or conversation.active_leaf_id is None or not strategy_of(conversation).has_summary:
        return False
    unread = find_unread(conversation.active_leaf_id, read_until=conversation.summary_leaf_id, reach=reach)
    if unread is None:
        return False
    text = _made(conversation, "" if unread.is_begun_anew else conversation.summary, unread, models)
    if not text:
        return False
    return _store(conversation, text, unread)


def _store(conversation: Conversation, text: str, unread: Unread) -> bool:
    """Unless it has another summary by now, or what this one ends in was deleted, or some of it was hidden."""
    leaf_id = unread.messages[-1].id
    with transaction.atomic():
        # The message's row too, which a purge may be about to take
        same = Conversation.objects.select_for_update().filter(
            id=conversation.id, summary_leaf=conversation.summary_leaf_id, messages=leaf_id
        )
        standing = same.first()
        if standing is None or standing.summary != conversation.summary or is_any_hidden(unread.read_ids):
            return False
        return bool(Conversation.objects.filter(id=standing.id).update(summary=text, summary_leaf=leaf_id))


def _made(conversation: Conversation, former: str, unread: Unread, models: Iterable[Model]) -> str:
    """Blank if no model made one: then the conversation goes on with what it has."""
    messages = (
        ChatMessage.of_text("system", INSTRUCTION),
        ChatMessage.of_text("user", f"Summary so far:\n{former or '(none)'}\n\nNew messages:\n{unread.talk}"),
    )
    answers = (
        ask_about(
            conversation,
            model,
            messages,
            max_answer_tokens=MAX_ANSWER_TOKENS,
            feature="summary",
        )
        for model in models
    )
    return next((text for answer in answers if (text := clean_summary(answer))), "")


def clean_summary(text: str) -> str:
    """At most MAX_WORDS words; a model that wrote more is cut at its last whole sentence."""
    text = clean_paragraphs(text).strip()
    words = list(re.finditer(r"\S+", text))
    if len(words) <= MAX_WORDS:
        return text
    cut = text[: words[MAX_WORDS - 1].end()]
    end = max(cut.rfind(mark) for mark in (". ", "! ", "? ", "\n"))
    return cut[: end + 1].rstrip() if end > 0 else cut
