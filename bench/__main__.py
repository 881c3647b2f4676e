"""`make bench`: the figures of streaming, each beside a bare relay in the same run; those of books, lists, search,
import, guards, redaction, the admin and people's rights.

`python -m bench [--only NAME] [--streams 100,200] [--repeat 3] [--ledger-lines N] [--report-lines N]
[--conversations N] [--messages N] [--megabytes N] [--long-talk N] [--characters N] [--admin-rows N]
[--leaving N]`
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import uvloop

from bench import processes
from bench.clock import Clock, cpu_s, median, memory_mb, percentile
from bench.load import Ask, ProductReader, RelayReader, close_all, simultaneously
from bench.processes import Process
from bench.visible import look

Row = dict[str, Any]
IDLE_S = 3.0
# What an idle process uses of a core stays far below this.
QUIET_S, QUIET_SHARE, QUIET_DEADLINE_S = 1.0, 0.1, 60.0
KNEE_STREAMS = (200, 250, 300, 400, 500)
KNEE_ADDED_MS, KNEE_FIRST_MS = 100, 1000


def show(row: Row) -> None:
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


async def measure(label: str, process: Process, asks: Sequence[Ask], model: str, *, ramp_s: float = 1.0) -> Row:
    """One load on one process."""
    before_s = cpu_s(process.pid)
    clocks = await simultaneously(asks, model, ramp_s=ramp_s)
    used_s = cpu_s(process.pid) - before_s
    return summary(label, clocks, used_s) | {"memory_mb": round(memory_mb(process.pid), 1)}


async def quiet(process: Process) -> None:
    """Wait until the process has no work left. Raises: TimeoutError."""
    async with asyncio.timeout(QUIET_DEADLINE_S):
        busy_s = QUIET_S
        while busy_s > QUIET_S * QUIET_SHARE:
            before_s = cpu_s(process.pid)
            await asyncio.sleep(QUIET_S)
            busy_s = cpu_s(process.pid) - before_s


def summary(label: str, clocks: list[Clock], used_s: float) -> Row:
    tokens = sum(clock.tokens for clock in clocks)
    added = [one for clock in clocks for one in clock.added_s]
    first = [clock.first_added_s for clock in clocks if clock.first_added_s is not None]
    return {
        "label": label,
        "streams": len(clocks),
        "tokens": tokens,
        "cpu_s_per_1000": round(1000 * used_s / max(1, tokens), 4),
        "first_ms_p50": round(1000 * percentile(first, 0.5), 2),
        "first_ms_p95": round(1000 * percentile(first, 0.95), 2),
        "added_ms_p50": round(1000 * percentile(added, 0.5), 2),
        "added_ms_p95": round(1000 * percentile(added, 0.95), 2),
        "frames_per_token": round(sum(clock.messages for clock in clocks) / max(1, tokens), 3),
        "html_bytes_per_token": round(sum(clock.html_bytes for clock in clocks) / max(1, tokens), 1),
    }


async def first_token(bench: Bench) -> None:
    """A single stream, again and again."""
    for label, process, ask in (
        ("relay", bench.relay, bench.relay_readers(1)[0].ask),
        ("product", bench.product, (await bench.readers(1))[0].ask),
    ):
        clocks = []
        before_s = cpu_s(process.pid)
        for _ in range(bench.singles):
            clocks += await simultaneously([ask], "bench-n20-ttft50-itl20", ramp_s=0)
        show(summary(f"first token, {label}", clocks, cpu_s(process.pid) - before_s))


async def load(bench: Bench) -> None:
    """Many streams of 50 tokens/s."""
    for streams in bench.streams:
        relays = [reader.ask for reader in bench.relay_readers(streams)]
        readers = [reader.ask for reader in await bench.readers(streams)]
        ratios = []
        for _ in range(bench.repeat):
            base = await measure("relay", bench.relay, relays, "bench-n300-ttft50-itl20")
            show(base)
            ours = await measure("product", bench.product, readers, "bench-n300-ttft50-itl20")
            ratios.append(ours["cpu_s_per_1000"] / max(1e-9, base["cpu_s_per_1000"]))
            show(ours | {"cpu_ratio_to_relay": round(ratios[-1], 2)})
        show({"label": "product to relay", "streams": streams, "cpu_ratio_p50": round(median(ratios), 2)})


async def stop(bench: Bench) -> None:
    """From Stop to the answer's end on the page."""
    [reader] = await bench.readers(1)
    times = [await reader.stop("bench-n1000-ttft50-itl20") for _ in range(bench.singles)]
    row: Row = {"label": "stop", "ms_p50": round(1000 * percentile(times, 0.5), 1)}
    show(row | {"ms_p95": round(1000 * percentile(times, 0.95), 1)})


async def length(bench: Bench) -> None:
    """An answer of 200 tokens and one of 20,000, as prose and as one code block, at 200 tokens/s."""
    for kind in ("", "-code", "-md"):
        for count, copies in ((200, 50), (20_000, 4)):
            readers = [reader.ask for reader in await bench.readers(copies)]
            show(
                await measure(
                    f"{count} tokens{kind}", bench.product, readers, f"bench-n{count}-ttft50-itl5{kind}", ramp_s=0.5
                )
            )


async def page(bench: Bench) -> None:
    """The page of a conversation with two, with 1,000 and with 10,000 messages."""
    reader = ProductReader(bench.product.url, bench.sessions[-1])
    await reader.prepare()
    asked = 1
    for messages in (2, 1_000, 10_000):
        while asked < messages // 2:
            await reader.ask("bench-n50-ttft0-itl0-md", Clock())
            asked += 1
        times = []
        for _ in range(60):
            begin = time.perf_counter()
            async with reader.http.get(reader.url + reader.path) as response:
                size = len(await response.read())
            times.append(time.perf_counter() - begin)
        row = {"label": f"page of {messages} messages", "ms_p50": round(1000 * median(times), 2)}
        show(row | {"ms_p95": round(1000 * percentile(times, 0.95), 2), "bytes": size})
    await reader.close()


async def knee(bench: Bench) -> None:
    """How many streams of 50 tokens/s one core carries before tokens come late."""
    for streams in KNEE_STREAMS:
        readers = [reader.ask for reader in await bench.readers(streams)]
        row = await measure("knee", bench.product, readers, "bench-n300-ttft50-itl20", ramp_s=3.0)
        show(row)
        if row["added_ms_p95"] > KNEE_ADDED_MS or row["first_ms_p95"] > KNEE_FIRST_MS:
            return


async def visible(bench: Bench) -> None:
    """The first token in Chromium, and whether the finished page equals what is stored."""
    seen = await look(
        bench.product.url, bench.sessions[-2], model="openai/bench-n50-ttft0-itl20-md", times=bench.singles
    )
    if seen is None:
        show({"label": "visible", "left_out": "Chromium or Playwright is not installed"})
        return
    row: Row = {"label": "visible", "first_ms_p50": round(median(seen.first_ms), 1)}
    show(row | {"first_ms_p95": round(percentile(seen.first_ms, 0.95), 1), "final_html_is_stored": seen.same})


async def idle(bench: Bench) -> None:
    """Start-up and memory before the first request."""
    await asyncio.sleep(IDLE_S)
    row = {"label": "idle", "start_s": round(bench.product.started_in_s, 2)}
    show(row | {"memory_mb": round(memory_mb(bench.product.pid), 1)})


async def gateway(bench: Bench) -> None:
    """What the gateway adds to the SDK, in CPU."""
    costs = await asyncio.to_thread(processes.gateway_costs, bench.provider_url)
    bare, ours = costs["bare"], costs["ours"]
    row: Row = {"label": "gateway"}
    for name in ("request_ms", "chunk_us"):
        row |= {name: round(ours[name], 3), f"bare_{name}": round(bare[name], 3)}
        row[f"added_{name}"] = round(ours[name] - bare[name], 3)
    show(row)


SCENARIOS: dict[str, Callable[[Bench], Coroutine[Any, Any, None]]] = {
    "idle": idle,
    "first": first_token,
    "load": load,
    "stop": stop,
    "length": length,
    "page": page,
    "knee": knee,
    "visible": visible,
    "gateway": gateway,
}


# What needs no server: the part's own process, its option that says how much there is, and ours for that.
BOOKS = {
    "ledger": ("bench.ledger", "--lines", "ledger_lines"),
    "reports": ("bench.reports", "--lines", "report_lines"),
    "sidebar": ("bench.sidebar", "--conversations", "conversations"),
    "search": ("bench.search", "--lines", "messages"),
    "import": ("bench.importing", "--megabytes", "megabytes"),
    "context": ("bench.context", "--lines", "long_talk"),
    "guards": ("bench.guards", "--characters", "characters"),
    "redaction": ("bench.redaction", "--characters", "characters"),
    "admin": ("bench.admin", "--lines", "admin_rows"),
    "rights": ("bench.rights", "--lines", "leaving"),
}


class Bench:
    def __init__(
        self, product: Process, relay: Process, sessions: list[str], options: argparse.Namespace, provider_url: str
    ) -> None:
        self.provider_url = provider_url
        self.product = product
        self.relay = relay
        self.sessions = sessions
        self.streams = [int(number) for number in options.streams.split(",")]
        self.repeat = options.repeat
        self.singles = options.singles
        self._readers: list[ProductReader] = []
        self._relays: list[RelayReader] = []

    async def readers(self, count: int) -> list[ProductReader]:
        while len(self._readers) < count:
            reader = ProductReader(self.product.url, self.sessions[len(self._readers)])
            await reader.prepare()
            self._readers.append(reader)
        # The titles of the conversations that were just begun are no cost of what is measured.
        await quiet(self.product)
        return self._readers[:count]

    def relay_readers(self, count: int) -> list[RelayReader]:
        while len(self._relays) < count:
            self._relays.append(RelayReader(self.relay.url))
        return self._relays[:count]

    async def close(self) -> None:
        await close_all(self._readers)
        await close_all(self._relays)


def books(options: argparse.Namespace) -> None:
    for name, (module, size, option) in BOOKS.items():
        if options.only in ("", name):
            for row in processes.rows_of(module, size, str(getattr(options, option))):
                show(row)


async def main(options: argparse.Namespace) -> None:
    processes.pin_self()
    people = max(*(int(number) for number in options.streams.split(",")), *KNEE_STREAMS)
    with (
        processes.provider() as provider_url,
        processes.relay(provider_url) as relay,
        processes.product(provider_url, people + 2) as (product, sessions),
    ):
        bench = Bench(product, relay, sessions, options, provider_url)
        try:
            for name, scenario in SCENARIOS.items():
                if options.only in ("", name):
                    await scenario(bench)
        finally:
            await bench.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("", *SCENARIOS, *BOOKS), default="")
    parser.add_argument("--streams", default="100,200")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--singles", type=int, default=60)
    parser.add_argument("--ledger-lines", type=int, default=10_000)
    parser.add_argument("--report-lines", type=int, default=1_000_000)
    parser.add_argument("--conversations", type=int, default=20_000)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--long-talk", type=int, default=10_000)
    parser.add_argument("--characters", type=int, default=10_000)
    parser.add_argument("--admin-rows", type=int, default=1_000_000)
    parser.add_argument("--leaving", type=int, default=10_000)
    given = parser.parse_args()
    if given.only not in BOOKS:
        uvloop.run(main(given))
    books(given)
