"""Search on SQLite: FTS5 over the words of `SearchEntry`, which has them in order of time and so finds newest first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from chat.search.query import Query, Term
from convoscope.background import let_others_write, time_is_up

if TYPE_CHECKING:
    from chat.search.index import Scope

NEVER = 2**63 - 1
# Of the index, in one transaction
MERGED_PAGES = 500
# A moment before 1970 or after 2200 is taken for the nearest one. Seconds are read without their fraction, by which
# strftime would round up. Within a millisecond entries are numbered as they come: here writers follow one another.
_ENTER = """
INSERT INTO chat_searchentry (id, owner_id, conversation_id, message_id, model, words)
SELECT
    coalesce(
        (SELECT max(id) + 1 FROM chat_searchentry WHERE id BETWEEN first_id AND first_id + 1048575), first_id
    ),
    owner_id, conversation_id, message_id, model, names || ' ' || chat_fold(substr(said, 1, 100000))
FROM (
    SELECT
        min(8000000000000, max(0,
            CAST(strftime('%s', substr(created_at, 1, 19)) AS INTEGER) * 1000
                + CAST(substr(created_at, 21, 3) AS INTEGER)
        )) << 20 AS first_id,
        *
    FROM ({source})
)
"""
_MESSAGE = _ENTER.replace(
    "{source}",
    """
        SELECT m.created_at, c.owner_id, m.conversation_id, m.id AS message_id, m.model,
            coalesce(files || ' ', '') || m.text AS said,
            '§o' || c.owner_id || ' §c' || c.id
                || CASE m.model WHEN '' THEN '' ELSE ' §a' || hex(m.model) END AS names
        FROM (
            SELECT *, CASE WHEN parts LIKE '%"attachment"%' THEN (
                SELECT group_concat(json_extract(value, '$.name'), ' ') FROM json_each(parts)
                WHERE json_extract(value, '$.type') = 'attachment'
            ) END AS files
            FROM chat_message WHERE id = {id}
        ) m JOIN chat_conversation c ON c.id = m.conversation_id
        WHERE (m.text <> '' OR files IS NOT NULL) AND m.text NOT GLOB 'convoscope-encrypted:*'
            AND m.status NOT IN ('queued', 'streaming')
            AND m.deleted_at IS NULL AND m.hidden_at IS NULL
    """,
)
_TITLE = _ENTER.replace(
    "{source}",
    """
        SELECT c.created_at, c.owner_id, c.id AS conversation_id, NULL AS message_id, '' AS model,
            c.title || char(10) || c.topics AS said,
            '§o' || c.owner_id || ' §t' || c.owner_id || ' §c' || c.id AS names
        FROM chat_conversation c WHERE c.id = {id} AND (c.title <> '' OR c.topics <> '')
    """,
)
_FORGET_MESSAGE = "DELETE FROM chat_searchentry WHERE message_id = {id}"
_FORGET_TITLE = "DELETE FROM chat_searchentry WHERE conversation_id = {id} AND message_id IS NULL"


def _trigger(name: str, event: str, *statements: str) -> tuple[str, str]:
    return (
        f"DROP TRIGGER IF EXISTS chat_search_{name}",
        f"CREATE TRIGGER chat_search_{name} AFTER {event} BEGIN {'; '.join(statements)}; END",
    )


def _of(statement: str, row_id: str) -> str:
    return statement.replace("{id}", row_id)


_ALL_TRIGGERS = (
    # What is being written keeps the entry of what it was, where it was something.
    _trigger("message_new", "INSERT ON chat_message", _of(_MESSAGE, "NEW.id")),
    _trigger(
        "message_changed",
        "UPDATE OF text, status, model, created_at, deleted_at, hidden_at ON chat_message"
        " WHEN NEW.status NOT IN ('queued', 'streaming') AND (OLD.status IN ('queued', 'streaming')"
        " OR OLD.text <> NEW.text OR OLD.model <> NEW.model OR OLD.created_at <> NEW.created_at"
        " OR OLD.deleted_at IS NOT NEW.deleted_at OR OLD.hidden_at IS NOT NEW.hidden_at)",
        _of(_FORGET_MESSAGE, "OLD.id"),
        _of(_MESSAGE, "NEW.id"),
    ),
    _trigger("message_gone", "DELETE ON chat_message", _of(_FORGET_MESSAGE, "OLD.id")),
    _trigger("title_new", "INSERT ON chat_conversation", _of(_TITLE, "NEW.id")),
    _trigger(
        "title_changed",
        "UPDATE OF title, topics, created_at ON chat_conversation WHEN OLD.title <> NEW.title"
        " OR OLD.topics <> NEW.topics OR OLD.created_at <> NEW.created_at",
        _of(_FORGET_TITLE, "OLD.id"),
        _of(_TITLE, "NEW.id"),
    ),
    _trigger("title_gone", "DELETE ON chat_conversation", _of(_FORGET_TITLE, "OLD.id")),
    _trigger(
        "entry_new",
        "INSERT ON chat_searchentry",
        "INSERT INTO chat_searchwords (rowid, words) VALUES (NEW.id, NEW.words)",
    ),
    _trigger(
        "entry_gone",
        "DELETE ON chat_searchentry",
        "INSERT INTO chat_searchwords (chat_searchwords, rowid, words) VALUES ('delete', OLD.id, OLD.words)",
    ),
)

# Words come folded: all that is not ASCII belongs to one. Short beginnings have an index, since many words have them.
MAKE = (
    "CREATE VIRTUAL TABLE chat_searchwords USING fts5(words, content='chat_searchentry', content_rowid='id',"
    " columnsize=0, prefix='2 3', tokenize='ascii')",
)
TRIGGERS = tuple(statement for pair in _ALL_TRIGGERS for statement in pair)
# While a table is made anew, no trigger may name it.
DROP_TRIGGERS = tuple(drop for drop, _create in _ALL_TRIGGERS)
DROP = (*DROP_TRIGGERS, "DROP TABLE chat_searchwords")
# By the column that names what the entry is of.
ENTER = {"message_id": _of(_MESSAGE.replace("%", "%%"), "%s"), "conversation_id": _of(_TITLE.replace("%", "%%"), "%s")}
FORGET = {"message_id": _of(_FORGET_MESSAGE, "%s"), "conversation_id": _of(_FORGET_TITLE, "%s")}

_NEWEST = """
SELECT e.id, e.conversation_id, e.message_id FROM (
    SELECT rowid AS id FROM chat_searchwords WHERE chat_searchwords MATCH %s AND rowid >= %s AND rowid < %s
    ORDER BY rowid DESC LIMIT %s
) found JOIN chat_searchentry e ON e.id = found.id ORDER BY e.id DESC
"""


def newest(query: Query, scope: Scope, unwanted_names: Iterable[str], limit: int) -> tuple[list[tuple[Any, ...]], bool]:
    """Rows, and whether these are all."""
    wanted = [*map(_quoted, scope.names), *map(_term, query.wanted)]
    if scope.among:
        wanted.append(f"({' OR '.join(map(_quoted, scope.names_among))})")
    unwanted = [*map(_quoted, unwanted_names), *map(_term, query.unwanted)]
    asked = f"({' AND '.join(wanted)})" + (f" NOT ({' OR '.join(unwanted)})" if unwanted else "")
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [asked, scope.since or 0, NEVER if scope.until is None else scope.until, limit])
        found = cursor.fetchall()
        return found, len(found) < limit


def drop_forgotten() -> bool:
    """FTS5 keeps the words of a deleted row, with a mark that they are void, until it happens to merge what holds them.
    Merges all of it, in short transactions. Returns whether it came to the end.

    Source: https://www.sqlite.org/fts5.html#the_merge_command (2026-11-29).
    """
    pages = -MERGED_PAGES
    while not time_is_up():
        with transaction.atomic(), connection.cursor() as cursor:
            before = connection.connection.total_changes
            cursor.execute("INSERT INTO chat_searchwords (chat_searchwords, rank) VALUES ('merge', %s)", [pages])
            # One change is the statement itself.
            if connection.connection.total_changes - before < 2:
                return True
        pages = MERGED_PAGES
        let_others_write()
    return False


def _term(term: Term) -> str:
    return _quoted(" ".join(term.words)) + ("*" if term.is_prefix else "")


def _quoted(words: str) -> str:
    """As FTS5 wants it; folded words have no quotation marks."""
    return f'"{words}"'
