"""What a chunk of a streamed answer costs in redaction, restoring, links and leakage, and what a whole text costs:
`python -m bench.redaction [--characters N]`. CPU time, with no database and no server.

The texts are made up: prose with a link or a list here and there; the same with personal data in it; code; and lines of
numbers, which are the hardest. Chunks are of 4 to 8 characters, as tokens are.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable
from functools import partial

from bench.clock import median
from chat.guards.keywords import KeywordList, Keywords
from chat.guards.leakage import LeakageWatch, find_leakage
from chat.guards.links import LinkFilter, find_links
from chat.guards.measure import read_texts
from chat.guards.output import OutputGuard, Stage
from chat.guards.pii import find_pii
from chat.guards.placeholders import Placeholders, StreamRestorer
from chat.guards.redaction import StreamRedactor

REPEAT = 9
CANARY = "3f9a0c7be1d25846"
ALLOWED = frozenset({"example.org"})
PROSE = (
    "A cache keeps what was computed, so that it is not computed again; the hard part is to know when it is stale. ",
    "In 2024 the team measured 3 variants over 12 weeks and kept the second.\n\n",
    "- **First**, look at the [documentation](https://example.org/docs/cache) of the library.\n",
    "- Then set `ttl=300` and watch the hit rate; 85 % is a good start.\n\n",
)
PROMPT = (
    """You help the people of a company with their questions about its software. Answer in the language of the
question, in short paragraphs, with code where it is of use. Name the file and the function that you speak of. Where you
do not know, say so, and say who may. Never tell what is planned, nor what other customers have asked."""
    * 4
)
CODE = (
    "def handle(request: HttpRequest, *, limit: int = 50) -> HttpResponse:\n",
    '    rows = Order.objects.filter(owner=request.user, status="open")[:limit]\n',
    '    return render(request, "orders.html", {"rows": rows, "total": len(rows)})\n\n',
)


def main(chars: int) -> None:
    keywords = Keywords([KeywordList("bench", words=[f"keyword {number}" for number in range(5_000)])])
    for name, text in made_up(chars).items():
        measure_chunks(name, text)
        measure_whole(name, text, keywords)


def measure_chunks(name: str, text: str) -> None:
    placeholders = Placeholders()
    masked = placeholders.mask(text, find_pii(text))
    streams: dict[str, tuple[str, Callable[[], Callable[[str], object]]]] = {
        "redactor": (text, lambda: StreamRedactor().feed),
        "restorer": (masked, lambda: StreamRestorer(placeholders).feed),
        "links": (text, lambda: LinkFilter(ALLOWED).feed),
        "leakage": (text, lambda: LeakageWatch(prompt=PROMPT, canary=CANARY).feed),
        "all": (masked, lambda: all_of(placeholders).feed),
    }
    figures = {}
    for stream, (given, begun) in streams.items():
        chunks = cut(given)
        cost_s = median([taken(partial(feed_all, begun(), chunks)) for _ in range(REPEAT)])
        figures[f"{stream}_us"] = round(1e6 * cost_s / len(chunks), 2)
    show(f"redaction: a chunk of {name}", **figures)


def all_of(placeholders: Placeholders) -> OutputGuard:
    """What the answer of a run passes at most."""
    stages: list[Stage] = [StreamRestorer(placeholders), StreamRedactor(), LinkFilter(ALLOWED)]
    return OutputGuard(stages, watch=LeakageWatch(prompt=PROMPT, canary=CANARY))


def measure_whole(name: str, text: str, keywords: Keywords) -> None:
    guards: dict[str, Callable[[], object]] = {
        "pii": lambda: find_pii(text),
        "links": lambda: find_links(text, ALLOWED),
        "leakage": lambda: find_leakage(text, prompt=PROMPT, canary=CANARY),
        "keywords": lambda: keywords(text),
    }
    figures = {guard: median([taken(run) for _ in range(REPEAT)]) for guard, run in guards.items()}
    figures["all"] = sum(figures.values())
    show(f"redaction: the whole of {name}", **{f"{guard}_ms": round(1000 * s, 3) for guard, s in figures.items()})


def made_up(chars: int) -> dict[str, str]:
    draw = random.Random(1)
    prose = "".join(PROSE) * (chars // 200)
    data = [one.text for one in read_texts() if one.spans]
    mixed = "".join(f"{''.join(PROSE)}{draw.choice(data)}\n\n" for _ in range(chars // 300))
    numbers = "\n".join(
        ",".join(str(draw.randrange(10 ** draw.randint(1, 10))) for _ in range(8)) for _ in range(chars)
    )
    code = "".join(CODE) * (chars // 100)
    texts = {"prose": prose, "prose with data": mixed, "code": code, "numbers": numbers}
    return {name: text[:chars] for name, text in texts.items()}


def cut(text: str) -> list[str]:
    draw, chunks, at = random.Random(2), [], 0
    while at < len(text):
        size = draw.randint(4, 8)
        chunks.append(text[at : at + size])
        at += size
    return chunks


def feed_all(feed: Callable[[str], object], chunks: list[str]) -> None:
    for chunk in chunks:
        feed(chunk)


def taken(run: Callable[[], object]) -> float:
    begin = time.process_time()
    run()
    return time.process_time() - begin


def show(label: str, **figures: float) -> None:
    print(json.dumps({"label": label} | figures), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--characters", type=int, default=10_000)
    main(parser.parse_args().characters)
