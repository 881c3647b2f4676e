"""How long a search takes that has 100,000 messages of one person before it, and what the index adds to a turn:
`python -m bench.search [--lines N]`, N the messages.

Fills a database of its own: SQLite in a temporary folder, or the empty one that DATABASE_URL names. The words are made
up, with the frequencies of a language; a fifth as many messages are other people's.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

from bench.books import database, show, taken
from bench.clock import median, percentile

if TYPE_CHECKING:
    from accounts.models import User

CONVERSATIONS, OTHERS, DAYS = 400, 20, 700
VOCABULARY, QUESTION_WORDS, ANSWER_WORDS = 30_000, 25, 140
BATCH_TURNS = 500
REPEAT, TURNS = 40, 300
SYLLABLES = [
    "ba",
    "be",
    "bo",
    "da",
    "de",
    "do",
    "fa",
    "ga",
    "ha",
    "ka",
    "ke",
    "ko",
    "la",
    "le",
    "lo",
    "ma",
    "me",
    "mo",
    "na",
    "ne",
    "no",
    "pa",
    "ra",
    "re",
    "ro",
    "sa",
    "se",
    "so",
    "ta",
    "te",
    "to",
    "va",
    "wa",
    "za",
]


def main(messages: int) -> None:
    from accounts.models import User
    from chat.models import Message

    # Made-up messages are of different days.
    Message._meta.get_field("created_at").auto_now_add = False
    owner = User.objects.create_user(email="searching@example.org")
    others = [User.objects.create_user(email=f"other-{number}@example.org") for number in range(OTHERS)]
    words = Words()
    seconds, _ = taken(lambda: fill(owner, messages // 2, CONVERSATIONS, words))
    show("search: filled", messages=messages, s=round(seconds, 1))
    for other in others:
        fill(other, messages // 10 // OTHERS, 10, words)
    tidy()
    index_sizes()
    measure_queries(owner, words)


class Words:
    """A made-up vocabulary, the first words of which are the most frequent."""

    def __init__(self) -> None:
        made: dict[str, None] = {}
        while len(made) < VOCABULARY:
            made["".join(random.choices(SYLLABLES, k=random.choices([1, 2, 3, 4], [2, 5, 6, 4])[0]))] = None
        self.all = list(made)
        self.weights = list(accumulate(1 / (rank + 3) for rank in range(VOCABULARY)))
        self.messages_with: Counter[str] = Counter()
        self.messages = 0

    def text(self, count: int) -> str:
        chosen = random.choices(self.all, cum_weights=self.weights, k=random.randint(count // 2, count * 3 // 2))
        self.messages += 1
        self.messages_with.update(set(chosen))
        return " ".join(chosen) + "."

    def in_about(self, share: float) -> str:
        """The word whose share of the messages is nearest to this."""
        return min(self.messages_with, key=lambda word: abs(self.messages_with[word] / self.messages - share))


def fill(owner: User, turns: int, conversations: int, words: Words) -> None:
    from chat.models import Conversation, Message

    now = datetime.now(UTC)
    begun = now - timedelta(days=DAYS)
    made = [Conversation(owner=owner, title=words.text(4)[:60], active_at=begun) for _ in range(conversations)]
    Conversation.objects.bulk_create(made)
    for first in range(0, turns, BATCH_TURNS):
        batch = []
        for number in range(first, min(turns, first + BATCH_TURNS)):
            at = begun + (now - begun) * number / turns
            conversation = made[number * conversations // turns]
            question = Message(conversation=conversation, role="user", text=words.text(QUESTION_WORDS), created_at=at)
            answer = Message(
                conversation=conversation, parent=question, role="assistant", text=words.text(ANSWER_WORDS)
            )
            answer.model, answer.created_at = random.choice(["gpt-4.1", "claude-sonnet-5", "gemini-3-pro"]), at
            batch += [question, answer]
        Message.objects.bulk_create(batch)


def tidy() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def index_sizes() -> None:
    pass


def measure_queries(owner: User, words: Words) -> None:
    from chat.search.index import Scope, matches
    from chat.search.query import parse_query

    half, tenth, rare, hundredth = (words.in_about(share) for share in (0.5, 0.1, 0.0001, 0.01))
    phrase = " ".join(__import__("chat").models.Message.objects.filter(role="assistant").first().text.split()[3:5])
    queries = {
        "rare": rare + " ",
        "half": half + " ",
        "tenth": tenth + " ",
        "hundredth": hundredth + " ",
        "two frequent": f"{half} {tenth} ",
        "frequent and rare": f"{half} {rare} ",
        "phrase": f'"{phrase}"',
        "phrase of frequent": f'"{half} {tenth}"',
        "two letters": half[:2],
        "three": tenth[:3],
        "four": tenth[:4],
        "rare and two letters": f"{rare} {half[:2]}",
        "missing": "qqqqq ",
        "half but tenth": f"{half} -{tenth} ",
    }
    for name, query in queries.items():
        times = []
        for _ in range(15):
            s, _ = taken(lambda: matches(parse_query(query), Scope(owner_id=owner.id), limit=100))
            times.append(s)
        n = len(matches(parse_query(query), Scope(owner_id=owner.id), limit=100))
        show(
            f"search index: {name}",
            query=query,
            n=n,
            df=words.messages_with.get(query.strip()),
            p50=round(1000 * median(times), 2),
            p95=round(1000 * percentile(times, 0.95), 2),
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    given = parser.parse_args()
    with database():
        main(given.lines)
