"""Looking through what was said for the words of an administrator's lists, once an answer has ended."""

from __future__ import annotations

import logging
from functools import lru_cache, partial
from uuid import UUID

from django.db import transaction
from kombu.exceptions import OperationalError

from chat.actions.flags import flag_message
from chat.guards.keywords import KeywordList as WordList
from chat.guards.keywords import Keywords
from chat.models import Flag, KeywordCheck, KeywordList, Message, Run

logger = logging.getLogger(__name__)

SWEPT_AT_ONCE = 100


def request_check(run: Run) -> None:
    """Have an answer that just ended looked through, and its question, which no other answer had looked through. For
    the caller's transaction; the work begins after it."""
    if not KeywordList.objects.filter(is_active=True).exists():
        return
    answer = run.message
    ids = [answer.id] if answer.text else []
    if run.kind == Run.Kind.ANSWER and answer.parent_id:
        ids.append(answer.parent_id)
    KeywordCheck.objects.bulk_create((KeywordCheck(message_id=one) for one in ids), ignore_conflicts=True)
    for one in ids:
        transaction.on_commit(partial(_queue, one), robust=True)


def check_message(message_id: UUID) -> int:
    """Flag it once for each category that it has words of. Done twice, or again after it was killed, it comes to the
    same. Returns how many flags it has for that."""
    with transaction.atomic():
        check = KeywordCheck.objects.select_for_update(of=("self",)).filter(message=message_id).first()
        if check is None:
            return 0
        message = Message.objects.select_related("conversation__owner").get(id=message_id)
        lists = list(KeywordList.objects.filter(is_active=True).order_by("-severity", "name"))
        names = {one.rule for one in _keywords(tuple(map(_words, lists)))(message.text)}
        found = [one for one in lists if one.name in names]
        flags = {
            flag_message(
                message=message,
                source=Flag.Source.KEYWORD,
                category=one.category,
                # Of several lists of a category it is the most severe that was made first.
                severity=one.severity,
                details={"lists": [other.name for other in found if other.category == one.category]},
            ).id
            for one in found
        }
        check.delete()
    return len(flags)


def lost_checks() -> list[UUID]:
    """Messages that are still to be looked through."""
    return list(KeywordCheck.objects.order_by("requested_at").values_list("message_id", flat=True)[:SWEPT_AT_ONCE])


def _words(one: KeywordList) -> WordList:
    entries = tuple(one.entries.splitlines())
    return WordList(one.name, words=entries) if one.has_whole_words else WordList(one.name, parts=entries)


@lru_cache(maxsize=4)
def _keywords(lists: tuple[WordList, ...]) -> Keywords:
    """Made once for the lists as they are."""
    return Keywords(lists)


def _queue(message_id: UUID) -> None:
    from chat.tasks import check_keywords  # tasks call actions; here an action queues one

    try:
        check_keywords.delay(str(message_id))
    except OperationalError as exc:
        logger.warning("the check of %s waits for the sweep: the broker is gone (%s)", message_id, exc)
