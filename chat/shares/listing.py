"""A person's links, the newest first, a page of them at a time."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from chat.models import Conversation, Share

PAGE_SHARES = 50


@dataclass(frozen=True, slots=True)
class SharePage:
    """`next` is what the page below begins under, if there is one."""

    shares: list[Share]
    next: UUID | None


def list_shares(owner: User, *, below: UUID | None = None) -> SharePage:
    shares = Share.objects.visible_to(owner).standing().defer("snapshot").order_by("-id")
    found = list((shares.filter(id__lt=below) if below else shares)[: PAGE_SHARES + 1])
    shown = found[:PAGE_SHARES]
    return SharePage(shown, shown[-1].id if len(found) > len(shown) else None)


def shares_of(conversation: Conversation) -> list[Share]:
    return list(conversation.shares.standing().defer("snapshot").order_by("-id")[:PAGE_SHARES])
