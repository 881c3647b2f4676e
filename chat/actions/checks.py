"""Having what was said looked through, once an answer has ended or a conversation was brought along: for the words of
keyword lists, by guards, and by a moderation model where there is one."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from chat.actions.flags import flag_message
from chat.models import Message, MessageCheck, Run
from chat.moderation.concerns import Concern
from chat.moderation.guards import guard_concerns
from chat.moderation.keywords import keyword_concerns
from chat.moderation.outside import outside_concerns
from convoscope.encrypted_content import Unreadable
from providers.errors import ProviderError

logger = logging.getLogger(__name__)

SWEPT_AT_ONCE = 500
# How often a moderation model is asked in vain, and how long it is left alone after the first time: each time twice
# as long, some two days in all.
ATTEMPTS, FIRST_PAUSE = 12, timedelta(minutes=1, seconds=30)


def request_check(run: Run) -> None:
    """Have an answer that just ended looked through, and its question, which no other answer had looked through. For
    the caller's transaction; the work begins after it."""
    answer = run.message
    ids = [answer.id] if answer.has_text else []
    if run.kind == Run.Kind.ANSWER and answer.parent_id:
        ids.append(answer.parent_id)
    if ids:
        request_checks(ids)
        transaction.on_commit(partial(_queue, ids), robust=True)


def request_checks(ids: Iterable[UUID]) -> None:
    """Of messages that nobody waits for: the sweep comes to them."""
    MessageCheck.objects.bulk_create((MessageCheck(message_id=one) for one in ids), ignore_conflicts=True)


def check_message(message_id: UUID) -> int:
    """Flag it once for each source and category. Done twice, or again after it was killed, it comes to the same.
    Returns how many flags it has for that."""
    if not MessageCheck.objects.filter(message=message_id).exists():
        return 0
    message = Message.objects.select_related("conversation__owner").filter(id=message_id).first()
    if message is None:
        return 0
    count = 0
    # Outside a transaction: long texts take long, and a model is asked over the network.
    try:
        count = _flag(message, [*keyword_concerns(message.text), *guard_concerns(message)])
        concerns = outside_concerns(message)
    except ProviderError as error:
        _put_off(message_id, error.detail or error.user_message)
        return count
    except Unreadable:
        _put_off(message_id, "FIELD_ENCRYPTION_KEYS lacks the key of what is said there")
        return count
    return count + _flag(message, concerns, is_last=True)


def lost_checks() -> list[UUID]:
    """Messages that are still to be looked through."""
    due = MessageCheck.objects.filter(due_at__lte=timezone.now()).order_by("due_at")
    return list(due.values_list("message_id", flat=True)[:SWEPT_AT_ONCE])


def _flag(message: Message, concerns: list[Concern], *, is_last: bool = False) -> int:
    if not concerns and not is_last:
        return 0
    with transaction.atomic():
        check = MessageCheck.objects.select_for_update(of=("self",)).filter(message=message.id).first()
        # Another process did it all meanwhile, or the message is gone.
        if check is None:
            return 0
        flags = {
            flag_message(
                message=message, source=one.source, category=one.category, severity=one.severity, details=one.details
            ).id
            for one in concerns
        }
        if is_last:
            check.delete()
    return len(flags)


def _put_off(message_id: UUID, detail: str) -> None:
    """It is tried again later, and given up in the end."""
    with transaction.atomic():
        check = MessageCheck.objects.select_for_update(of=("self",)).filter(message=message_id).first()
        if check is None:
            return
        check.attempts += 1
        if check.attempts >= ATTEMPTS:
            logger.error("the check never looked at %s to its end: %s", message_id, detail)
            check.delete()
            return
        check.due_at = timezone.now() + FIRST_PAUSE * 2 ** (check.attempts - 1)
        check.save(update_fields=["attempts", "due_at"])
    logger.warning("the check could not look at %s to its end: %s", message_id, detail)


def _queue(ids: list[UUID]) -> None:
    from chat.tasks import check_messages as task  # tasks call actions; here an action queues one

    try:
        task.delay(*map(str, ids))
    except OperationalError as exc:
        logger.warning("the check of %s waits for the sweep: the broker is gone (%s)", ids, exc)
