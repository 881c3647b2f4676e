"""Submitting a turn: the question, the place for its answer, and the run that will write it, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.limits import counted
from accounts.models import User
from chat import events
from chat.actions.attachments import (
    attachments_of,
    content_marks,
    copy_attachments,
    delete_repeated,
    require_count,
    store_attached,
    take_attachments,
    upload_mark,
)
from chat.actions.comparisons import compared_settings, require_comparable
from chat.actions.conversations import (
    BROUGHT_BACK,
    bring_back,
    require_open,
    title_of_question,
)
from chat.actions.guarding import blocks_files, pass_text, require_passable
from chat.actions.places import edited_question, followed
from chat.actions.submits import question_of, submit_digest
from chat.actions.text import clean_message_text
from chat.context.attached import input_tokens_of
from chat.counting import expected_tokens
from chat.effective import effective_settings
from chat.model_choice import refuse_forbidden, require_sight
from chat.models import Attachment, Comparison, Conversation, Message, Run
from chat.models.attachment import attachment_part
from chat.runs.dispatch import claim_at_submit, dispatch_run
from chat.runs.engine import ClaimedRun
from chat.runs.load import first_load
from chat.spending import reserve_run
from convoscope.errors import LimitReached, TurnKeyReused, ValidationFailed
from providers.tokens import count_text_tokens


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and the message that answers it, the first of those that are `compared`. `is_new` is False where an
    earlier submit had made it; `is_branch` says that the question has siblings; `attached` is what a new one has."""

    conversation: Conversation
    question: Message
    answer: Message
    run: Run
    is_new: bool
    is_branch: bool
    is_compared: bool = False
    attached: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a conversation begins: a temporary one is told of the person only if `tells_of_person`."""

    is_temporary: bool = False
    tells_of_person: bool = False


@dataclass(frozen=True, slots=True)
class Submission:
    """What the person sent, checked. `edited_id` is the question that this one stands beside. `digest` tells a repeated
    submit from another one with the same key; `notice` says what was taken out of the text."""

    owner: User
    text: str
    turn_key: UUID
    parent_id: UUID | None
    edited_id: UUID | None
    model: str
    compared: tuple[str, ...]
    attachment_ids: tuple[UUID, ...]
    without: frozenset[UUID]
    beginning: Beginning
    digest: str
    notice: str = ""


def submit_turn(
    *,
    owner: User,
    conversation_id: UUID | None,
    text: str,
    turn_key: UUID,
    parent_id: UUID | None = None,
    edited_id: UUID | None = None,
    model: str = "",
    compared: Sequence[str] = (),
    attachments: Sequence[UUID] = (),
    without: Sequence[UUID] = (),
    beginning: Beginning = Beginning(),
) -> Turn:
    """Write a turn and start its run; with no conversation named, a new one is begun.

    `parent_id` is the last message the person saw; where the conversation went on without them, the turn becomes a
    branch. `edited_id` is a question of the conversation in whose place this one is asked: it becomes its sibling.
    `compared` are models that answer side by side, this once. `attachments` are files that wait to be sent; an edited
    question's own go with it, but for those in `without`. `beginning` is of a new conversation alone.
    Submitting the same `turn_key` again returns the first result, and counts once; files it brought anew are deleted.

    Raises: Conversation.DoesNotExist where the owner has none of that id; ValidationFailed for text or files that can't
    be sent or that a policy refuses, models that aren't for the owner, or a message that isn't of the conversation;
    TurnKeyReused if the key named another message; LimitReached and BudgetExceeded. Nothing is written then.
    """
    # What an edited question has is known once it is locked.
    text = clean_message_text(text, has_attachments=bool(attachments or edited_id))
    require_count(attachments)
    refuse_forbidden(model, owner.id)
    if compared:
        require_comparable(compared, owner.id)
    submission = Submission(
        owner,
        text,
        turn_key,
        parent_id,
        edited_id,
        model,
        tuple(compared),
        tuple(attachments),
        frozenset(without),
        beginning,
        submit_digest(
            text, conversation_id, edited_id or parent_id, content_marks(owner=owner, ids=attachments), without
        ),
    )
    try:
        submission = _passed(submission)
        tokens = expected_tokens(submission.text) + input_tokens_of(_meant_files(submission).defer("text"), None)
        with counted(owner, tokens=tokens * max(1, len(compared))), transaction.atomic():
            return _begin(submission) if conversation_id is None else _go_on(submission, conversation_id)
    except (IntegrityError, LimitReached, ValidationFailed):
        # The key is taken: this is a repetition, which asks for nothing new and is refused by no limit, or a twin was
        # quicker and has its files. Whatever else failed is raised again.
        if (turn := _submitted(submission)) is None:
            raise
        if attachments:
            delete_repeated(owner=owner, ids=attachments)
        return turn


def repeated_turn(
    *,
    owner: User,
    conversation_id: UUID | None,
    text: str,
    turn_key: UUID,
    place_id: UUID | None,
    attachments: Sequence[UUID],
    without: Sequence[UUID],
    uploads: Sequence[File[Any]],
) -> Turn | None:
    """The turn that an earlier submit of the same made, with the files that come again with this one: they needn't be
    kept for that, so they are refused by no limit. `place_id` is the edited question, else the parent.

    Raises: ValidationFailed for text that can't be sent.
    """
    if (question := question_of(owner, turn_key)) is None:
        return None
    text = clean_message_text(text, has_attachments=True)
    marks = [*content_marks(owner=owner, ids=attachments), *map(upload_mark, uploads)]
    is_same = question.metadata.get("digest") == submit_digest(text, conversation_id, place_id, marks, without)
    return _turn_of(question) if is_same else None


def _begin(submission: Submission) -> Turn:
    """A first turn, with its conversation."""
    now = timezone.now()
    # Ids are in the order of what is said, so the question's is made first.
    question_id = uuid7()
    attached = _attached(submission, None)
    beginning = submission.beginning
    settings: dict[str, Any] = {"model": submission.model} if submission.model else {}
    if beginning.is_temporary and beginning.tells_of_person:
        settings["tells_of_person"] = True
    title = title_of_question(submission.text or attached[0].name)
    conversation = Conversation(
        owner=submission.owner,
        # The browser's history keeps a page's title for longer than a day.
        title=_("Temporary chat") if beginning.is_temporary else title,
        is_temporary=beginning.is_temporary,
        settings=settings,
        active_at=now,
        active_leaf_id=uuid7(),
        version=1,
    )
    # The leaf is written after it: foreign keys are checked at commit.
    conversation.save(force_insert=True)
    return _write(submission, conversation, question_id, attached, parent_id=None, now=now, is_branch=False)


def _go_on(submission: Submission, conversation_id: UUID) -> Turn:
    """A further turn of a conversation, whose row is locked from here to the commit."""
    now = timezone.now()
    # The leaf is read once the lock is held: joined, it would be that of the moment before a wait for the lock.
    conversation = Conversation.objects.visible_to(submission.owner).select_for_update().get(id=conversation_id)
    conversation.owner = submission.owner
    require_open(conversation)
    leaf_id = conversation.active_leaf_id
    edited_id = submission.edited_id
    edited = edited_question(conversation, edited_id) if edited_id else None
    parent_id = edited.parent_id if edited else followed(conversation, submission.parent_id)
    attached = _attached(submission, edited)
    question_id = uuid7()
    conversation.active_leaf_id = uuid7()
    conversation.active_at = now
    # Who goes on with it has it back: also on a page that didn't hear of the deletion.
    bring_back(conversation)
    conversation.version += 1
    has_new_model = bool(submission.model) and submission.model != conversation.settings.get("model")
    if has_new_model:
        conversation.settings = conversation.settings | {"model": submission.model}
    conversation.save(update_fields=["active_leaf", "active_at", "settings", "version", *BROUGHT_BACK])
    is_branch = parent_id != leaf_id
    turn = _write(submission, conversation, question_id, attached, parent_id=parent_id, now=now, is_branch=is_branch)
    if has_new_model:
        transaction.on_commit(lambda: events.model_changed(conversation), robust=True)
    return turn


def _write(
    submission: Submission,
    conversation: Conversation,
    question_id: UUID,
    attached: list[Attachment],
    *,
    parent_id: UUID | None,
    now: datetime,
    is_branch: bool,
) -> Turn:
    """The question and its answer, which is the conversation's active leaf, and the answer's run."""
    said = [{"type": "text", "text": submission.text}, {"type": "notice", "text": submission.notice}]
    question = Message(
        id=question_id,
        conversation=conversation,
        parent_id=parent_id,
        author=submission.owner,
        turn_key=submission.turn_key,
        role=Message.Role.USER,
        parts=[*(attachment_part(one) for one in attached), *(part for part in said if part["text"])],
        text=submission.text,
        text_tokens=count_text_tokens(submission.text),
        metadata={"digest": submission.digest},
        finished_at=now,
    )
    settings = effective_settings(conversation)
    if any(one.can_be_seen for one in attached):
        for model in submission.compared or (str(settings["model"]),):
            require_sight(model, submission.owner.id)
    if not submission.compared:
        begun = [_begin_answer(conversation, question, conversation.active_leaf_id, settings, attached)]
    else:
        comparison = Comparison.objects.create()
        begun = [
            _begin_answer(conversation, question, answer_id, compared_settings(settings, model), attached, comparison)
            for answer_id, model in _answer_ids(conversation, submission.compared)
        ]
        # Before they are handed over: an answer that is known already ends at once.
        transaction.on_commit(lambda: events.comparison_begun(conversation), robust=True)
    Message.objects.bulk_create([question, *(one.run.message for one in begun)])
    store_attached(attached, question)
    for one in begun:
        one.run.save(force_insert=True)
        # Last, since it holds the budgets' rows, which others wait for, and so that a repeated turn is found before it.
        reserve_run(one.run, owner_id=conversation.owner_id, leaf_id=parent_id, text=question.text, attached=attached)
        transaction.on_commit(partial(dispatch_run, one.run, one.claimed))
    run, is_compared = begun[0].run, bool(submission.compared)
    if not is_compared:
        transaction.on_commit(lambda: events.turn_submitted(conversation, question, run.message), robust=True)
    return Turn(conversation, question, run.message, run, True, is_branch, is_compared, attached)


@dataclass(frozen=True, slots=True)
class _Begun:
    run: Run
    claimed: ClaimedRun | None


def _begin_answer(
    conversation: Conversation,
    question: Message,
    answer_id: UUID | None,
    settings: dict[str, Any],
    attached: Sequence[Attachment],
    comparison: Comparison | None = None,
) -> _Begun:
    """An answer and its run, claimed but not yet stored."""
    answer = Message(
        id=answer_id,
        conversation=conversation,
        parent=question,
        comparison=comparison,
        role=Message.Role.ASSISTANT,
        status=Message.Status.QUEUED,
        model=settings["model"],
    )
    run = Run(message=answer, settings=settings)
    claim = claim_at_submit(run)
    if claim is not None:
        answer.status = Message.Status.STREAMING
    return _Begun(run, ClaimedRun(claim, first_load(run, attached)) if claim else None)


def _answer_ids(conversation: Conversation, models: Sequence[str]) -> Iterator[tuple[UUID | None, str]]:
    """The first is the leaf of the shown path; the others stand behind it."""
    for place, model in enumerate(models):
        yield (uuid7() if place else conversation.active_leaf_id), model


def _attached(submission: Submission, edited: Message | None) -> list[Attachment]:
    """What the question is sent with: copies of what an edited one has, then what waits.

    Raises: ValidationFailed for more than a message takes, for what isn't there, and if nothing at all is sent.
    """
    kept = [one for one in attachments_of(edited) if one.id not in submission.without] if edited else []
    attached = copy_attachments(kept) + take_attachments(owner=submission.owner, ids=submission.attachment_ids)
    require_count([one.id for one in attached])
    clean_message_text(submission.text, has_attachments=bool(attached))
    return attached


def _passed(submission: Submission) -> Submission:
    """As policies let it pass. Before anything is locked: to look through what files say takes long.

    Raises: guarding.Refused.
    """
    owner_id = submission.owner.id
    passed = pass_text(submission.text, owner_id=owner_id)
    if blocks_files(owner_id):
        require_passable(_meant_files(submission), owner_id=owner_id)
    return replace(submission, text=passed.text, notice=passed.notice)


def _meant_files(submission: Submission) -> QuerySet[Attachment]:
    """Those that it says are to go with it: which are there and theirs is known once they are locked."""
    ids, edited_id = submission.attachment_ids, submission.edited_id
    if not ids and edited_id is None:
        return Attachment.objects.none()
    is_meant = Q(id__in=ids) | Q(message=edited_id) if edited_id else Q(id__in=ids)
    return Attachment.objects.filter(is_meant, owner=submission.owner).exclude(id__in=submission.without)


def _submitted(submission: Submission) -> Turn | None:
    """The turn that this key made before.

    Raises: TurnKeyReused if that was another message.
    """
    question = question_of(submission.owner, submission.turn_key)
    if question is None:
        return None
    if question.metadata.get("digest") != submission.digest:
        raise TurnKeyReused(_("This message was already sent with another text. Reload the page and send it again."))
    return _turn_of(question)


def _turn_of(question: Message) -> Turn:
    """As it was made."""
    answer = question.children.filter(role=Message.Role.ASSISTANT).earliest("id")
    run = answer.runs.earliest("created_at")
    is_compared = answer.comparison_id is not None
    return Turn(question.conversation, question, answer, run, is_new=False, is_branch=True, is_compared=is_compared)
