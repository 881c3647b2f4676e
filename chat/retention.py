"""What may be deleted by the clock, and when: every purge asks here, so whatever holds something back is decided here
too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Preferences, User
from chat.models import Run
from chat.models.conversation import ConversationQuerySet

# What a person may choose, in days, as far as the site keeps things that long.
KEEP_DAYS = (30, 90, 180, 365)


def kept_days(owner: User) -> int:
    """How long a completed conversation of theirs keeps its messages: the shorter of the site's time and their own; 0
    for as long as they want."""
    return _shorter(Preferences.of(owner).keep_days)


def completed_before(now: datetime, *, notice_days: int = 0) -> Q:
    """Those conversations whose time is over, or will be in `notice_days`."""
    over = Q(pk__in=[])
    for chosen in (None, *KEEP_DAYS):
        if days := _shorter(chosen):
            moment = now - timedelta(days=max(0, days - notice_days))
            over |= Q(owner__preferences__keep_days=chosen, resolved_at__lte=moment)
    return over


def keep_choices(chosen: int | None) -> list[tuple[int | str, str]]:
    """For a form: the site's own time first. What was `chosen` while the site kept things longer stays chosen."""
    site = settings.RETENTION_DAYS
    own = (
        _("As long as I want (default)")
        if not site
        else _("As long as the site keeps them: %(time)s (default)") % {"time": _words(site)}
    )
    return [("", own), *((days, _words(days)) for days in _offered(chosen))]


def _offered(chosen: int | None) -> Iterator[int]:
    site = settings.RETENTION_DAYS
    yield from (days for days in KEEP_DAYS if not site or days < site or days == chosen)


def _words(days: int) -> str:
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


def _shorter(chosen: int | None) -> int:
    return min((days for days in (settings.RETENTION_DAYS, chosen) if days), default=0)


def deletable(conversations: ConversationQuerySet) -> ConversationQuerySet:
    """Those of them from which something may be deleted now: none that an answer is being written in, since what a run
    used is booked at its end."""
    unfinished = Run.objects.unfinished().filter(message__conversation=OuterRef("id"))
    return conversations.filter(~Exists(unfinished))
