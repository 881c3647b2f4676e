"""How long it takes to read what a turn is answered with, and to build its context, after 10,000 messages:
`python -m bench.context [--lines N]`, N the messages.

Fills a database of its own: SQLite in a temporary folder, or the empty one that DATABASE_URL names. The messages are
made up, of lengths as people's and models' are; the conversation has a summary and as many entities as there can be.
Each strategy is measured twice: as it is, and with a target so small that every stage is at work. Before that the page
that the conversation opens with is asked for, through the whole of Django, in this process.
"""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from uuid_utils.compat import uuid7

from bench.books import database, show, taken
from bench.clock import median
from bench.search import Words, got, model, tidy, told

if TYPE_CHECKING:
    from chat.models import Conversation, Message, Run

REPEAT = 30
QUESTION_WORDS, ANSWER_WORDS = 40, 300
SUMMARY_WORDS = 180
SMALL_TARGET_TOKENS = 6_000


def main(messages: int) -> None:
    from django.conf import settings
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    run = long_talk(messages)
    tidy()
    target_tokens = settings.CONTEXT_TARGET_TOKENS
    measure_page(run.message.conversation)
    for memory in ("buffer", "summary", "entity", "graph", "hybrid"):
        run.settings["memory"] = memory
        for label, target in (("as it is", target_tokens), ("compressed", SMALL_TARGET_TOKENS)):
            settings.CONTEXT_TARGET_TOKENS = target
            with CaptureQueriesContext(connection) as asked:
                stages = build(run)
            times = [taken(lambda: build(run)) for _ in range(REPEAT)]
            show(
                f"context: {memory}, {label}",
                messages=messages,
                queries=len(asked),
                stages=stages,
                ms=round(1000 * median([wall for wall, _cpu in times]), 2),
                own_cpu_ms=round(1000 * median([cpu for _wall, cpu in times]), 2),
            )


def measure_page(conversation: Conversation) -> None:
    from django.test import Client

    client = Client()
    client.force_login(conversation.owner)
    # Messages that were never shown are rendered for it once.
    told("context: the page of the conversation", lambda: got(client, f"/conversations/{conversation.id}/"))


def build(run: Run) -> int:
    """As a run does it; how many stages it took."""
    from chat.context.builder import build_context
    from chat.runs.load import first_load
    from providers.task_model import built_in_model

    loaded = first_load(run)
    remembered = loaded.remembered
    context = build_context(loaded.history, summary=remembered.summary, known=remembered.known, model=built_in_model())
    return len(context.report.stages)


def long_talk(count: int) -> Run:
    """A question that nobody has answered, after so many messages."""
    from accounts.models import User

    owner = User.objects.create_user(email="talking@example.org")
    conversation = model("Conversation").objects.create(owner=owner, title="Long", active_at=datetime.now(UTC))
    words = Words()
    ids = [uuid7() for _ in range(count + 1)]
    messages = (
        made_up(conversation, ids, place, words.text(ANSWER_WORDS if place % 2 else QUESTION_WORDS))
        for place in range(count + 1)
    )
    model("Message").objects.bulk_create(messages, batch_size=500)
    conversation.active_leaf_id = ids[-1]
    conversation.summary, conversation.summary_leaf_id = words.text(SUMMARY_WORDS), ids[-6]
    conversation.save()
    know_names(conversation, ids[-6])
    question = model("Message").objects.get(id=ids[-1])
    answer = model("Message")(conversation=conversation, parent=question, role="assistant")
    run: Run = model("Run")(message=answer, settings={"model": "offline/convoscope-offline"})
    return run


def made_up(conversation: Conversation, ids: list[UUID], place: int, text: str) -> Message:
    from providers.tokens import count_text_tokens

    message: Message = model("Message")(
        id=ids[place],
        conversation=conversation,
        parent_id=ids[place - 1] if place else None,
        role="assistant" if place % 2 else "user",
        text=text,
        text_tokens=count_text_tokens(text),
    )
    return message


def know_names(conversation: Conversation, leaf_id: UUID) -> None:
    from chat.entities.graph import MAX_ENTITIES, MAX_RELATIONS, Found, FoundEntity, FoundRelation, Graph, merged

    facts = tuple((f"fact {number}", "a few words of it") for number in range(4))
    entities = tuple(FoundEntity(f"Name {number}", "person", (), facts) for number in range(MAX_ENTITIES))
    pairs = ((number % MAX_ENTITIES, (7 * number + 1) % MAX_ENTITIES) for number in range(MAX_RELATIONS))
    relations = tuple(FoundRelation(f"Name {one}", "works with", f"Name {other}") for one, other in pairs)
    graph = merged(Graph(), Found(entities, relations), lambda key: key)
    model("ConversationEntities").objects.create(conversation=conversation, graph=graph.as_json(), leaf_id=leaf_id)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=10_000)
    given = parser.parse_args()
    os.environ |= {"RATE_LIMIT_IP_REQUESTS": "1000000", "APP_ALLOWED_HOSTS": "testserver"}
    with database():
        main(given.lines)
