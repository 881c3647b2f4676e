"""The end of a run: everything it made goes into the message, in one transaction that its fence decides."""

from __future__ import annotations

from copy import copy
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy, override

from accounts.limits import add_tokens
from chat import events
from chat.actions.checks import request_check
from chat.actions.entities import request_entities
from chat.actions.flags import flag_message
from chat.actions.follow_ups import request_follow_ups
from chat.actions.hiding import forget_if_hidden_since
from chat.actions.summaries import request_summary
from chat.actions.titles import request_title
from chat.context.strategies import DEFAULT
from chat.fragments import cost_of_answer, runs_of_answer
from chat.models import Checkpoint, Flag, Message, Run
from chat.models.moderation import Category, Severity
from chat.rendering import RENDER_VERSION
from chat.runs.leases import Claim, held_run, write_run
from chat.runs.load import abandon_calls
from chat.runs.result import RunResult
from convoscope.encrypted_content import Unreadable, unreadable_marked
from convoscope.errors import AppError
from providers.actions.attempts import abandon_attempts, save_request
from providers.actions.budgets import release
from providers.contract import ChatRequest
from providers.errors import ContentFiltered
from providers.ledger import Cost, cost_of_lines, usage_of
from providers.payers import payer_of
from providers.tokens import count_text_tokens

OUR_FAULT = gettext_lazy("Something went wrong on our side. What was written is kept; try again.")


# Only these: what else the row holds may have been changed since it was read, and only the run is locked.
_FILLED = [
    "parts",
    "status",
    "text",
    "text_tokens",
    "html",
    "render_version",
    "finish_reason",
    "model",
    "provider",
    "input_tokens",
    "output_tokens",
    "finished_at",
]
_RUN_STATUS = {
    Message.Status.COMPLETE: Run.Status.COMPLETE,
    Message.Status.STOPPED: Run.Status.STOPPED,
    Message.Status.FAILED: Run.Status.FAILED,
}


def finish_run(claim: Claim, run: Run, result: RunResult) -> tuple[list[Run], Cost | None]:
    """Fold the run into its message and close it. `run` is as it was loaded for this claim: while that stands, nobody
    else writes what is written here. It is left as it is, since this may be tried again.

    Returns: the answer's runs, oldest first, the last being this one as it now stands, with its message; and what the
    answer cost.
    Raises: LeaseLost; then nothing is written.
    """
    written = run.message.text
    run, message = copy(run), copy(run.message)
    run.message = message
    now = timezone.now()
    with transaction.atomic():
        _close(claim, run, result, now)
        if run.kind == Run.Kind.CONTINUE:
            # Its readers may have said meanwhile what they think of its beginning.
            with unreadable_marked():
                message.refresh_from_db(fields=["feedback", "feedback_comment"])
        _fill(message, result)
        message.finished_at = now
        message.save(update_fields=_FILLED)
        # In this order, in which every other transaction takes the rows of budgets too.
        release(run.id)
        lines = save_request(result.attempts, result.routed)
        if not result.attempts:
            # Where they can't be stored, what was stored of them while they went on is all that can be booked.
            abandon_calls(run, written=written, last_fence=claim.fence)
        if claim.fence > 1 or run.kind == Run.Kind.CONTINUE or not lines:
            _count_every_call(message)
        # The one line of a run that made one call has just been written; of others the ledger may have an older price.
        is_whole = claim.fence == 1 and run.kind != Run.Kind.CONTINUE and len(lines) == 1
        runs = runs_of_answer(run)
        cost = cost_of_lines(lines) if is_whole else cost_of_answer(runs)
        Checkpoint.objects.filter(run=run).delete()
        # What fails from here on must not look as if the run had: it is over.
        transaction.on_commit(lambda: events.run_ended(run), robust=True)
        transaction.on_commit(lambda: add_tokens(message.conversation.owner_id, result.unforeseen_tokens), robust=True)
        if result.text:
            transaction.on_commit(lambda: request_title(message.conversation), robust=True)
            asked = message.conversation, result.context, run.settings.get("memory", DEFAULT)
            transaction.on_commit(lambda: request_summary(*asked), robust=True)
            transaction.on_commit(lambda: request_entities(*asked), robust=True)
            transaction.on_commit(lambda: request_follow_ups(run), robust=True)
        request_check(run)
        _flag_if_filtered(run, result)
        forget_if_hidden_since(run)
    return runs, cost


def give_up_run(claim: Claim, *, is_unreadable: bool = False) -> None:
    """End a run that a fault of ours keeps from being worked on, or that `is_unreadable` for want of a key, and book
    what it used, as far as that can be read. Its checkpoints stay, for whoever mends it.

    Raises: LeaseLost.
    """
    with transaction.atomic():
        run = held_run(claim)
        Message.objects.filter(id=run.message_id).update(status=Message.Status.FAILED, finished_at=timezone.now())
        run.status = Run.Status.FAILED
        run.lease_expires_at = None
        run.finished_at = timezone.now()
        language = run.message.conversation.owner.language
        with override(language):
            error = Unreadable() if is_unreadable else AppError(str(OUR_FAULT))
        run.error_code, run.error_message = error.code, error.user_message
        run.save(force_update=True)
        release(run.id)
        try:
            abandon_calls(run, written=run.message.text, last_fence=claim.fence)
        except Unreadable:
            _abandon_unread(run)
        _count_every_call(run.message)
        request_check(run)
        forget_if_hidden_since(run)
        transaction.on_commit(lambda: _tell_of_end(run, language), robust=True)


def drop_run(run_id: UUID) -> None:
    """Stop a run that nobody can read any more. Its checkpoints stay."""
    with transaction.atomic():
        now = timezone.now()
        ended = {"status": Run.Status.STOPPED, "lease_expires_at": None, "finished_at": now}
        if not Run.objects.unfinished().filter(id=run_id).update(**ended):
            return
        run = Run.objects.select_related("message__conversation__owner").get(id=run_id)
        Message.objects.filter(id=run.message_id).update(status=Message.Status.STOPPED, finished_at=now)
        release(run_id)
        _abandon_unread(run)
        transaction.on_commit(lambda: _tell_of_end(run, run.message.conversation.owner.language), robust=True)


def _abandon_unread(run: Run) -> None:
    """What it used is unknown, but for the calls that are booked already."""
    conversation = run.message.conversation
    payer = payer_of(conversation.owner_id)
    asked = ChatRequest(run.id, messages=(), model="", payer=payer, subject_id=conversation.id)
    abandon_attempts(asked, received="")


def _flag_if_filtered(run: Run, result: RunResult) -> None:
    """The provider refused what was asked, or cut off what it was answering, for its content."""
    if result.error_code == ContentFiltered.code or result.finish_reason == "content_filter":
        flag_message(
            message=run.message,
            source=Flag.Source.PROVIDER,
            category=Category.OTHER,
            severity=Severity.MEDIUM,
            details={"provider": run.message.provider, "model": run.message.model},
        )


def _tell_of_end(run: Run, language: str) -> None:
    with override(language):
        events.run_ended(run)


def _close(claim: Claim, run: Run, result: RunResult, now: datetime) -> None:
    ended = {
        "status": _RUN_STATUS[result.status],
        "phase": "",
        "lease_expires_at": None,
        "finished_at": now,
        "timings": result.timings,
        "context": result.context,
        "understanding": result.understanding or run.understanding,
        "error_code": result.error_code,
        "error_message": result.error_message,
    }
    write_run(claim, **ended)
    for name, value in ended.items():
        setattr(run, name, value)


def _fill(message: Message, result: RunResult) -> None:
    notices = [part for part in message.parts if part["type"] == "notice"]
    message.parts = [
        *([_reasoning(result)] if result.reasoning else []),
        *([{"type": "text", "text": result.text}] if result.text else []),
        *notices,
        *({"type": "notice", "text": notice} for notice in result.notices),
    ]
    message.status = result.status
    message.text = result.text
    message.text_tokens = count_text_tokens(result.text)
    message.html = result.html
    message.render_version = RENDER_VERSION
    message.finish_reason = result.finish_reason
    message.model = result.model or message.model
    message.provider = result.provider or message.provider
    if result.input_tokens is not None:
        message.input_tokens = result.input_tokens
        message.output_tokens = result.output_tokens


def _count_every_call(message: Message) -> None:
    """Where other claims or runs had a part in the answer, the ledger alone has all that it took."""
    usage = usage_of(list(message.runs.values_list("id", flat=True)))
    if usage is not None:
        message.input_tokens, message.output_tokens = usage.input_tokens, usage.output_tokens
        message.save(update_fields=["input_tokens", "output_tokens"])


def _reasoning(result: RunResult) -> dict[str, Any]:
    """Its duration in milliseconds, where it is known: of what a dead process left, only the text is."""
    timed = {"duration_ms": result.reasoning_ms} if result.reasoning_ms else {}
    return {"type": "reasoning", "text": result.reasoning} | timed
