"""The running summary of a conversation: made in the background, from the one before and what was said since."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from kombu.exceptions import OperationalError

from chat.actions.text import clean_paragraphs
from chat.context.attached import read_attached
from chat.context.history import Said, said
from chat.context.report import BudgetReport
from chat.models import Conversation, Message
from chat.models.message import path_ids
from convoscope.background import time_is_up
from providers.contract import ChatMessage, Model
from providers.payers import payer_of
from providers.task_model import WORK_S, ask_task_model, task_models

logger = logging.getLogger(__name__)

# A summary is brought up to date after so many new messages, or when the history fills so much of its budget.
NEW_MESSAGES = 10
FULL_SHARE = 0.6
MAX_WORDS = 200
# The newest stay out of it: they are given to the model as they are, and may still be edited.
LEFT_OUT = 4
# What is read at once, and how often in one piece of work; the next turn goes on where it ended.
READ_TOKENS = 12_000
READ_CHARS = 8_000
STEPS = 5
MAX_ANSWER_TOKENS = 500
INSTRUCTION = (
    "You keep the running summary of a conversation. Rewrite it with what is new, in the conversation's language, in "
    "at most 200 words of plain text. Keep names, numbers, decisions and their reasons, and questions that are still "
    "open; leave out pleasantries. Say the summary alone."
)
CLAIM_S = round(3 * WORK_S)


def request_summary(conversation: Conversation, context: dict[str, Any]) -> None:
    """Queue an update of the summary, if the budget report of the answer that just ended says that one may be due."""
    from chat.tasks import update_summary  # tasks call actions; here an action queues one

    report = BudgetReport.of_json(context)
    if report is None or not keeps_summary(conversation):
        return
    if report.considered_messages < NEW_MESSAGES and not _is_full(report.considered_tokens):
        return
    try:
        update_summary.delay(str(conversation.id))
    except OperationalError as exc:
        logger.warning("the summary of %s waits for the next turn: the broker is gone (%s)", conversation.id, exc)


def keeps_summary(conversation: Conversation) -> bool:
    """Of a temporary chat nothing is kept."""
    return conversation.memory == Conversation.Memory.SUMMARY and not conversation.is_temporary


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a summary goes: so many of the newest messages stay out of it, and so many new ones make it due."""

    left_out: int = LEFT_OUT
    due_from: int = NEW_MESSAGES


RUNNING = Reach()
# Of a conversation that nobody goes on with for now, and of one that did what it was for.
PAUSED = Reach(due_from=1)
FINAL = Reach(left_out=0, due_from=1)


def summarise_conversation(
    conversation_id: UUID, *, reach: Reach = RUNNING, models: Iterable[Model] | None = None
) -> int:
    """Bring the summary up to date, in steps that are each stored; returns how many were. Done twice, at once, or again
    after it was killed, it comes to the same: a step is stored only on the summary that it was made from."""
    claim = f"summary:{conversation_id}"
    if not cache.add(claim, 1, CLAIM_S):
        return 0
    try:
        asked = list(task_models() if models is None else models)
        steps = 0
        while steps < STEPS and not time_is_up() and _update(conversation_id, reach, asked):
            steps += 1
        return steps
    finally:
        cache.delete(claim)


def _update(conversation_id: UUID, reach: Reach, models: Sequence[Model]) -> bool:
    """One step: says whether there was one, and it was stored."""
    conversation = Conversation.objects.filter(id=conversation_id, trashed_at=None, deleted_at=None).first()
    if conversation is None or not keeps_summary(conversation) or conversation.active_leaf_id is None:
        return False
    path = path_ids(conversation.active_leaf_id)[::-1]
    place = path.index(conversation.summary_leaf_id) + 1 if conversation.summary_leaf_id in path else 0
    # Made from messages that were edited since, or of another branch, it is begun anew.
    former = conversation.summary if place else ""
    ahead = path[place : max(0, len(path) - reach.left_out)]
    new = _read(ahead)
    is_due = len(ahead) >= reach.due_from or _is_full(sum(message.tokens for message in new))
    if not new or not is_due:
        return False
    text = _made(conversation, former, new, models)
    if not text:
        return False
    unchanged = Conversation.objects.filter(
        id=conversation.id, summary=conversation.summary, summary_leaf=conversation.summary_leaf_id
    )
    return bool(unchanged.update(summary=text, summary_leaf=new[-1].id))


def _is_full(tokens: int) -> bool:
    return tokens > FULL_SHARE * settings.CONTEXT_TARGET_TOKENS


def _read(ids: Sequence[UUID]) -> list[Said]:
    """The first of these messages, as many as are read at once. What is still being written ends it."""
    found = Message.objects.only("role", "status", "text", "text_tokens").in_bulk(ids[:100])
    attached = read_attached(ids[:100])
    read: list[Said] = []
    for message_id in ids[:100]:
        message = found.get(message_id)
        if message is None or message.is_unfinished:
            break
        role = "assistant" if message.role == Message.Role.ASSISTANT else "user"
        files = attached.get(message_id, ())
        whole = said(role, message.text, message_id=message.id, text_tokens=message.text_tokens, attached=files)  # type: ignore[arg-type]  # one of its roles
        read.append(_question_first(whole))
    sums = accumulate(min(message.tokens, READ_CHARS // 2) for message in read)
    return read[: max(1, sum(tokens <= READ_TOKENS for tokens in sums))]


def _question_first(message: Said) -> Said:
    """What the person wrote, before the documents: of those only the beginnings may be read."""
    message = message.without_images()
    if not message.own_text or message.text == message.own_text:
        return message
    return replace(message, text=f"{message.own_text}\n\n{message.text.removesuffix(message.own_text).rstrip()}")


def _made(conversation: Conversation, former: str, new: Sequence[Said], models: Iterable[Model]) -> str:
    """Blank if no model made one: then the conversation goes on with what it has."""
    talk = "\n\n".join(f"{message.role}: {message.text[:READ_CHARS]}" for message in new)
    messages = (
        ChatMessage.of_text("system", INSTRUCTION),
        ChatMessage.of_text("user", f"Summary so far:\n{former or '(none)'}\n\nNew messages:\n{talk}"),
    )
    answers = (
        ask_task_model(
            model,
            messages,
            max_answer_tokens=MAX_ANSWER_TOKENS,
            feature="summary",
            payer=payer_of(conversation.owner_id),
            subject_id=conversation.id,
        )
        for model in models
    )
    return next((text for answer in answers if (text := clean_summary(answer))), "")


def clean_summary(text: str) -> str:
    """At most MAX_WORDS words; a model that wrote more is cut at its last whole sentence."""
    words = clean_paragraphs(text).strip().split(" ")
    if len(words) <= MAX_WORDS:
        return " ".join(words)
    cut = " ".join(words[:MAX_WORDS])
    end = max(cut.rfind(mark) for mark in (". ", "! ", "? ", "\n"))
    return cut[: end + 1].rstrip() if end > 0 else cut
