"""A provider for measuring: OpenAI's streaming wire format on loopback, on an exact schedule.

The model's name sets an answer: `bench-n300-ttft50-itl20` is 300 tokens, the first after 50 ms, then one every 20 ms;
`-code`, `-md` choose the text. Each token ends in the time it was sent, the first also in the time the request came,
so a client on the same machine knows what was added on the way:  `w7@1732134567.123456 `. A model whose name sets
nothing is asked for a title, and gives one of a title's length.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import re
import time
from typing import Any

import orjson
import uvloop

TITLE_TOKENS = 8
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = (
    b'data: {"id":"c","object":"chat.completion.chunk","model":"bench","choices":[{"index":0,"delta":{"content":%s},'
    b'"finish_reason":null}]}\n\n'
)
END = (
    b'data: {"id":"c","object":"chat.completion.chunk","model":"bench","choices":[{"index":0,"delta":{},'
    b'"finish_reason":"stop"}]}\n\ndata: {"id":"c","object":"chat.completion.chunk","model":"bench","choices":[],'
    b'"usage":{"prompt_tokens":9,"completion_tokens":%d,"total_tokens":9}}\n\ndata: [DONE]\n\n'
)
MARKDOWN = """## What a run is

A **run** is the work behind _one_ answer, with `attempts` and [steps](https://example.org/).

1. It is claimed by a process.
2. It streams, and is saved.
   - about once a second
   - and at its **end**
3. It is folded into its message.

```python
def claim(run):
    return run.fence + 1
```

| Stage | Cost | Unit |
|---|---:|---|
| claim | 1 | commit |
| frame | 1 | push |

> Quoted words that run on
> for two lines.

"""


def words(kind: str) -> list[str]:
    """The text between the clocks, one piece a token, to be repeated."""
    if kind == "md":
        return re.findall(r"\s*\S+|\s+$", MARKDOWN)
    if kind == "code":
        return ["value = compute(", "argument)\n"]
    return [""]


class Answer:
    """One stream, on an absolute schedule: a late timer doesn't lower the rate."""

    def __init__(self, connection: Connection, name: str, received: float) -> None:
        options = {key: int(value) for key, value in re.findall(r"-(n|ttft|itl)(\d+)", name)}
        self.connection = connection
        self.count = options.get("n", TITLE_TOKENS)
        self.itl_s = options.get("itl", 20) / 1000
        kind = "md" if "-md" in name else "code" if "-code" in name else ""
        self.texts = itertools.cycle(words(kind))
        self.opening = "```python\n" if kind == "code" else ""
        self.received = received
        self.sent = 0
        self.begin_s = connection.loop.time() + options.get("ttft", 50) / 1000
        self.timer = connection.loop.call_at(self.begin_s, self.tick)

    def tick(self) -> None:
        clock = f"w{self.sent}@{time.time():.6f}"
        if self.sent == 0:
            clock = f"{self.opening}{clock}~{self.received:.6f}"
        self.connection.chunk(CHUNK % orjson.dumps(f"{next(self.texts)}{clock} "))
        self.sent += 1
        if self.sent < self.count:
            due_s = self.begin_s + self.sent * self.itl_s
            self.timer = self.connection.loop.call_at(due_s, self.tick)
        else:
            self.connection.chunk(END % self.count)
            self.connection.finish()


class Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.buffer = b""
        self.answer: Answer | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.answer is not None:
            self.answer.timer.cancel()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, blank, body = self.buffer.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: *(\d+)", head, re.I)
        if not blank or (length and len(body) < int(length[1])):
            return
        self.buffer = b""
        self.transport.write(HEAD)
        self.answer = Answer(self, orjson.loads(body)["model"], time.time())

    def chunk(self, data: bytes) -> None:
        self.transport.write(b"%x\r\n%b\r\n" % (len(data), data))

    def finish(self) -> None:
        self.transport.write(b"0\r\n\r\n")
        self.answer = None


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", port, backlog=2000)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9100)
    uvloop.run(serve(parser.parse_args().port))
