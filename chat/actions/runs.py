"""What a person does to a run: stop it, try again, let it go on."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.limits import counted
from accounts.models import User
from chat import events
from chat.actions.conversations import BROUGHT_BACK, bring_back, require_open, require_readable
from chat.context.attached import input_tokens_of
from chat.counting import expected_tokens
from chat.effective import effective_settings
from chat.model_choice import require_sight, require_usable
from chat.models import Conversation, Message, Run
from chat.rendering import render_markdown
from chat.runs.dispatch import dispatch_run
from chat.runs.engine import current_engine
from chat.runs.finish import drop_run, finish_run
from chat.runs.leases import LeaseLost, claim_run
from chat.runs.load import load_run
from chat.runs.result import RunResult
from chat.spending import reserve_run
from convoscope.encrypted_content import Unreadable
from convoscope.errors import LimitReached, ValidationFailed


def stop_run(*, run: Run) -> None:
    """Ask whoever works on the run to stop it; where nobody does, end it here with the text it has."""
    marked = Run.objects.unfinished().filter(id=run.id).update(stop_requested_at=timezone.now())
    engine = current_engine()
    if not marked or (engine is not None and engine.id == run.lease_owner):
        if engine is not None:
            engine.request_stop(run.id)
        return
    # A name of its own: pages skip what their own engine ended, since it told them itself.
    claim = claim_run(run.id, owner=uuid7())
    if claim is None:
        # Another process works on it and reads the mark with its next checkpoint.
        return
    try:
        loaded = load_run(claim)
        result = RunResult(
            status=Message.Status.STOPPED,
            text=loaded.written,
            html=render_markdown(loaded.written),
            reasoning=loaded.reasoning,
            finish_reason="stopped",
        )
        finish_run(claim, loaded.run, result)
    except LeaseLost:
        # Someone claimed it in between, and sees the mark.
        return
    except Unreadable:
        drop_run(run.id)


def retry_message(*, message: Message, by: User, model: str = "") -> Message:
    """Answer a question once more, given itself or one of its answers, which stay: the new one is their sibling.
    `model` answers this once in place of the conversation's. While the same is being written already it is that one: a
    second click asks for nothing new.

    Raises: ValidationFailed if the answer is still being written, the question was deleted, or the model isn't for this
    person; LimitReached; BudgetExceeded.
    """
    question = message if message.role == Message.Role.USER else _question_of(message)
    if model:
        require_usable(model, by.id)
    try:
        with counted(by, tokens=_expected_tokens(question)), transaction.atomic():
            return _begin_retry(question, by, model)
    except _Begun as begun:
        return begun.answer
    except LimitReached:
        if (answer := _begun_answer(question, model)) is None:
            raise
        return answer


def continue_message(*, message: Message, by: User) -> Message:
    """Let an answer that was cut short go on where it ended: a second run on the same message.

    Raises: ValidationFailed if it is no answer, is still being written, or was answered to; LimitReached;
    BudgetExceeded.
    """
    question = _question_of(message)
    with counted(by, tokens=_expected_tokens(question)), transaction.atomic():
        conversation = Conversation.objects.select_for_update().get(id=message.conversation_id)
        conversation.owner = by
        require_open(conversation)
        message = Message.objects.select_for_update().get(id=message.id)
        require_readable(_question_of(message))
        require_readable(message)
        if message.children.present().exists():
            raise ValidationFailed(_("The conversation went on after this answer. Ask for the rest in a new message."))
        message.status = Message.Status.QUEUED
        message.save(update_fields=["status"])
        run = _queue_run(message, Run.Kind.CONTINUE, effective_settings(conversation))
        _show_leaf(conversation, message)
        reserve_run(run, owner_id=conversation.owner_id, leaf_id=message.parent_id, text=message.text)
        transaction.on_commit(lambda: events.turn_submitted(conversation, None, message), robust=True)
    return message


def _expected_tokens(question: Message) -> int:
    return expected_tokens(question.text) + input_tokens_of(question.attachments.defer("text"), None)


class _Begun(Exception):
    """A sibling is being written already, so nothing is begun and nothing counted."""

    def __init__(self, answer: Message) -> None:
        super().__init__()
        self.answer = answer


def _begin_retry(question: Message, by: User, model: str) -> Message:
    """Raises: _Begun."""
    conversation = Conversation.objects.select_for_update().get(id=question.conversation_id)
    conversation.owner = by
    require_open(conversation)
    require_readable(question)
    if (begun := _begun_answer(question, model)) is not None:
        raise _Begun(begun)
    settings = effective_settings(conversation)
    if model:
        settings["model"] = model
    if any(one.can_be_seen for one in question.attachments.defer("text")):
        require_sight(str(settings["model"]), by.id)
    answer = Message(
        conversation=conversation,
        parent_id=question.id,
        role=Message.Role.ASSISTANT,
        status=Message.Status.QUEUED,
        model=settings["model"],
    )
    answer.save(force_insert=True)
    run = _queue_run(answer, Run.Kind.RETRY, settings)
    _show_leaf(conversation, answer)
    reserve_run(run, owner_id=conversation.owner_id, leaf_id=question.id)
    transaction.on_commit(lambda: events.turn_submitted(conversation, None, answer), robust=True)
    return answer


def _begun_answer(question: Message, model: str) -> Message | None:
    """The newest answer to it that is being written; by that model, where one was asked for. Those that are compared
    were asked for together: each may be given again by itself."""
    answers = question.children.present().filter(status__in=Message.UNFINISHED, comparison=None)
    if model:
        answers = answers.filter(runs__settings__model=model)
    return answers.order_by("-id").first()


def _queue_run(answer: Message, kind: Run.Kind, settings: dict[str, Any]) -> Run:
    """A run for this answer, which is claimed and started once it is committed."""
    run = Run.objects.create(message=answer, kind=kind, settings=settings)
    transaction.on_commit(lambda: dispatch_run(run, None))
    return run


def _question_of(answer: Message) -> Message:
    """Raises: ValidationFailed if it is no finished answer to something."""
    if answer.role != Message.Role.ASSISTANT or answer.parent is None:
        raise ValidationFailed(_("Only an answer can be tried again."))
    if answer.is_unfinished:
        raise ValidationFailed(_("This answer is still being written. Stop it first."))
    return answer.parent


def _show_leaf(conversation: Conversation, leaf: Message) -> None:
    conversation.active_leaf = leaf
    bring_back(conversation)
    conversation.active_at = timezone.now()
    conversation.version += 1
    conversation.save(update_fields=["active_leaf", "active_at", "version", *BROUGHT_BACK])
