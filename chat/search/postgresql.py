"""Search on PostgreSQL: a tsvector with a GIN index, folded by a function of ours, which needs no extension."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

from django.db import connection

from chat.search.folding import MARKS, PAIRS, PLAIN, UNSPACED
from chat.search.query import Query

if TYPE_CHECKING:
    from chat.search.index import Scope

Parameter: TypeAlias = str | int | UUID | list[UUID]

NEVER = 2**63 - 1
# GIN knows nothing of order: it reads all that a word finds, and for a phrase all that has its words. What is in many
# messages is found sooner by looking at the newest entries themselves; so few of them are enough for a page.
NEWEST_ENTRIES = 1_000
# Of everybody's, what is in many messages would be a million rows to sort.
NEWEST_ENTRIES_OF_ALL = 20_000
ENOUGH = 10
# So many conversations, of which an entry has to have one, are names in the query; a hundred would take longer than all
# that the words find.
NAMES_AMONG = 20

_pairs = "{}"
for _one, _two in PAIRS.items():
    _pairs = f"replace({_pairs}, '{_one}', '{_two}')"
_LETTERS = _pairs.replace(
    "{}",
    f"translate(lower(regexp_replace(normalize(said, NFKD), '[{MARKS}]+', '', 'g')), "
    f"'{''.join(PLAIN)}', '{''.join(PLAIN.values())}')",
)
_FOLD = f"""
CREATE OR REPLACE FUNCTION chat_search_fold(said text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT translate(
        CASE WHEN octet_length(said) = length(said) THEN lower(said)
        ELSE regexp_replace(normalize({_LETTERS}, NFC), '([{UNSPACED}])', ' \\1 ', 'g') END,
        '!"#$%&''()*+,-./:;<=>?@[\\]^_`{{|}}~', repeat(' ', 32)
    )
$$
"""
_TERM = """
CREATE OR REPLACE FUNCTION chat_search_term(said text, is_prefix boolean) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN is_prefix AND numnode(asked) > 0 THEN (asked::text || ':*')::tsquery ELSE asked END
    FROM (SELECT phraseto_tsquery('simple', chat_search_fold(said)) AS asked) term
$$
"""
_ENTER = """
INSERT INTO chat_searchentry (id, owner_id, conversation_id, message_id, model, words)
SELECT
    (least(8000000000000, greatest(0, floor(extract(epoch FROM created_at) * 1000)))::bigint << 20)
        | (nextval('chat_searchentry_number') & 1048575),
    owner_id, conversation_id, message_id, model,
    array_to_tsvector(names) || to_tsvector('simple', chat_search_fold(left(said, 100000)))
FROM ({source}) entry
"""
_MESSAGE = _ENTER.replace(
    "{source}",
    """
    SELECT m.created_at, c.owner_id, m.conversation_id, m.id AS message_id, m.model,
        concat_ws(' ', files, m.text) AS said,
        array_remove(ARRAY[
            '§o' || replace(c.owner_id::text, '-', ''), '§c' || replace(c.id::text, '-', ''),
            CASE WHEN m.model <> '' THEN '§a' || encode(convert_to(m.model, 'UTF8'), 'hex') END
        ], NULL) AS names
    FROM (
        SELECT *, CASE WHEN parts @> '[{"type": "attachment"}]' THEN (
            SELECT string_agg(part->>'name', ' ') FROM jsonb_array_elements(parts) part
            WHERE part->>'type' = 'attachment'
        ) END AS files
        FROM chat_message WHERE id = {id}
    ) m JOIN chat_conversation c ON c.id = m.conversation_id
    WHERE (m.text <> '' OR files IS NOT NULL) AND NOT starts_with(m.text, 'convoscope-encrypted:')
        AND m.status NOT IN ('queued', 'streaming')
        AND m.deleted_at IS NULL AND m.hidden_at IS NULL
    """,
)
_TITLE = _ENTER.replace(
    "{source}",
    """
    SELECT c.created_at, c.owner_id, c.id AS conversation_id, NULL::uuid AS message_id, '' AS model,
        c.title || chr(10) || c.topics AS said,
        ARRAY[
            '§o' || replace(c.owner_id::text, '-', ''), '§t' || replace(c.owner_id::text, '-', ''),
            '§c' || replace(c.id::text, '-', '')
        ] AS names
    FROM chat_conversation c WHERE c.id = {id} AND (c.title <> '' OR c.topics <> '')
    """,
)
_FORGET_MESSAGE = "DELETE FROM chat_searchentry WHERE message_id = {id}"
_FORGET_TITLE = "DELETE FROM chat_searchentry WHERE conversation_id = {id} AND message_id IS NULL"


def _of(statement: str, row_id: str) -> str:
    return statement.replace("{id}", row_id)


def _keeper(name: str, forget: str, enter: str) -> str:
    """What a trigger calls."""
    return f"""
    CREATE OR REPLACE FUNCTION chat_search_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' THEN {_of(forget, "OLD.id")}; END IF;
        IF TG_OP <> 'DELETE' THEN {_of(enter, "NEW.id")}; END IF;
        RETURN NULL;
    END
    $$
    """


def _trigger(name: str, event: str, keeper: str, *, when: str = "true") -> str:
    return (
        f"CREATE OR REPLACE TRIGGER chat_search_{name} AFTER {event} FOR EACH ROW WHEN ({when})"
        f" EXECUTE FUNCTION chat_search_{keeper}()"
    )


MAKE = (
    "CREATE SEQUENCE chat_searchentry_number",
    "CREATE INDEX chat_searchentry_words ON chat_searchentry USING gin (words) WITH (fastupdate = off)",
)
TRIGGERS = (
    _FOLD,
    _TERM,
    _keeper("message", _FORGET_MESSAGE, _MESSAGE),
    _keeper("title", _FORGET_TITLE, _TITLE),
    _trigger("message_new", "INSERT ON chat_message", "message", when="NEW.status NOT IN ('queued', 'streaming')"),
    # What is being written keeps the entry of what it was, where it was something.
    _trigger(
        "message_changed",
        "UPDATE OF text, status, model, created_at, deleted_at, hidden_at ON chat_message",
        "message",
        when="NEW.status NOT IN ('queued', 'streaming') AND (OLD.status IN ('queued', 'streaming')"
        " OR OLD.text <> NEW.text OR OLD.model <> NEW.model OR OLD.created_at <> NEW.created_at"
        " OR OLD.deleted_at IS DISTINCT FROM NEW.deleted_at OR OLD.hidden_at IS DISTINCT FROM NEW.hidden_at)",
    ),
    _trigger("message_gone", "DELETE ON chat_message", "message"),
    _trigger("title_new", "INSERT ON chat_conversation", "title"),
    _trigger(
        "title_changed",
        "UPDATE OF title, topics, created_at ON chat_conversation",
        "title",
        when="OLD.title <> NEW.title OR OLD.topics <> NEW.topics OR OLD.created_at <> NEW.created_at",
    ),
    _trigger("title_gone", "DELETE ON chat_conversation", "title"),
)
# Its tables are changed in place, but for columns that a trigger names.
DROP_TRIGGERS = (
    "DROP TRIGGER IF EXISTS chat_search_title_changed ON chat_conversation",
    "DROP TRIGGER IF EXISTS chat_search_message_changed ON chat_message",
)
DROP = (
    # With the triggers that call them.
    "DROP FUNCTION chat_search_message() CASCADE",
    "DROP FUNCTION chat_search_title() CASCADE",
    "DROP FUNCTION chat_search_term(text, boolean)",
    "DROP FUNCTION chat_search_fold(text)",
    "DROP SEQUENCE chat_searchentry_number",
)
# By the column that names what the entry is of.
ENTER = {"message_id": _of(_MESSAGE, "%s"), "conversation_id": _of(_TITLE, "%s")}
FORGET = {"message_id": _of(_FORGET_MESSAGE, "%s"), "conversation_id": _of(_FORGET_TITLE, "%s")}

_AMONG_THE_NEWEST = """
SELECT id, conversation_id, message_id FROM (
    SELECT id, conversation_id, message_id, words FROM chat_searchentry
    WHERE {owner} AND id >= %s AND id < %s ORDER BY id DESC LIMIT %s
) newest WHERE words @@ {asked} ORDER BY id DESC LIMIT %s
"""
# Materialized it is apart from order and bounds: for those the planner would go through all entries of a time in search
# of a rare word.
_BY_INDEX = """
WITH found AS MATERIALIZED (
    SELECT id, conversation_id, message_id FROM chat_searchentry WHERE words @@ {asked}
)
SELECT id, conversation_id, message_id FROM found WHERE id >= %s AND id < %s ORDER BY id DESC LIMIT %s
"""


def newest(query: Query, scope: Scope, unwanted_names: Iterable[str], limit: int) -> tuple[list[tuple[Any, ...]], bool]:
    """Rows, and whether these are all."""
    asked, parameters = _asked(query, scope, unwanted_names)
    bounds = [scope.since or 0, NEVER if scope.until is None else scope.until]
    # Titles and a single conversation are few entries, whose names the index has.
    if not scope.titles_only and scope.conversation_id is None:
        owner, owners = ("owner_id = %s", [scope.owner_id]) if scope.owner_id else ("true", [])
        looked_at = NEWEST_ENTRIES if scope.owner_id else NEWEST_ENTRIES_OF_ALL
        among_the_newest = _AMONG_THE_NEWEST.replace("{owner}", owner).replace("{asked}", asked)
        found = _read(among_the_newest, [*owners, *bounds, looked_at, *parameters, limit])
        if len(found) >= min(limit, ENOUGH):
            return found, False
    found = _read(_BY_INDEX.replace("{asked}", asked), [*parameters, *bounds, limit])
    return found, len(found) < limit


def _read(statement: str, parameters: Sequence[Parameter]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _asked(query: Query, scope: Scope, unwanted_names: Iterable[str]) -> tuple[str, list[Parameter]]:
    """The condition as SQL, and its parameters."""
    parts: list[str] = []
    parameters: list[Parameter] = []
    for sign, names, terms in (("", scope.names, query.wanted), ("!! ", unwanted_names, query.unwanted)):
        for name in names:
            parts.append(f"{sign}%s::tsquery")
            parameters.append(f"'{name}'")
        for term in terms:
            parts.append(f"{sign}chat_search_term(%s, %s)")
            parameters += [" ".join(term.words), term.is_prefix]
    if 0 < len(scope.among) <= NAMES_AMONG:
        parts.append(f"({' || '.join(['%s::tsquery'] * len(scope.among))})")
        parameters += [f"'{name}'" for name in scope.names_among]
    asked = f"({' && '.join(parts)})"
    if len(scope.among) > NAMES_AMONG:
        asked += " AND conversation_id = ANY(%s)"
        parameters.append(list(scope.among))
    return asked, parameters
