"""Submitting a turn: the question, the place for its answer, and the run that will write it, in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat import events
from chat.actions.text import clean_line, clean_message_text
from chat.effective import effective_settings
from chat.models import Conversation, Message, Run
from chat.runs.dispatch import claim_at_submit, dispatch_run
from convoscope.errors import TurnKeyReused, ValidationFailed

QUESTION_TITLE_CHARS = 50


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and the message that answers it. `is_new` is False where an earlier submit had made it."""

    conversation: Conversation
    question: Message
    answer: Message
    run: Run
    is_new: bool


def submit_turn(
    *,
    owner: User,
    conversation: Conversation | None,
    text: str,
    turn_key: UUID,
    parent_id: UUID | None = None,
    model: str = "",
) -> Turn:
    """Write a turn and start its run; with no conversation given, a new one is begun.

    `parent_id` is the last message the person saw; where the conversation went on without them, the turn becomes a
    branch. Submitting the same `turn_key` again returns the first result.

    Raises: ValidationFailed for text that can't be sent or a parent that isn't of the conversation; TurnKeyReused if
    the key named another message.
    """
    text = clean_message_text(text)
    digest = _digest(text, conversation, parent_id)
    if (turn := _submitted(owner, turn_key, digest)) is not None:
        return turn
    try:
        with transaction.atomic():
            return _write_turn(owner, conversation, text, turn_key, digest, parent_id, model)
    except IntegrityError:
        # A twin of this submit was quicker. Anything else that failed has no such turn and is raised again.
        if (turn := _submitted(owner, turn_key, digest)) is None:
            raise
        return turn


def _write_turn(
    owner: User,
    conversation: Conversation | None,
    text: str,
    turn_key: UUID,
    digest: str,
    parent_id: UUID | None,
    model: str,
) -> Turn:
    now = timezone.now()
    if conversation is None:
        title = clean_line(text[: 4 * QUESTION_TITLE_CHARS], max_chars=QUESTION_TITLE_CHARS)
        chosen = {"model": model} if model else {}
        conversation = Conversation.objects.create(owner=owner, title=title, settings=chosen, active_at=now)
        branches_from = None
    else:
        conversation = Conversation.objects.select_for_update().get(id=conversation.id)
        branches_from = _parent(conversation, parent_id)
    question = Message.objects.create(
        conversation=conversation,
        parent_id=branches_from,
        author=owner,
        turn_key=turn_key,
        role=Message.Role.USER,
        parts=[{"type": "text", "text": text}],
        text=text,
        metadata={"digest": digest},
        finished_at=now,
    )
    answer, run = start_answer(conversation, question, overrides={"model": model} if model else {})
    _advance(conversation, answer, now=now, model=model)
    return Turn(conversation, question, answer, run, is_new=True)


def start_answer(conversation: Conversation, question: Message, *, overrides: Mapping[str, Any]) -> tuple[Message, Run]:
    """Make the place for an answer to `question` and the run that fills it; it starts once this is committed."""
    settings = effective_settings(conversation) | dict(overrides)
    run = Run(settings=settings)
    claim = claim_at_submit(run)
    answer = Message.objects.create(
        conversation=conversation,
        parent=question,
        role=Message.Role.ASSISTANT,
        status=Message.Status.STREAMING if claim else Message.Status.QUEUED,
        model=settings["model"],
    )
    run.message = answer
    run.save(force_insert=True)
    transaction.on_commit(lambda: dispatch_run(run, claim))
    transaction.on_commit(lambda: events.turn_submitted(conversation, question, answer))
    return answer, run


def _advance(conversation: Conversation, answer: Message, *, now: Any, model: str) -> None:
    """Show the new answer's path, and keep the model that was chosen for it."""
    conversation.active_leaf = answer
    conversation.active_at = now
    if model:
        conversation.settings = conversation.settings | {"model": model}
    conversation.version = F("version") + 1
    conversation.save(update_fields=["active_leaf", "active_at", "settings", "version"])
    conversation.refresh_from_db(fields=["version"])


def _parent(conversation: Conversation, parent_id: UUID | None) -> UUID | None:
    """The message a new question follows. An answer still being written can't be answered: its question's place is
    taken instead, as a branch beside it."""
    wanted_id = parent_id or conversation.active_leaf_id
    if wanted_id is None:
        return None
    parent = Message.objects.select_related("parent").filter(id=wanted_id, conversation=conversation).first()
    if parent is None:
        raise ValidationFailed(
            _("The message you replied to is no longer in this conversation. Reload the page and send again."),
            field="text",
        )
    while parent is not None and (parent.is_unfinished or parent.role == Message.Role.USER):
        parent = parent.parent
    return parent.id if parent else None


def _submitted(owner: User, turn_key: UUID, digest: str) -> Turn | None:
    question = (
        Message.objects.select_related("conversation").filter(author=owner, turn_key=turn_key).order_by("id").first()
    )
    if question is None:
        return None
    if question.metadata.get("digest") != digest:
        raise TurnKeyReused(_("This message was already sent with another text. Reload the page and send it again."))
    answer = question.children.filter(role=Message.Role.ASSISTANT).order_by("id").first()
    run = answer.runs.order_by("created_at").first() if answer else None
    if answer is None or run is None:
        return None
    return Turn(question.conversation, question, answer, run, is_new=False)


def _digest(text: str, conversation: Conversation | None, parent_id: UUID | None) -> str:
    """What makes two submits the same one; a new conversation has no id yet."""
    place = conversation.id if conversation else ""
    return hashlib.sha256(f"{place}\n{parent_id or ''}\n{text}".encode()).hexdigest()
