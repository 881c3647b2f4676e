"""How long pages with the list of conversations take, and how many queries: `python -m bench.sidebar`.

People with 20, with 200, which fill a page, and with 20,000 conversations (`--conversations`) ask for the first page of
the app and for the lists that conversations are sorted on, through Django's whole stack in this process. It is SQLite
in a temporary folder, or the empty database that DATABASE_URL names. `--plans` prints how the database reads each list.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from bench.books import database, show, taken

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

FEW, A_PAGE = 20, 200
REPEAT = 30
# Of the conversations of one person
PINNED_EVERY, FILED_EVERY, TAGGED_EVERY, ARCHIVED_EVERY, TRASHED_EVERY = 2_000, 5, 7, 4, 6


def main(conversations: int, *, plans: bool) -> None:
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    for count in (FEW, A_PAGE, conversations):
        owner = person_with(count)
        client = Client(SERVER_NAME="localhost")
        client.force_login(owner)
        for label, address in addresses(client, owner).items():
            ask(client, address)
            with CaptureQueriesContext(connection()) as asked:
                size = ask(client, address)
            # The next request forgets them.
            statements = [query["sql"] for query in asked]
            times = sorted(taken(partial(ask, client, address)) for _ in range(REPEAT))
            wall_s, work_s = times[REPEAT // 2]
            show(
                f"sidebar: {label}",
                conversations=count,
                queries=len(statements),
                ms=round(1000 * wall_s, 1),
                own_cpu_ms=round(1000 * work_s, 1),
                bytes=size,
            )
            if plans:
                for plan in plans_of(statements):
                    show(f"sidebar: {label}", plan=plan)


def addresses(client: Client, owner: User) -> dict[str, str]:
    """The pages by what they are; the deep ones begin in the middle of the list."""
    from chat.models import Conversation

    listed = Conversation.objects.visible_to(owner).listed().filter(is_pinned=False)
    middle = listed[listed.count() // 2]
    place = f"moment={middle.active_at.isoformat().replace('+', '%2B')}&id={middle.id}"
    return {
        "first page": "/",
        "a further page of the list, from its middle": f"/conversations/list/?{place}",
        "all conversations": "/conversations/manage/",
        "all conversations, from the middle": f"/conversations/manage/?{place}",
        "a folder": f"/folders/{owner.folders.get().id}/",
        "a tag": f"/tags/{owner.tags.get().id}/",
        "archive": "/archive/",
        "trash": "/trash/",
    }


def person_with(count: int) -> User:
    from accounts.models import User

    owner = User.objects.create_user(email=f"{uuid4().hex[:8]}@example.org")
    folder = owner.folders.create(name="Work", key="work")
    tag = owner.tags.create(name="Urgent", key="urgent")
    now = datetime.now(UTC)
    conversations = owner.conversations
    made = conversations.bulk_create(
        (
            conversations.model(
                owner=owner,
                title=f"Conversation {number} about pools and queues",
                active_at=(at := now - timedelta(minutes=37 * number)),
                is_pinned=number % PINNED_EVERY == 1,
                folder=folder if number % FILED_EVERY == 2 else None,
                archived_at=at if number % ARCHIVED_EVERY == 3 else None,
                trashed_at=at if number % TRASHED_EVERY == 4 else None,
            )
            for number in range(count)
        ),
        batch_size=1_000,
    )
    through = conversations.model.tags.through
    tagged = (through(conversation=one, tag=tag) for one in made[::TAGGED_EVERY])
    through.objects.bulk_create(tagged, batch_size=1_000)
    with connection().cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection().vendor == "postgresql" else "ANALYZE")
    return owner


def ask(client: Client, address: str) -> int:
    # What follows a place is asked for by the page, which takes the rows alone.
    answer = client.get(address, headers={"HX-Request": "true"} if "?" in address else {})
    assert answer.status_code == 200, address
    return len(answer.content)


def plans_of(statements: list[str]) -> list[str]:
    explain = "EXPLAIN (COSTS OFF)" if connection().vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    found = []
    with connection().cursor() as cursor:
        for sql in statements:
            if 'FROM "chat_conversation"' in sql:
                cursor.execute(f"{explain} {sql}")
                found.append(" / ".join(str(row[-1]).strip() for row in cursor.fetchall()))
    return found


def connection() -> Any:
    from django.db import connection

    return connection


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=20_000)
    parser.add_argument("--plans", action="store_true")
    given = parser.parse_args()
    with database():
        main(given.conversations, plans=given.plans)
