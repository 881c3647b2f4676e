"""A transcript as moderators read it: a window of its path, with flags in their places, and what was decided in it. Of
what a moderator may not read places are left, nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from chat.fragments import ShownMessage, show_path
from chat.models import Attachment, Conversation, Flag, Message, ModerationAction
from chat.models.message import newest_leaf_id, path_ids
from chat.moderation.judges import load_judges
from chat.moderation.leave import Leave

WINDOW = 100
# So many of a window stand above the flag that it was opened at.
ABOVE = 10
DECISIONS_SHOWN = 50
FLAGS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """Where it `follows_gap`, something before it isn't read."""

    shown: ShownMessage
    follows_gap: bool
    flags: Sequence[Flag]
    files: Sequence[Attachment]


@dataclass(frozen=True, slots=True)
class Transcript:
    """`earlier` and `later` are the messages that the windows beside this one begin at; `goes_on` unread."""

    messages: list[ReadMessage]
    earlier: UUID | None
    later: UUID | None
    goes_on: bool
    is_on_branch: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """`refusal` says why the moderator can't answer an appeal against it that waits."""

    action: ModerationAction
    refusal: str


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The flags of the same conversation before and behind one that are still read for, in the order in which they were
    made."""

    previous: Flag | None
    next: Flag | None


def read_transcript(
    conversation: Conversation, *, leave: Leave, begins_at: UUID | None, flag: Flag | None
) -> Transcript:
    """The window that begins at a message, or that a flag's message is in; without either the path's end."""
    asked = (begins_at, flag.message_id if flag else None)
    wanted = next((one for one in asked if one is not None and leave.covers(one)), None)
    path, is_on_branch = _path_through(conversation, wanted)
    places = _places(path, leave)
    if not places and leave.messages:
        # What was flagged stands on another one.
        path, is_on_branch = _path_through(conversation, max(leave.messages))
        places = _places(path, leave)
    read = [path[place] for place in places]
    first = max(0, len(read) - WINDOW)
    if wanted is not None:
        first = max(0, read.index(wanted) - (0 if wanted == begins_at else ABOVE))
    gaps = {path[place] for before, place in pairwise([-1, *places]) if place != before + 1}
    return Transcript(
        messages=_read(read[first : first + WINDOW], gaps),
        earlier=read[max(0, first - WINDOW)] if first else None,
        later=read[first + WINDOW] if first + WINDOW < len(read) else None,
        goes_on=bool(places) and places[-1] != len(path) - 1,
        is_on_branch=is_on_branch,
    )


def neighbours_of(conversation: Conversation, flag: Flag | None) -> Neighbours:
    """Of none, the first of the conversation comes next."""
    flags = conversation.flags.readable()
    if flag is None:
        return Neighbours(None, flags.order_by("id").first())
    return Neighbours(
        flags.filter(id__lt=flag.id).order_by("-id").first(), flags.filter(id__gt=flag.id).order_by("id").first()
    )


def _path_through(conversation: Conversation, message_id: UUID | None) -> tuple[list[UUID], bool]:
    """Oldest first: the path that the owner sees, or another one where the message is on that."""
    path = path_ids(conversation.active_leaf_id) if conversation.active_leaf_id else []
    is_on_branch = message_id is not None and message_id not in path
    if is_on_branch and message_id is not None:
        path = path_ids(newest_leaf_id(message_id))
    return path[::-1], is_on_branch


def _places(path: Sequence[UUID], leave: Leave) -> list[int]:
    return [place for place, one in enumerate(path) if leave.covers(one)]


def _read(ids: Sequence[UUID], gaps: Collection[UUID]) -> list[ReadMessage]:
    found = Message.objects.in_bulk(ids)
    shown = show_path([found[one] for one in ids if one in found], is_veiled=False)
    flags: defaultdict[UUID | None, list[Flag]] = defaultdict(list)
    of_window = Flag.objects.filter(message__in=ids).select_related("reporter", "claimed_by", "decided_by")
    for flag in of_window.order_by("id"):
        flags[flag.message_id].append(flag)
    files: defaultdict[UUID | None, list[Attachment]] = defaultdict(list)
    for one in Attachment.objects.filter(message__in=ids).in_order().defer("text"):
        files[one.message_id].append(one)
    return [ReadMessage(one, one.message.id in gaps, flags[one.message.id], files[one.message.id]) for one in shown]


def flags_of(conversation: Conversation) -> list[Flag]:
    """Those of the conversation as a whole, the newest first."""
    flags = conversation.flags.filter(message=None).select_related("reporter", "claimed_by", "decided_by")
    return list(flags.order_by("-id")[:FLAGS_SHOWN])


def decisions_about_person(person: User) -> list[ModerationAction]:
    """Not those about conversations of theirs, the newest first."""
    kinds = ModerationAction.Kind
    actions = ModerationAction.objects.filter(person=person, kind__in=(kinds.WARN_USER, kinds.SUSPEND_USER))
    return list(actions.select_related("by", "undone_by").order_by("-id")[:DECISIONS_SHOWN])


def actions_about(conversation: Conversation, by: User) -> list[Decided]:
    """Its decisions, and those about its owner, the newest first."""
    kinds = ModerationAction.Kind
    about_owner = Q(person=conversation.owner_id, kind__in=(kinds.WARN_USER, kinds.SUSPEND_USER))
    actions = ModerationAction.objects.filter(Q(conversation=conversation) | about_owner)
    found = list(actions.select_related("by", "undone_by", "person", "appeal").order_by("-id")[:DECISIONS_SHOWN])
    appealed = {one.id for one in found if hasattr(one, "appeal") and not one.appeal.outcome}
    judges = load_judges() if appealed else None
    return [Decided(one, judges.refusal(by, one) if judges and one.id in appealed else "") for one in found]
