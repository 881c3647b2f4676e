"""The list of conversations beside every page: grouped by day, a page of it at a time."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from chat.models import Conversation, Run

PAGE_CONVERSATIONS = 50


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page of the list begins: below the conversation that was active then, and what group that was in."""

    active_at: datetime.datetime
    conversation_id: UUID
    group: str


@dataclass(frozen=True, slots=True)
class SidebarItem:
    """A conversation, with the heading that stands above it if a group begins here."""

    conversation: Conversation
    heading: str


@dataclass(frozen=True, slots=True)
class Sidebar:
    """One page of the list. `next` begins the one below, if there is one."""

    items: list[SidebarItem]
    next: Position | None


def zone_named(name: str) -> ZoneInfo:
    """The time zone that a browser said it is in; UTC where it said none, or none that exists."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def list_conversations(owner: User, *, zone: ZoneInfo, below: Position | None = None) -> Sidebar:
    """A page of the person's conversations, the latest activity first, in groups of their own time zone."""
    listed = Conversation.objects.visible_to(owner).listed()
    if below is not None:
        is_same_time = Q(active_at=below.active_at, id__lt=below.conversation_id)
        listed = listed.filter(Q(active_at__lt=below.active_at) | is_same_time)
    running = Run.objects.unfinished().filter(message__conversation=OuterRef("id"))
    listed = listed.annotate(is_answering=Exists(running)).defer("settings", "metadata")
    found = list(listed[: PAGE_CONVERSATIONS + 1])
    shown = found[:PAGE_CONVERSATIONS]
    today = timezone.now().astimezone(zone).date()
    # The heading of today always stands, for the conversations that are moved up while the page is open.
    items = list(_under_headings(shown, zone, today, last=below.group if below else _("Today")))
    if len(found) == len(shown):
        return Sidebar(items, None)
    last = shown[-1]
    return Sidebar(items, Position(last.active_at, last.id, _group(last.active_at.astimezone(zone).date(), today)))


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
    return date_format(day, "F" if day.year == today.year else "F Y")
