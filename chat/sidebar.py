"""The list of conversations beside every page: what is pinned, then the rest by its days, a page of it at a time."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import User
from chat.models import Conversation, Folder, Message, Run

PAGE_CONVERSATIONS = 50
# So many pages that were scrolled to come back at once when the list is fetched anew.
PAGES_AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page of the list begins: below the conversation that was active then, pinned or in what group it was."""

    active_at: datetime.datetime
    conversation_id: UUID
    group: str
    is_pinned: bool


@dataclass(frozen=True, slots=True)
class SidebarItem:
    """A conversation, with the heading that stands above it if a group begins here."""

    conversation: Conversation
    heading: str


@dataclass(frozen=True, slots=True)
class Sidebar:
    """One page of the list: what is pinned, then the rest by its days, which `begins_days` says begin on it. `next`
    begins the page below, if there is one. With this one `pages` are shown."""

    pinned: list[Conversation]
    begins_days: bool
    items: list[SidebarItem]
    next: Position | None
    pages: int


def list_conversations(owner: User, *, zone: ZoneInfo, below: Position | None = None, pages: int = 1) -> Sidebar:
    """A page of the person's conversations, the latest activity first, in groups of their own time zone. Without a
    position it is the first `pages` in one."""
    size = PAGE_CONVERSATIONS * (pages if below is None else 1)
    is_among_pinned = below is None or below.is_pinned
    pinned = _read(owner, below, size + 1, is_pinned=True) if is_among_pinned else []
    rest = _read(owner, None if is_among_pinned else below, size + 1 - len(pinned), is_pinned=False)
    found = [*pinned, *rest][:size]
    has_more = len(pinned) + len(rest) > size
    today = timezone.now().astimezone(zone).date()
    # The heading of today always stands, for the conversations that are moved up while the page is open.
    last = below.group if below and not below.is_pinned else _("Today")
    shown = [one for one in found if not one.is_pinned]
    return Sidebar(
        pinned=pinned[:size],
        begins_days=is_among_pinned and (bool(shown) or not has_more),
        items=list(_under_headings(shown, zone, today, last=last)),
        next=_position(found[-1], zone, today) if has_more else None,
        pages=pages,
    )


def list_folders(owner: User) -> list[Folder]:
    return list(Folder.objects.visible_to(owner))


def _read(owner: User, below: Position | None, count: int, *, is_pinned: bool) -> list[Conversation]:
    listed = Conversation.objects.visible_to(owner).listed().filter(is_pinned=is_pinned)
    if below is not None:
        listed = listed.below(below.active_at, below.conversation_id)
    # Of everybody's: those are few at any time, where one person's messages may be many. A join SQLite may begin with
    # all messages.
    written = Message.objects.filter(id__in=Run.objects.unfinished().values("message"))
    running = Q(id__in=written.values("conversation"))
    is_answering = ExpressionWrapper(running, output_field=BooleanField())
    return list(listed.annotate(is_answering=is_answering).defer("settings", "metadata", "summary")[:count])


def _position(conversation: Conversation, zone: ZoneInfo, today: datetime.date) -> Position:
    group = _group(conversation.active_at.astimezone(zone).date(), today)
    return Position(conversation.active_at, conversation.id, group, conversation.is_pinned)


def _under_headings(
    conversations: Iterable[Conversation], zone: ZoneInfo, today: datetime.date, *, last: str
) -> Iterator[SidebarItem]:
    for conversation in conversations:
        group = _group(conversation.active_at.astimezone(zone).date(), today)
        yield SidebarItem(conversation, heading="" if group == last else group)
        last = group


def _group(day: datetime.date, today: datetime.date) -> str:
    days = (today - day).days
    if days <= 0:
        return _("Today")
    if days == 1:
        return _("Yesterday")
    if days <= 7:
        return _("Previous 7 days")
    # Translators: how a month is named by itself, in the letters of Django's date filter.
    return capfirst(date_format(day, pgettext("format", "F") if day.year == today.year else "YEAR_MONTH_FORMAT"))
