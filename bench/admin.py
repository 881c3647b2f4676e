"""How long the admin's list of 1,000,000 messages takes, and how many queries: `python -m bench.admin [--lines N]`.

An administrator asks for the first page, for one from the middle, for a range of time long past, for a filter that
hardly any message passes, and for words that many, few and no messages have, through Django's whole stack in this
process. It is SQLite in a temporary folder, or the empty database that DATABASE_URL names. `--plans` prints how the
database reads each page.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from bench.books import database, show, taken
from bench.search import Words, model, tidy
from bench.sidebar import connection

DAYS, PEOPLE, CONVERSATIONS = 90, 50, 5_000
WORDS_OF_MESSAGE = 8
REPEAT = 15
# Of each so many messages one has failed, and one has the rare word.
FAILED_EVERY, RARE_EVERY = 50_000, 100_000
LIST = "/admin/chat/message/"
TEXTS = 2_000
TRIGGERS = ("ALTER TABLE chat_message {} TRIGGER USER", "ALTER TABLE chat_conversation {} TRIGGER USER")
# In the order of time, as keys are.
MESSAGES = f"""
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < %s),
moments AS (SELECT n, %s + CAST(n AS bigint) * %s / %s AS ms FROM numbers),
talks AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM chat_conversation)
INSERT INTO chat_message (
    id, conversation_id, role, status, parts, text, html, render_version, model, provider, finish_reason, feedback,
    feedback_comment, metadata, created_at
)
SELECT
    {{key}}, talks.id, CASE n %% 2 WHEN 0 THEN 'user' ELSE 'assistant' END,
    CASE n %% {FAILED_EVERY} WHEN 7 THEN 'failed' ELSE 'complete' END, '[]',
    said || CASE n %% 2 WHEN 0 THEN '' ELSE ' common' END || CASE n %% {RARE_EVERY} WHEN 9 THEN ' scarce' ELSE '' END,
    '', 0, '', '', '', '', '', '{{{{}}}}', {{moment}}
FROM moments JOIN talks ON talks.place = n %% {CONVERSATIONS} JOIN bench_text ON bench_text.place = n %% {TEXTS}
ORDER BY n
"""  # noqa: S608  # constants only
EXPRESSIONS = {
    "postgresql": {
        "key": "(lpad(to_hex(ms), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid",
        "moment": "to_timestamp(ms / 1000.0)",
    },
    "sqlite": {
        "key": "printf('%%012x70008000%%012x', ms, n)",
        "moment": "strftime('%%Y-%%m-%%d %%H:%%M:%%f000', ms / 1000.0, 'unixepoch')",
    },
}


def main(messages: int, *, plans: bool) -> None:
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User

    now = datetime.now(UTC)
    begun = now - timedelta(days=DAYS)
    seconds, _ = taken(lambda: fill(messages, begun, now))
    show("admin: filled", messages=messages, s=round(seconds, 1))
    tidy()
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser(email="root@example.org", password="x" * 20))
    for label, query in queries(begun, now).items():
        address = f"{LIST}?{urlencode(query)}"
        size = ask(client, address)
        with CaptureQueriesContext(connection()) as asked:
            ask(client, address)
        # The next request forgets them.
        statements = [one["sql"] for one in asked]
        times = sorted(taken(partial(ask, client, address)) for _ in range(REPEAT))
        wall_s, work_s = times[REPEAT // 2]
        show(
            f"admin: {label}",
            messages=messages,
            queries=len(statements),
            ms=round(1000 * wall_s, 1),
            best_ms=round(1000 * times[0][0], 1),
            own_cpu_ms=round(1000 * work_s, 1),
            bytes=size,
        )
        if plans:
            for plan in plans_of(statements):
                show(f"admin: {label}", plan=plan)


def queries(begun: datetime, now: datetime) -> dict[str, dict[str, str]]:
    middle = begun + (now - begun) / 2
    day = {"since": f"{middle:%Y-%m-%dT%H:%M:%S}", "until": f"{middle + timedelta(days=1):%Y-%m-%dT%H:%M:%S}"}
    return {
        "first page": {},
        "a page from the middle": {"older": str(key_of(middle))},
        "newer than the middle": {"newer": str(key_of(middle))},
        "a day in the middle": day,
        "a filter that half pass": {"role__exact": "user"},
        "a filter that hardly any passes": {"status__exact": "failed"},
        "a word that half have": {"q": "common"},
        "a word that ten have": {"q": "scarce"},
        "a word that none has": {"q": "absent"},
        "scarce on a day in the middle": {"q": "scarce"} | day,
    }


def fill(messages: int, begun: datetime, now: datetime) -> None:
    """By statements of the database, and the index of words in one go: row by row it would take an hour."""
    from accounts.models import User
    from chat.search import index, postgresql, sqlite

    people = [User.objects.create_user(email=f"person-{number}@example.org") for number in range(PEOPLE)]
    conversation = model("Conversation")
    conversation.objects.bulk_create(
        conversation(owner=people[number % PEOPLE], title=f"Conversation {number}", active_at=begun, created_at=begun)
        for number in range(CONVERSATIONS)
    )
    words = Words()
    is_postgresql = connection().vendor == "postgresql"
    with connection().cursor() as cursor:
        for trigger in TRIGGERS if is_postgresql else sqlite.DROP_TRIGGERS:
            cursor.execute(trigger.format("DISABLE"))
        cursor.execute("CREATE TEMPORARY TABLE bench_text (place integer PRIMARY KEY, said text)")
        texts = [(place, words.text(WORDS_OF_MESSAGE)) for place in range(TEXTS)]
        cursor.executemany("INSERT INTO bench_text (place, said) VALUES (%s, %s)", texts)
        first_ms, last_ms = (int(moment.timestamp() * 1000) for moment in (begun, now))
        cursor.execute(
            MESSAGES.format(**EXPRESSIONS[connection().vendor]), [messages, first_ms, last_ms - first_ms, messages]
        )
        if is_postgresql:
            cursor.execute("DROP INDEX chat_searchentry_words")
            cursor.execute(postgresql._MESSAGE.replace("WHERE id = {id}", ""))
            cursor.execute(postgresql.MAKE[-1])
        else:
            # Not for Django's way of writing parameters: it has none.
            cursor.connection.execute(sqlite._MESSAGE.replace("WHERE id = {id}", ""))
            cursor.execute("INSERT INTO chat_searchwords (chat_searchwords) VALUES ('rebuild')")
        for trigger in TRIGGERS if is_postgresql else ():
            cursor.execute(trigger.format("ENABLE"))
    index.make_triggers()


def key_of(moment: datetime) -> UUID:
    """About that of a message of then."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def ask(client: Any, address: str) -> int:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return len(answer.content)


def plans_of(statements: list[str]) -> Iterator[str]:
    explain = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF)"
    if connection().vendor != "postgresql":
        explain = "EXPLAIN QUERY PLAN"
    with connection().cursor() as cursor:
        for sql in statements:
            if "chat_" in sql and sql.lstrip().startswith(("SELECT", "WITH")):
                cursor.execute(f"{explain} {sql}")
                yield " / ".join(str(row[-1]).strip() for row in cursor.fetchall())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--plans", action="store_true")
    given = parser.parse_args()
    with database():
        main(given.lines, plans=given.plans)
