"""What it takes to import a large file: `python -m bench.importing [--megabytes N]`.

Makes a file as ChatGPT exports them, of that size, in a temporary folder, and has the tasks look through it and import
it, in a process of its own: what that came to in memory, seconds and conversations is told. It is SQLite in a temporary
folder, or the empty database that DATABASE_URL names. `--profile` tells where the time of the import goes.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.books import database, show, taken
from bench.search import Words

TURNS, QUESTION_WORDS, ANSWER_WORDS = 12, 10, 100
# Made once, and put together anew each time
PARAGRAPHS = 1_000
PARAGRAPHS_OF_A_MESSAGE = 4
# Of the conversations, how many are longer, and by how much
LONG_EVERY, LONG_TIMES = 100, 20
MB = 10**6


def main(megabytes: int, *, profiles: bool) -> None:
    from django.conf import settings
    from django.core.files import File
    from django.db import connection

    from accounts.models import User
    from chat.actions.imports import confirm_import, request_import
    from chat.models import Conversation, Message

    path = Path(settings.VAR_DIR) / "conversations.json"
    write(path, megabytes * MB)
    owner = User.objects.create_user(email="importing@example.org")
    with path.open("rb") as file:
        brought = request_import(owner=owner, upload=File(file, name=path.name))
    row: dict[str, Any] = {"database": connection.vendor, "megabytes": round(path.stat().st_size / MB)}
    show("import: looked through", **row, **worked(brought.id))
    brought.refresh_from_db()
    confirm_import(brought=brought)
    show(
        "import: stored",
        **row,
        **worked(brought.id, profiles=profiles),
        conversations=Conversation.objects.filter(owner=owner).count(),
        messages=Message.objects.filter(conversation__owner=owner).count(),
    )


def worked(import_id: UUID, *, profiles: bool = False) -> dict[str, Any]:
    """What the task told of itself in a process of its own."""
    command = [sys.executable, "-m", "bench.importing", "--work-on", str(import_id), *["--profile"] * profiles]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return found


def work(import_id: str, *, profiles: bool) -> None:
    """On the database that the parent made."""
    import django

    django.setup()
    from chat.models import ConversationImport
    from chat.tasks import work_on_import

    def work_on() -> None:
        """As often as the time of one piece of work is up."""
        while ConversationImport.objects.takeable().filter(id=import_id).exists():
            work_on_import(import_id)

    before_mb = peak_mb()
    profile = cProfile.Profile()
    if profiles:
        profile.enable()
    wall_s, own_s = taken(work_on)
    profile.disable()
    if profiles:
        pstats.Stats(profile, stream=sys.stderr).sort_stats("cumulative").print_stats(60)
    row = {"s": round(wall_s, 1), "own_cpu_s": round(own_s, 1), "peak_mb": peak_mb(), "peak_mb_before": before_mb}
    sys.stdout.write(json.dumps(row))


def peak_mb() -> float:
    """Of this process alone, as Linux tells it in kibibytes: what `getrusage` tells begins with its parent's."""
    told = Path("/proc/self/status").read_text().partition("VmHWM:")[2]
    return round(int(told.split()[0]) * 1024 / MB, 1)


def write(path: Path, size_bytes: int) -> None:
    """Conversations until it is that large, none of which is like another."""
    words = Words()
    said = {
        role: [words.text(count) for _ in range(PARAGRAPHS)]
        for role, count in (("user", QUESTION_WORDS), ("assistant", ANSWER_WORDS))
    }
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        number = 0
        while file.tell() < size_bytes:
            turns = TURNS * LONG_TIMES if number % LONG_EVERY == LONG_EVERY - 1 else random.randint(1, 2 * TURNS)
            file.write(("," if number else "") + json.dumps(conversation(number, turns, said)))
            number += 1
        file.write("]")


def conversation(number: int, turns: int, said: dict[str, list[str]]) -> dict[str, Any]:
    begun = 1_600_000_000.0 + 1_000 * number
    mapping = {node["id"]: node for node in nodes(turns, begun, said)}
    return {
        "id": f"conversation-{number}",
        "title": random.choice(said["user"])[:60],
        "create_time": begun,
        "update_time": begun + 60 * turns,
        "current_node": list(mapping)[-1],
        "mapping": mapping,
    }


def nodes(turns: int, begun: float, said: dict[str, list[str]]) -> Iterator[dict[str, Any]]:
    yield {"id": "root", "parent": None, "children": ["m0"], "message": None}
    last = 2 * turns - 1
    for place in range(2 * turns):
        role = "assistant" if place % 2 else "user"
        text = "\n\n".join(random.choices(said[role], k=PARAGRAPHS_OF_A_MESSAGE))
        yield {
            "id": f"m{place}",
            "parent": f"m{place - 1}" if place else "root",
            "children": [f"m{place + 1}"] if place < last else [],
            "message": {
                "id": f"m{place}",
                "author": {"role": role},
                "create_time": begun + 30 * place,
                "status": "finished_successfully",
                "recipient": "all",
                "metadata": {"model_slug": "gpt-4o"} if place % 2 else {},
                "content": {"content_type": "text", "parts": [text]},
            },
        }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--work-on", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work_on:
        work(given.work_on, profiles=given.profile)
    else:
        with database():
            main(given.megabytes, profiles=given.profile)
