"""What the gateway costs beside the SDK alone: CPU of this process, which only reads, for a request and for a chunk.

`python -m bench.gateway URL`, with the product's settings, prints both as JSON.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any

import django
import httpx2
import orjson
import uvloop
from uuid_utils.compat import uuid7

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "convoscope.settings.current")
django.setup()

from providers.adapters.openai.client import certificates, make_client  # noqa: E402
from providers.contract import ChatMessage, ChatRequest, EndpointConfig, TextDelta  # noqa: E402
from providers.gateway import Gateway  # noqa: E402
from providers.recording import Recorder  # noqa: E402

REQUESTS, CHUNKS = 60, 400
WARM_UP = 5
SHORT, LONG = "bench-n1-ttft0-itl0", f"bench-n{CHUNKS}-ttft0-itl1"


@dataclass(frozen=True, slots=True)
class CpuCost:
    """CPU milliseconds of a request with one chunk, and microseconds of each further chunk."""

    request_ms: float
    chunk_us: float


async def gateway_costs(provider_url: str) -> tuple[CpuCost, CpuCost]:
    """The SDK's raw stream alone, then the gateway with its books."""
    endpoint = EndpointConfig(name="openai", adapter="openai", base_url=provider_url, api_key="bench")
    client = make_client(endpoint, certificates(), read_timeout_s=None)
    gateway = Gateway([endpoint])
    gateway.prepare()
    try:
        return await _cost(lambda model: _bare(client, model)), await _cost(lambda model: _through(gateway, model))
    finally:
        await gateway.aclose()
        await client.close()


async def _cost(ask: Callable[[str], Awaitable[int]]) -> CpuCost:
    for _ in range(WARM_UP):
        await ask(LONG)
    short_s = await _cpu_s(ask, SHORT)
    long_s = await _cpu_s(ask, LONG)
    return CpuCost(1_000 * short_s, 1_000_000 * (long_s - short_s) / (CHUNKS - 1))


async def _cpu_s(ask: Callable[[str], Awaitable[int]], model: str) -> float:
    begin_s = time.process_time()
    for _ in range(REQUESTS):
        await ask(model)
    return (time.process_time() - begin_s) / REQUESTS


async def _bare(client: Any, model: str) -> int:
    """As little as one can do with the SDK: its raw stream, split into events that nobody parses."""
    messages = [{"role": "user", "content": "What is a run?"}]
    body = {"model": model, "messages": messages, "stream": True}
    response = await client.post("/chat/completions", cast_to=httpx2.Response, body=body, stream=True)
    assert isinstance(response, httpx2.Response)
    events = 0
    async for received in response.aiter_bytes():
        events += received.count(b"\n\n")
    await response.aclose()
    return events


async def _through(gateway: Gateway, model: str) -> int:
    request = ChatRequest(uuid7(), (ChatMessage.of_text("user", "What is a run?"),), f"openai/{model}")
    recorder = Recorder(request)
    texts = 0
    async with aclosing(gateway.stream(request)) as events:
        async for event in events:
            recorder.take(event)
            texts += isinstance(event, TextDelta)
    assert recorder.finished is not None, recorder.error
    return texts


if __name__ == "__main__":
    bare, ours = uvloop.run(gateway_costs(sys.argv[1]))
    sys.stdout.write(orjson.dumps({"bare": asdict(bare), "ours": asdict(ours)}).decode())
