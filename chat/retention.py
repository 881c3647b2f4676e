"""What may be deleted by the clock, and when: every purge asks here, so whatever holds something back is decided here
too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import LegalHold, Preferences, User
from accounts.privacy.data_classes import HEALTH
from chat.models import Appeal, Conversation, Flag, Run
from chat.models.conversation import ConversationQuerySet
from chat.models.message import MessageQuerySet
from chat.models.share import ShareQuerySet
from convoscope.durations import days_in_words

Owned = TypeVar("Owned", bound="QuerySet[Any]")

# What a person may choose, in days, as far as the site keeps things that long.
KEEP_DAYS = (30, 90, 180, 365)


def kept_days(owner: User) -> int:
    """How long a completed conversation of theirs keeps its messages: the shorter of the site's time and their own; 0
    for as long as they want."""
    return _shorter(Preferences.of(owner).keep_days)


def over_at(conversation: Conversation) -> datetime | None:
    """When its time is over, whether that was announced or not; None while it stays."""
    status = Conversation.Status
    if conversation.is_health:
        is_there = conversation.status != status.EXPIRED
        return conversation.active_at + timedelta(days=HEALTH.days()) if is_there else None
    if conversation.status != status.COMPLETED or not conversation.resolved_at:
        return None
    days = kept_days(conversation.owner)
    return conversation.resolved_at + timedelta(days=days) if days else None


def health_before(now: datetime, *, notice_days: int = 0) -> Q:
    """Those conversations with health data whose time, which runs from the last message on, is over, or will be in
    `notice_days`."""
    moment = now - timedelta(days=max(0, HEALTH.days() - notice_days))
    return Q(is_health=True, active_at__lte=moment) & ~Q(status=Conversation.Status.EXPIRED)


def completed_before(now: datetime, *, notice_days: int = 0) -> Q:
    """The others whose time is over, or will be in `notice_days`."""
    over = Q(pk__in=[])
    for chosen in (None, *KEEP_DAYS):
        if days := _shorter(chosen):
            moment = now - timedelta(days=max(0, days - notice_days))
            over |= Q(owner__preferences__keep_days=chosen, resolved_at__lte=moment)
    return over & Q(status=Conversation.Status.COMPLETED, is_health=False)


def keep_choices(chosen: int | None) -> list[tuple[int | str, str]]:
    """For a form: the site's own time first. What was `chosen` while the site kept things longer stays chosen."""
    site = settings.RETENTION_DAYS
    own = (
        _("As long as I want (default)")
        if not site
        else _("As long as the site keeps them: %(time)s (default)") % {"time": days_in_words(site)}
    )
    return [("", own), *((days, days_in_words(days)) for days in _offered(chosen))]


def _offered(chosen: int | None) -> Iterator[int]:
    site = settings.RETENTION_DAYS
    yield from (days for days in KEEP_DAYS if not site or days < site or days == chosen)


def _shorter(chosen: int | None) -> int:
    return min((days for days in (settings.RETENTION_DAYS, chosen) if days), default=0)


def deletable(conversations: ConversationQuerySet) -> ConversationQuerySet:
    """Those of them from which something may be deleted now: none that an answer is being written in, since what a run
    used is booked at its end, and none of somebody who is under a legal hold."""
    unfinished = Run.objects.unfinished().filter(message__conversation=OuterRef("id"))
    return unheld(conversations.filter(~Exists(unfinished)))


def unheld(rows: Owned) -> Owned:
    """Those of them whose owner is under no legal hold."""
    return rows.filter(~Exists(LegalHold.objects.standing().filter(user=OuterRef("owner"))))


def decided(conversations: ConversationQuerySet) -> ConversationQuerySet:
    """Those of them in which moderators have no flag and no appeal to decide about, or have had their time to."""
    flags = Flag.objects.holding().filter(conversation=OuterRef("id"))
    appeals = Appeal.objects.holding().filter(action__conversation=OuterRef("id"))
    return conversations.filter(~Exists(flags), ~Exists(appeals))


def has_undecided(messages: MessageQuerySet) -> bool:
    """Whether moderators have a flag or an appeal about one of these to decide about, and the time to."""
    flags = Flag.objects.holding().filter(message__in=messages)
    return flags.exists() or Appeal.objects.holding().filter(action__message__in=messages).exists()


def emptiable(shares: ShareQuerySet) -> ShareQuerySet:
    """Those of them that may lose what they showed: none that was reported as long as moderators have to decide about
    that, and none of somebody who is under a legal hold."""
    reports = Flag.objects.holding().filter(message=None, conversation=OuterRef("conversation"))
    return unheld(shares.filter(~Exists(reports)))
