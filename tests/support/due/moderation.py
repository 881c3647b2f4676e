"""For the tasks of moderation."""

from __future__ import annotations

from accounts.models import AuditEntry, User
from chat.actions.checks import request_check
from chat.models import Flag, KeywordList, Message, MessageCheck
from tests.support.answers import make_plain
from tests.support.due.kind import Due


def looked_through(owner: User) -> tuple[str, ...]:
    """A message that has words of two lists of a category and of one of another, and its question, which has some."""
    KeywordList.objects.all().delete()
    for name, entries, category in (("a", "pools", "spam"), ("b", "queues", "spam"), ("c", "p99", "other")):
        KeywordList.objects.create(name=name, entries=entries, category=category, severity=2)
    run = make_plain(owner)
    Message.objects.filter(id=run.message_id).update(text="Pools: how many. Queues: how long. P99: how high.")
    request_check(run)
    return (str(run.message_id),)


def all_looked_through(owner: User) -> tuple[str, ...]:
    looked_through(owner)
    return ()


def flags_state() -> object:
    flags = list(
        Flag.objects.order_by("message_id", "category").values_list("category", "severity", "details", "status")
    )
    recorded = AuditEntry.objects.filter(
        action="flag.made", object_id__in=map(str, Flag.objects.values_list("id", flat=True))
    )
    return flags, MessageCheck.objects.count(), recorded.count()


SWEPT = ("chat.tasks.sweep_message_checks",)
DUE: tuple[Due, ...] = (
    Due("chat.tasks.check_message", looked_through, flags_state, again=SWEPT),
    Due("chat.tasks.sweep_message_checks", all_looked_through, flags_state, again=SWEPT),
)
