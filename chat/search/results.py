"""What a search shows: the conversations it finds, those of the newest messages first, with what was found in each.

A page looks at a bounded number of entries, however many there are. What follows is asked for by where it ended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.models import User
from chat.models import Attachment, Conversation, Folder, Message, Tag
from chat.models.conversation import ConversationQuerySet
from chat.search.index import Match, Scope, entry_id, matches
from chat.search.query import Query
from chat.search.snippets import Piece, highlight, snippet

HITS_IN_CONVERSATION = 20
TITLES = 5
# Entries of one question to the index, and questions of one page: one conversation may have thousands.
ENTRIES = 100
QUESTIONS = 4
# Of conversations that are over on earlier pages, so many are remembered.
OUTSIDE_MAX = 20
# Of a folder or a tag that has so many conversations at most, no other entries are asked for.
AMONG_MAX = 100


@dataclass(frozen=True, slots=True)
class Filters:
    model: str = ""
    folder: Folder | None = None
    tag: Tag | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a further page begins: below an entry, and outside of conversations that were shown with more to see."""

    below: int
    outside: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class PageSize:
    """So many conversations, and so many hits of each."""

    conversations: int
    hits: int


WHOLE_PAGE = PageSize(conversations=10, hits=3)


@dataclass(frozen=True, slots=True)
class Hit:
    message: Message
    snippet: list[Piece]


@dataclass(frozen=True, slots=True)
class FoundConversation:
    """`has_more` says that there may be more hits in it than these. `topics` are there where they were found."""

    conversation: Conversation
    title: list[Piece]
    hits: list[Hit] = field(default_factory=list)
    has_more: bool = False
    topics: list[Piece] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Results:
    """`titles` are conversations whose title has what was searched for; they stand on the first page only."""

    titles: list[FoundConversation]
    conversations: list[FoundConversation]
    next: Position | None

    @property
    def is_empty(self) -> bool:
        return not (self.titles or self.conversations or self.next)


def search_everywhere(
    owner: User,
    query: Query,
    *,
    filters: Filters,
    zone: ZoneInfo,
    position: Position | None = None,
    size: PageSize = WHOLE_PAGE,
) -> Results:
    """A page of what a person's own conversations have."""
    scope = _scope(owner, filters, zone)
    among = Conversation.objects.visible_to(owner).searchable().defer("settings", "metadata", "summary")
    if filters.folder is not None:
        among = among.filter(folder=filters.folder)
    if filters.tag is not None:
        among = among.filter(tags=filters.tag)
    if filters.folder is not None or filters.tag is not None:
        few = tuple(among.values_list("id", flat=True)[: AMONG_MAX + 1])
        if not few:
            return Results([], [], None)
        if len(few) <= AMONG_MAX:
            scope = replace(scope, among=few)
    titles = [] if position or filters.model else _titles(query, scope, among)
    page = _Page(query, among, size=size, known={one.conversation.id for one in titles})
    page.read(scope, position)
    return Results(titles, page.shown(), page.next)


def search_conversation(
    conversation: Conversation, query: Query, *, filters: Filters, zone: ZoneInfo, position: Position | None = None
) -> Results:
    """A page of what one conversation has, message by message."""
    scope = replace(_scope(conversation.owner, filters, zone), conversation_id=conversation.id)
    if position is not None:
        scope = replace(scope, until=position.below)
    found = matches(query, scope, limit=HITS_IN_CONVERSATION)
    hits = _hits(query, found.entries)
    shown = [FoundConversation(conversation, highlight(conversation.title, query), hits)] if hits else []
    return Results([], shown, None if found.is_over else Position(found.entries[-1].entry_id))


def _scope(owner: User, filters: Filters, zone: ZoneInfo) -> Scope:
    return Scope(
        owner_id=owner.id,
        model=filters.model,
        since=_first_entry(filters.since, zone),
        until=_first_entry(filters.until + timedelta(days=1), zone) if filters.until else None,
    )


def _first_entry(day: date | None, zone: ZoneInfo) -> int | None:
    return None if day is None else entry_id(datetime.combine(day, time(), zone))


def _titles(query: Query, scope: Scope, among: ConversationQuerySet) -> list[FoundConversation]:
    found = matches(query, replace(scope, titles_only=True), limit=ENTRIES).entries
    conversations = among.in_bulk({one.conversation_id for one in found})
    shown = [conversations[one.conversation_id] for one in found if one.conversation_id in conversations]
    return [FoundConversation(one, highlight(one.title, query), topics=_topics(one, query)) for one in shown[:TITLES]]


def _topics(conversation: Conversation, query: Query) -> list[Piece]:
    pieces = highlight(" · ".join(conversation.topic_list), query)
    return pieces if any(piece.is_hit for piece in pieces) else []


def _hits(query: Query, found: Iterable[Match]) -> list[Hit]:
    ids = [one.message_id for one in found if one.message_id]
    messages = Message.objects.only("conversation_id", "role", "text", "model", "created_at").in_bulk(ids)
    names: defaultdict[UUID | None, list[str]] = defaultdict(list)
    for message_id, name in Attachment.objects.filter(message__in=ids).in_order().values_list("message_id", "name"):
        names[message_id].append(name)
    # In the order that the index has them in; a name is no part of the text's first line.
    said = {one: "\n\n".join([*names[one], message.text]) for one, message in messages.items()}
    return [Hit(messages[one], snippet(said[one], query)) for one in ids if one in messages]


class _Page:
    """Reads entries, the newest first, until it has enough conversations of those that it is to search among."""

    def __init__(self, query: Query, among: ConversationQuerySet, *, size: PageSize, known: Collection[UUID]) -> None:
        self.next: Position | None = None
        self._query = query
        self._among = among
        self._size = size
        # Their titles were shown: a title that is found again adds nothing.
        self._known = known
        self._conversations: dict[UUID, Conversation] = {}
        self._found: dict[UUID, list[Match]] = {}
        # Of these no further entries were asked for.
        self._cut: set[UUID] = set()
        self._last = 0

    def read(self, scope: Scope, position: Position | None) -> None:
        before = position.outside if position else ()
        passed = set(before)
        if position is not None:
            scope = replace(scope, until=position.below)
        for _ in range(QUESTIONS):
            found = matches(self._query, scope, outside=passed, limit=ENTRIES)
            is_full = self._take(found.entries)
            if found.is_over and not is_full:
                return
            if is_full or len(found.entries) < ENTRIES:
                break
            passed |= {one.conversation_id for one in found.entries}
            self._cut |= self._found.keys()
            scope = replace(scope, until=self._last)
        more = (key for key, found in self._found.items() if self._has_more(key, found))
        self.next = Position(self._last, (*before, *more)[-OUTSIDE_MAX:])

    def _take(self, found: Collection[Match]) -> bool:
        """Says whether the page is full: then a conversation that it has no room for comes next."""
        allowed = self._among.in_bulk({one.conversation_id for one in found})
        self._conversations |= allowed
        for one in found:
            if one.conversation_id in allowed:
                if one.conversation_id not in self._found and len(self._found) == self._size.conversations:
                    return True
                if one.message_id or one.conversation_id not in self._known:
                    self._found.setdefault(one.conversation_id, []).append(one)
            self._last = one.entry_id
        return False

    def _has_more(self, conversation_id: UUID, found: Collection[Match]) -> bool:
        return conversation_id in self._cut or len(found) > self._size.hits

    def shown(self) -> list[FoundConversation]:
        first = {key: found[: self._size.hits] for key, found in self._found.items()}
        hits: dict[UUID, list[Hit]] = {key: [] for key in first}
        for hit in _hits(self._query, [one for found in first.values() for one in found]):
            hits[hit.message.conversation_id].append(hit)
        return [
            FoundConversation(
                self._conversations[key],
                highlight(self._conversations[key].title, self._query),
                hits[key],
                self._has_more(key, found),
            )
            for key, found in self._found.items()
        ]
