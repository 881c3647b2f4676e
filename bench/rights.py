"""What it takes to give somebody everything that is kept of them, and to erase them:
`python -m bench.rights [--lines N]`, N their conversations.

Each has two turns, with runs and lines of the ledger. The tasks work in processes of their own, and tell what they came
to in memory and seconds. It is SQLite in a temporary folder, or the empty database that DATABASE_URL names.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from bench.books import database, show, taken
from bench.importing import peak_mb
from bench.search import Words, model, turn

if TYPE_CHECKING:
    from accounts.models import User
    from providers.actions.ledger import LedgerLine

TURNS_OF_EACH = 2
# How many conversations are made at once
BATCH = 500
# For comparison, of somebody with a tenth of the conversations
FEWER = 10


def main(conversations: int) -> None:
    from accounts.actions.erasures import request_erasure
    from accounts.models import User
    from chat.actions.exports import request_export

    words = Words()
    for count in (conversations // FEWER, conversations):
        owner = User.objects.create_user(email=f"leaving-{count}@example.org")
        fill(owner, count, words)
        export = request_export(owner=owner, format="everything")
        told = worked("export", export.id)
        export.refresh_from_db()
        show("rights: everything in a file", conversations=count, megabytes=export.size_bytes // 10**6, **told)
        request = request_erasure(user=owner, grace=timedelta())
        told = worked("erasure", request.id)
        show("rights: erasure", conversations=count, is_gone=not User.objects.filter(id=owner.id).exists(), **told)


def fill(owner: User, count: int, words: Words) -> None:
    from providers.actions.ledger import write_lines

    now = datetime.now(UTC)
    for first in range(0, count, BATCH):
        made = [
            model("Conversation")(owner=owner, title=words.text(4)[:60], active_at=now)
            for _ in range(min(BATCH, count - first))
        ]
        model("Conversation").objects.bulk_create(made)
        said: list[Any] = []
        for conversation in made:
            for _ in range(TURNS_OF_EACH):
                question, answer = turn(conversation, words, at=now)
                question.parent_id = conversation.active_leaf_id
                conversation.active_leaf_id = answer.id
                said += [question, answer]
        model("Message").objects.bulk_create(said)
        model("Conversation").objects.bulk_update(made, ["active_leaf"])
        runs = [model("Run")(message=one, status="complete", settings={"model": one.model}) for one in said[1::2]]
        model("Run").objects.bulk_create(runs)
        write_lines(line_of(run.id, owner, now) for run in runs)


def line_of(request_id: UUID, owner: User, now: datetime) -> LedgerLine:
    from providers.actions.ledger import LedgerLine
    from providers.contract import Payer, Usage

    return LedgerLine(
        request_id=request_id,
        call_number=1,
        payer=Payer(owner.id),
        subject_id=uuid4(),
        feature="chat",
        source="provider",
        endpoint="openai",
        model="gpt-4.1",
        outcome="complete",
        usage=Usage(input_tokens=500, output_tokens=300),
        is_estimated=False,
        first_token_ms=None,
        duration_ms=None,
        ended_at=now,
    )


def worked(task: str, row_id: UUID) -> dict[str, Any]:
    """What the task told of itself in a process of its own."""
    command = [sys.executable, "-m", "bench.rights", "--work-on", task, str(row_id)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return found


def work(task: str, row_id: str) -> None:
    """On the database that the parent made, as often as the time of one piece of work is up."""
    import django

    django.setup()
    from accounts.models import ErasureRequest
    from accounts.tasks import erase_person
    from chat.models import ConversationExport
    from chat.tasks import build_export

    def work_on(is_open: Callable[[], bool], piece: Callable[[str], object]) -> None:
        while is_open():
            piece(row_id)

    before_mb = peak_mb()
    export, erasure = ConversationExport.objects.filter(id=row_id), ErasureRequest.objects.filter(id=row_id)
    wall_s, own_s = taken(
        lambda: (
            work_on(export.unfinished().exists, build_export)
            if task == "export"
            else work_on(erasure.exclude(status="done").exists, erase_person)
        )
    )
    sys.stdout.write(
        json.dumps(
            {"s": round(wall_s, 1), "own_cpu_s": round(own_s, 1), "peak_mb": peak_mb(), "peak_mb_before": before_mb}
        )
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--work-on", nargs=2)
    given = parser.parse_args()
    if given.work_on:
        work(*given.work_on)
    else:
        with database():
            main(given.lines)
