"""What moderators read of a conversation that was reported at a link alone: what the link shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.dateparse import parse_datetime

from chat.models import Conversation, Message, Share
from chat.shares.snapshot import SharedMessage
from convoscope.encrypted_content import Unreadable
from convoscope.encrypted_fields import is_marked


@dataclass(frozen=True, slots=True)
class SharedPiece:
    """`message` is the one that it was made of, as it is now; None where that is gone, or isn't named."""

    said: SharedMessage
    created_at: datetime | None
    message: Message | None


@dataclass(frozen=True, slots=True)
class ReadShare:
    """`unreadable` says why there are no pieces."""

    share: Share
    pieces: Sequence[SharedPiece]
    unreadable: str = ""


def reported_shares(conversation: Conversation) -> list[Share]:
    """Those that somebody reported, and that still have what they showed; as long as its flags are readable."""
    flags = conversation.flags.readable().filter(message=None)
    ids = {one for details in flags.values_list("details", flat=True) for one in details.get("shares", ())}
    return list(conversation.shares.filter(id__in=ids).exclude(snapshot=[]).order_by("id")) if ids else []


def read_shares(shares: Sequence[Share]) -> list[ReadShare]:
    ids = {one["id"] for share in shares for one in share.snapshot if "id" in one}
    messages = {str(one.id): one for one in Message.objects.only("hidden_at", "status").filter(id__in=ids)}
    return [
        ReadShare(
            share,
            [_piece(one, messages) for one in share.snapshot],
            Unreadable().user_message if is_marked(share.snapshot) else "",
        )
        for share in shares
    ]


def _piece(said: SharedMessage, messages: Mapping[str, Message]) -> SharedPiece:
    return SharedPiece(said, parse_datetime(said["created_at"]), messages.get(said.get("id", "")))
