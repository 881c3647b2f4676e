"""The index of both databases: made, kept in step by triggers, made anew, and asked.

Every entry's words hold, beside those of its text, names of what it belongs to. They begin with a sign that is in no
folded text, and let the index itself leave out what is others', so that theirs costs nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import ModuleType
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.models import User
from chat.models import Conversation, Message, SearchEntry
from chat.search import postgresql, sqlite
from chat.search.query import Query

_USED_MODELS_SQL = """
WITH RECURSIVE used(model) AS (
    SELECT min(model) FROM chat_searchentry WHERE owner_id = %s AND NOT (model = '')
    UNION ALL
    SELECT (SELECT min(e.model) FROM chat_searchentry e
            WHERE e.owner_id = %s AND NOT (e.model = '') AND e.model > used.model)
    FROM used WHERE used.model IS NOT NULL
)
SELECT model FROM used WHERE model IS NOT NULL
"""
# An entry's id: the milliseconds of its moment, and what tells those of one millisecond apart.
ENTRY_BITS = 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
REBUILD_BATCH = 500
EVERYBODY = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Where is searched: where `among` names conversations, in none but these. `since` and `until` bound the ids of
    entries, the latter's own is left out. Without an owner it is what EVERYBODY has, which no page of the product asks
    for."""

    owner_id: UUID | None
    titles_only: bool = False
    conversation_id: UUID | None = None
    among: tuple[UUID, ...] = ()
    model: str = ""
    since: int | None = None
    until: int | None = None

    @property
    def names(self) -> list[str]:
        """The names that an entry has to have."""
        names = [] if self.owner_id is None else [f"§{'t' if self.titles_only else 'o'}{self.owner_id.hex}"]
        if self.conversation_id is not None:
            names.append(conversation_name(self.conversation_id))
        if self.model:
            names.append(f"§a{self.model.encode().hex()}")
        return names

    @property
    def names_among(self) -> list[str]:
        """The names of which an entry has to have one, unless there are none."""
        return [conversation_name(one) for one in self.among]


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that was found; without a message it is the conversation's title, with its topics."""

    entry_id: int
    conversation_id: UUID
    message_id: UUID | None


@dataclass(frozen=True, slots=True)
class Matches:
    """The newest first. There may be further ones below the last, unless it `is_over`; without any it is."""

    entries: list[Match]
    is_over: bool


def conversation_name(conversation_id: UUID) -> str:
    return f"§c{conversation_id.hex}"


def entry_id(moment: datetime) -> int:
    """The least id of what is of that moment or later."""
    return ((moment - EPOCH) // timedelta(milliseconds=1)) << ENTRY_BITS


def matches(query: Query, scope: Scope, *, outside: Collection[UUID] = (), limit: int) -> Matches:
    """The newest entries that a query finds, at most `limit`, in no conversation that is `outside`."""
    if not query.wanted:
        return Matches([], is_over=True)
    unwanted = [conversation_name(conversation_id) for conversation_id in outside]
    rows, is_over = _database().newest(query, scope, unwanted, limit)
    found = [Match(number, _uuid(conversation), message and _uuid(message)) for number, conversation, message in rows]
    return Matches(found, is_over)


def used_models(owner: User) -> list[str]:
    """The models that a person has answers of, each found by one step through an index."""
    owner_id = SearchEntry._meta.get_field("owner").get_db_prep_value(owner.id, connection)
    with connection.cursor() as cursor:
        cursor.execute(_USED_MODELS_SQL, [owner_id, owner_id])
        return [model for (model,) in cursor.fetchall()]


def make_index() -> None:
    """For the migration, which has made the table."""
    _execute(_database().MAKE)


def make_triggers() -> None:
    """Anew. Where Django makes SQLite's tables anew, their triggers are gone."""
    _execute(_database().TRIGGERS)


def drop_triggers() -> None:
    """Before a migration, which may make anew the tables that they name."""
    _execute(_database().DROP_TRIGGERS)


def drop_index() -> None:
    _execute(_database().DROP)


def has_table() -> bool:
    return SearchEntry._meta.db_table in connection.introspection.table_names()


def has_index() -> bool:
    """Whether there is all that its triggers name: amid the migrations there isn't."""
    if not has_table():
        return False
    return "topics" in _columns(Conversation) and "hidden_at" in _columns(Message)


def _columns(model: type[Conversation] | type[Message]) -> set[str]:
    with connection.cursor() as cursor:
        return {one.name for one in connection.introspection.get_table_description(cursor, model._meta.db_table)}


def drop_forgotten() -> bool:
    """Have the words of what was deleted leave the index itself. Returns whether it came to the end."""
    # PostgreSQL's own vacuum sees to it.
    return connection.vendor == "postgresql" or sqlite.drop_forgotten()


def rebuild() -> int:
    """Index everything anew, in transactions of a few hundred rows; says how many were looked at."""
    count = 0
    for model, column in ((Conversation, "conversation_id"), (Message, "message_id")):
        rows = model._default_manager.order_by("id")
        batch = list(rows.values_list("id", flat=True)[:REBUILD_BATCH])
        while batch:
            _rebuild_batch(rows.filter(id__in=batch), column)
            count += len(batch)
            batch = list(rows.filter(id__gt=batch[-1]).values_list("id", flat=True)[:REBUILD_BATCH])
    SearchEntry.objects.exclude(conversation__in=Conversation.objects.all()).delete()
    SearchEntry.objects.exclude(message=None).exclude(message__in=Message.objects.all()).delete()
    return count


def _rebuild_batch(rows: QuerySet[Conversation] | QuerySet[Message], column: str) -> None:
    database = _database()
    with transaction.atomic(), connection.cursor() as cursor:
        # Held, so that no trigger makes an entry between the two statements.
        ids = list(rows.select_for_update().values_list("id", flat=True))
        values = [[rows.model._meta.pk.get_db_prep_value(one, connection)] for one in ids]
        for statement in (database.FORGET[column], database.ENTER[column]):
            cursor.executemany(statement, values)


def _execute(statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _database() -> ModuleType:
    return postgresql if connection.vendor == "postgresql" else sqlite


def _uuid(value: object) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))
