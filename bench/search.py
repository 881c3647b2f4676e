"""How long a search takes that has 100,000 messages of one person before it, and what the index adds to a turn:
`python -m bench.search [--lines N]`, N the messages.

Fills a database of its own: SQLite in a temporary folder, or the empty one that DATABASE_URL names. The words are made
up, with the frequencies of a language; a fifth as many messages are other people's. Requests go through the whole of
Django, in this process.
"""

from __future__ import annotations

import argparse
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Any

from bench.books import database, show, taken
from bench.clock import median, percentile

if TYPE_CHECKING:
    from accounts.models import User

CONVERSATIONS, OTHERS, DAYS = 400, 20, 700
VOCABULARY, QUESTION_WORDS, ANSWER_WORDS = 30_000, 25, 140
BATCH_TURNS = 500
REPEAT = 40
# Turns are written with the index and without it by turns, so that the machine's moods meet both.
ROUNDS, TURNS_OF_ROUND = 12, 25
MODELS = ("gpt-4.1", "claude-sonnet-5", "gemini-3-pro")
CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"
# What only the older half of the messages have, and in which share of them; the made-up words are none of these.
OLD_WORDS = {"half": 0.5, "tenth": 0.1}


def main(messages: int) -> None:
    from accounts.models import User

    # Made-up messages are of different days.
    model("Message")._meta.get_field("created_at").auto_now_add = False
    owner = User.objects.create_user(email="searching@example.org")
    others = [User.objects.create_user(email=f"other-{number}@example.org") for number in range(OTHERS)]
    words = Words()
    seconds, _ = taken(lambda: fill(owner, messages // 2, CONVERSATIONS, words))
    show("search: filled", messages=messages, s=round(seconds, 1))
    for other in others:
        fill(other, messages // 10 // OTHERS, CONVERSATIONS // OTHERS, words)
    tidy()
    measure_searches(owner, words)
    measure_turns(owner, words)


class Words:
    """A made-up vocabulary, the first words of which are the most frequent."""

    def __init__(self) -> None:
        made: dict[str, None] = {}
        while len(made) < VOCABULARY:
            syllables = random.choices([1, 2, 3, 4], [2, 5, 6, 4])[0]
            made["".join(random.choice(CONSONANTS) + random.choice(VOWELS) for _ in range(syllables))] = None
        self.all = list(made)
        self.weights = list(accumulate(1 / (rank + 3) for rank in range(VOCABULARY)))
        self.messages_with: Counter[str] = Counter()
        self.messages = 0

    def text(self, count: int, *, is_old: bool = False) -> str:
        length = random.randint(count // 2, count * 3 // 2)
        chosen = random.choices(self.all, cum_weights=self.weights, k=length)
        if is_old:
            chosen += [word for word, share in OLD_WORDS.items() if random.random() < share]
        self.messages += 1
        self.messages_with.update(set(chosen))
        return " ".join(chosen) + "."

    def in_about(self, share: float) -> str:
        """The longer word whose share of the messages is nearest to this."""
        return min(
            (word for word in self.messages_with if len(word) >= 6 and word not in OLD_WORDS),
            key=lambda word: abs(self.messages_with[word] / self.messages - share),
        )


def fill(owner: User, turns: int, conversations: int, words: Words) -> None:
    now = datetime.now(UTC)
    begun = now - timedelta(days=DAYS)
    made = [model("Conversation")(owner=owner, title=words.text(4)[:60], active_at=begun) for _ in range(conversations)]
    model("Conversation").objects.bulk_create(made)
    said = (
        one
        for number in range(turns)
        for one in turn(
            made[number * conversations // turns],
            words,
            at=begun + (now - begun) * number / turns,
            is_old=number < turns // 2,
        )
    )
    while batch := list(islice(said, 2 * BATCH_TURNS)):
        model("Message").objects.bulk_create(batch)


def turn(conversation: Any, words: Words, *, at: datetime, is_old: bool = False) -> Iterator[Any]:
    said, answered = (words.text(count, is_old=is_old) for count in (QUESTION_WORDS, ANSWER_WORDS))
    question = model("Message")(conversation=conversation, role="user", text=said, created_at=at)
    answer = model("Message")(conversation=conversation, role="assistant", text=answered, created_at=at)
    answer.parent, answer.model = question, random.choice(MODELS)
    yield from (question, answer)


def model(name: str) -> Any:
    """Rows are made past the actions, which would start a run for each."""
    from django.apps import apps

    return apps.get_model("chat", name)


def tidy() -> None:
    """What the servers do by themselves sooner or later."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def measure_searches(owner: User, words: Words) -> None:
    from django.test import Client

    client = Client()
    client.force_login(owner)
    told("search: the 50 newest messages, selected", lambda: list(model("Message").objects.order_by("-id")[:50]))
    told("search: a page that searches nothing", lambda: got(client, "/search/"))
    for name, typed in queries(words).items():
        told(f"search: page, {name}", lambda typed=typed: got(client, "/search/", typed), typed=typed)  # type: ignore[misc]  # a default stands for each
        told(f"search: as one types, {name}", lambda typed=typed: got(client, "/search/palette/", typed), typed=typed)  # type: ignore[misc]  # a default stands for each


def queries(words: Words) -> dict[str, str]:
    half, tenth, hundredth, rare = (words.in_about(share) for share in (0.5, 0.1, 0.01, 0.0001))
    said = model("Message").objects.filter(role="assistant").latest("id").text.split()
    return {
        "a word in half of the messages": f"{half} ",
        "in a tenth": f"{tenth} ",
        "in a hundredth": f"{hundredth} ",
        "in ten": f"{rare} ",
        "in none": "qqqqqq ",
        "two words, frequent": f"{half} {tenth} ",
        "two words, one rare": f"{half} {rare} ",
        "a phrase": f'"{said[2]} {said[3]}"',
        "a phrase of frequent words": f'"{half} {tenth}"',
        "the beginning of a word, two letters": half[:2],
        "of four letters": tenth[:4],
        "a rare word and a beginning": f"{rare} {half[:2]}",
        "all but a frequent word": f"{tenth} -{half}",
        "a word that only old messages have, half of them": "half ",
        "a tenth of them": "tenth ",
        "a phrase that only old messages have": '"half tenth"',
        "a phrase that none has, of their words": '"tenth half"',
    }


def got(client: Any, path: str, typed: str = "") -> None:
    headers = {"HX-Request": "true", "HX-Target": "palette-rows"} if "palette" in path else {}
    assert client.get(path, {"q": typed}, headers=headers).status_code == 200


def told(name: str, function: Callable[[], object], **about: object) -> None:
    function()
    row: dict[str, object] = {}
    for kind, times in zip(
        ("ms", "own_cpu_ms"), zip(*(taken(function) for _ in range(REPEAT)), strict=True), strict=True
    ):
        row |= {f"{kind}_p50": round(1000 * median(times), 1), f"{kind}_p95": round(1000 * percentile(times, 0.95), 1)}
    show(name, **row, **about)


def measure_turns(owner: User, words: Words) -> None:
    from chat.search.index import make_triggers

    conversation = model("Conversation").objects.create(owner=owner, title="Turns", active_at=datetime.now(UTC))
    times: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for number in range(ROUNDS):
        is_indexed = number % 2 == 0
        if is_indexed:
            make_triggers()
        else:
            drop_triggers()
        for _ in range(TURNS_OF_ROUND):
            begun, ended = written(*turn(conversation, words, at=datetime.now(UTC)))
            times[is_indexed].append((taken(begun)[0], taken(ended)[0]))
    make_triggers()
    for is_indexed, pairs in times.items():
        begins, ends = zip(*pairs, strict=True)
        row = {"begin_ms_p50": round(1000 * median(list(begins)), 2), "end_ms_p50": round(1000 * median(list(ends)), 2)}
        row |= {"end_ms_p95": round(1000 * percentile(list(ends), 0.95), 2)}
        show(f"search: a turn written {'with' if is_indexed else 'without'} the index", **row)


def written(question: Any, answer: Any) -> tuple[Callable[[], object], Callable[[], object]]:
    """The two transactions of a turn, as far as they are messages: its beginning, and the end of its answer."""
    text, answer.text, answer.status = answer.text, "", "streaming"

    def end() -> None:
        answer.text, answer.status = text, "complete"
        answer.save(update_fields=["text", "status"])

    return lambda: model("Message").objects.bulk_create([question, answer]), end


def drop_triggers() -> None:
    from django.db import connection

    names = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
    if connection.vendor == "postgresql":
        names = "SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal"
    with connection.cursor() as cursor:
        cursor.execute(names)
        for name, table in cursor.fetchall():
            if name.startswith("chat_search_"):
                cursor.execute(f"DROP TRIGGER {name}" + (f" ON {table}" * (connection.vendor == "postgresql")))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    given = parser.parse_args()
    # The limits on requests are for people.
    os.environ |= {"RATE_LIMIT_IP_REQUESTS": "1000000", "APP_ALLOWED_HOSTS": "testserver"}
    with database():
        main(given.lines)
