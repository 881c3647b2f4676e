"""Submitting a turn: the question, the place for its answer, and the run that will write it, in one transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.limits import counted
from accounts.models import User
from chat import events
from chat.actions.conversations import bring_back
from chat.actions.text import clean_line, clean_message_text
from chat.counting import expected_tokens
from chat.effective import effective_settings
from chat.model_choice import refuse_forbidden
from chat.models import Conversation, Message, Run
from chat.models.message import answer_above
from chat.runs.dispatch import claim_at_submit, dispatch_run
from chat.runs.engine import ClaimedRun
from chat.runs.load import first_load
from chat.spending import reserve_run
from convoscope.errors import LimitReached, TurnKeyReused, ValidationFailed

QUESTION_TITLE_CHARS = 50


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and the message that answers it. `is_new` is False where an earlier submit had made it;
    `is_branch` says that the question has siblings."""

    conversation: Conversation
    question: Message
    answer: Message
    run: Run
    is_new: bool
    is_branch: bool


@dataclass(frozen=True, slots=True)
class Submission:
    """What the person sent, checked. `digest` tells a repeated submit from another one with the same key."""

    owner: User
    text: str
    turn_key: UUID
    parent_id: UUID | None
    model: str
    digest: str


def submit_turn(
    *,
    owner: User,
    conversation_id: UUID | None,
    text: str,
    turn_key: UUID,
    parent_id: UUID | None = None,
    model: str = "",
) -> Turn:
    """Write a turn and start its run; with no conversation named, a new one is begun.

    `parent_id` is the last message the person saw; where the conversation went on without them, the turn becomes a
    branch. Submitting the same `turn_key` again returns the first result, and counts once.

    Raises: Conversation.DoesNotExist where the owner has none of that id; ValidationFailed for text that can't be sent,
    a model that isn't for the owner, or a parent that isn't of the conversation; TurnKeyReused if the key named another
    message; LimitReached and BudgetExceeded. Nothing is written then.
    """
    text = clean_message_text(text)
    refuse_forbidden(model, owner.id)
    submission = Submission(owner, text, turn_key, parent_id, model, _digest(text, conversation_id, parent_id))
    try:
        with counted(owner, tokens=expected_tokens(text)), transaction.atomic():
            return _begin(submission) if conversation_id is None else _go_on(submission, conversation_id)
    except (IntegrityError, LimitReached):
        # The key is taken: this is a repetition, which asks for nothing new and is refused by no limit, or a twin was
        # quicker. Whatever else failed is raised again.
        if (turn := _submitted(submission)) is None:
            raise
        return turn


def _begin(submission: Submission) -> Turn:
    """A first turn, with its conversation."""
    now = timezone.now()
    # Ids are in the order of what is said, so the question's is made first.
    question_id = uuid7()
    title = clean_line(submission.text[: 4 * QUESTION_TITLE_CHARS], max_chars=QUESTION_TITLE_CHARS)
    conversation = Conversation(
        owner=submission.owner,
        title=title,
        settings={"model": submission.model} if submission.model else {},
        active_at=now,
        active_leaf_id=uuid7(),
        version=1,
    )
    # The leaf is written after it: foreign keys are checked at commit.
    conversation.save(force_insert=True)
    return _write(submission, conversation, question_id, parent_id=None, now=now, is_branch=False)


def _go_on(submission: Submission, conversation_id: UUID) -> Turn:
    """A further turn of a conversation, whose row is locked from here to the commit."""
    now = timezone.now()
    # The leaf is read once the lock is held: joined, it would be that of the moment before a wait for the lock.
    conversation = Conversation.objects.visible_to(submission.owner).select_for_update().get(id=conversation_id)
    conversation.owner = submission.owner
    leaf_id = conversation.active_leaf_id
    parent_id = _parent(conversation, submission.parent_id)
    question_id = uuid7()
    conversation.active_leaf_id = uuid7()
    conversation.active_at = now
    # Who goes on with it has it back: also on a page that didn't hear of the deletion.
    bring_back(conversation)
    conversation.version += 1
    has_new_model = bool(submission.model) and submission.model != conversation.settings.get("model")
    if has_new_model:
        conversation.settings = conversation.settings | {"model": submission.model}
    conversation.save(update_fields=["active_leaf", "active_at", "trashed_at", "archived_at", "settings", "version"])
    turn = _write(submission, conversation, question_id, parent_id=parent_id, now=now, is_branch=parent_id != leaf_id)
    if has_new_model:
        transaction.on_commit(lambda: events.model_changed(conversation), robust=True)
    return turn


def _write(
    submission: Submission,
    conversation: Conversation,
    question_id: UUID,
    *,
    parent_id: UUID | None,
    now: datetime,
    is_branch: bool,
) -> Turn:
    """The question and its answer, which is the conversation's active leaf, and the answer's run."""
    question = Message(
        id=question_id,
        conversation=conversation,
        parent_id=parent_id,
        author=submission.owner,
        turn_key=submission.turn_key,
        role=Message.Role.USER,
        parts=[{"type": "text", "text": submission.text}],
        text=submission.text,
        metadata={"digest": submission.digest},
        finished_at=now,
    )
    settings = effective_settings(conversation)
    answer = Message(
        id=conversation.active_leaf_id,
        conversation=conversation,
        parent=question,
        role=Message.Role.ASSISTANT,
        status=Message.Status.QUEUED,
        model=settings["model"],
    )
    run = Run(message=answer, settings=settings)
    claim = claim_at_submit(run)
    if claim is not None:
        answer.status = Message.Status.STREAMING
    claimed = ClaimedRun(claim, first_load(run)) if claim else None
    Message.objects.bulk_create([question, answer])
    run.save(force_insert=True)
    # Last, since it holds the budgets' rows, which others wait for, and so that a repeated turn is found before it.
    reserve_run(run, owner_id=conversation.owner_id, leaf_id=parent_id, text=question.text)
    transaction.on_commit(lambda: dispatch_run(run, claimed))
    transaction.on_commit(lambda: events.turn_submitted(conversation, question, answer), robust=True)
    return Turn(conversation, question, answer, run, is_new=True, is_branch=is_branch)


def _parent(conversation: Conversation, parent_id: UUID | None) -> UUID | None:
    """The message a new question follows. An answer still being written can't be answered: its question's place is
    taken instead, as a branch beside it."""
    seen_id = parent_id or conversation.active_leaf_id
    if seen_id is None:
        return None
    try:
        return answer_above(seen_id, conversation_id=conversation.id)
    except Message.DoesNotExist:
        raise ValidationFailed(
            _("The message you replied to is no longer in this conversation. Reload the page and send again."),
            field="text",
        ) from None


def _submitted(submission: Submission) -> Turn | None:
    """The turn that this key made before.

    Raises: TurnKeyReused if that was another message.
    """
    questions = Message.objects.select_related("conversation")
    question = questions.filter(author=submission.owner, turn_key=submission.turn_key).first()
    if question is None:
        return None
    if question.metadata.get("digest") != submission.digest:
        raise TurnKeyReused(_("This message was already sent with another text. Reload the page and send it again."))
    answer = question.children.filter(role=Message.Role.ASSISTANT).earliest("id")
    run = answer.runs.earliest("created_at")
    return Turn(question.conversation, question, answer, run, is_new=False, is_branch=True)


def _digest(text: str, conversation_id: UUID | None, parent_id: UUID | None) -> str:
    """What makes two submits the same one; a new conversation has no id yet."""
    return hashlib.sha256(f"{conversation_id or ''}\n{parent_id or ''}\n{text}".encode()).hexdigest()
