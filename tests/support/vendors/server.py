"""A server on loopback that answers as OpenAI, Anthropic and Gemini do under their real paths, and fails as told."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import TracebackType
from typing import Any, assert_never

import orjson
from aiohttp import web

from tests.support.vendors.anthropic_wire import AnthropicWire
from tests.support.vendors.embedding_wire import embedding_answer
from tests.support.vendors.gemini_wire import GeminiWire
from tests.support.vendors.openai_wire import OpenAIWire
from tests.support.vendors.script import (
    Answer,
    Cut,
    EmptyStream,
    Event,
    Hang,
    Malformed,
    Refusal,
    Reset,
    Silence,
    Status,
    Step,
    StreamError,
    Vectors,
    Wire,
)

# Longer than anything on loopback takes; a test that waits this long has failed.
PATIENCE_S = 5.0
# Loop turns from a write to the task of a reader in the same loop: socket, parser, task; and one to spare.
TURNS_TO_READER = 4
FEW_TOKENS, TOO_MANY_TOKENS = 10, 50_000_000

OPENAI, ANTHROPIC, GEMINI = OpenAIWire(), AnthropicWire(), GeminiWire()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request as it arrived. Header names are in lower case."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


class VendorServer:
    """`async with VendorServer() as server`: one port, in the test's own loop.

    `will(...)` scripts the next calls, one step each. A call that nobody scripted fails the test on leaving. Lists of
    models are no calls: each gives `models`, unless `will_list(...)` says otherwise for the next.
    """

    def __init__(self) -> None:
        self.requests: list[Recorded] = []
        self.url = ""
        # What each vendor's list of models says, whoever asks; and who asked.
        self.models: list[str] = []
        self.listings: list[Recorded] = []
        # Those that calls came over, by the client's port.
        self.connections: dict[int, asyncio.BaseTransport] = {}
        self._list_steps: deque[Refusal | Status | Silence] = deque()
        self._steps: deque[Step] = deque()
        self._unscripted: list[str] = []
        self._counted_tokens = FEW_TOKENS
        self._go_on = asyncio.Event()
        self._is_closing = False
        self._closed_early: asyncio.Queue[Recorded] = asyncio.Queue()
        app = web.Application(client_max_size=64 * 1024 * 1024)
        # Whatever stands before it: compatible servers have it at paths of their own.
        app.router.add_post(r"/{place:.*}v1/chat/completions", self._openai)
        app.router.add_post("/v1/embeddings", self._openai)
        app.router.add_post("/v1/moderations", self._openai)
        app.router.add_get(r"/{version:v1|v1beta}/models", self._models)
        app.router.add_post("/v1/messages", self._anthropic)
        app.router.add_post("/v1/messages/count_tokens", self._count)
        # As at Bedrock
        app.router.add_post("/anthropic/v1/messages", self._anthropic)
        app.router.add_post("/anthropic/v1/messages/count_tokens", self._count)
        app.router.add_get("/anthropic/v1/models", self._models)
        app.router.add_post(r"/{version:v1|v1beta}/models/{model}:{method}", self._gemini)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)

    async def __aenter__(self) -> VendorServer:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_closing = True
        self._go_on.set()
        await self._runner.cleanup()
        if error is None:
            assert not self._unscripted, f"calls that nobody scripted: {self._unscripted}"

    def will(self, *steps: Step) -> None:
        """What to do with the next calls, in order."""
        self._steps.extend(steps)

    def will_list(self, *steps: Refusal | Status | Silence) -> None:
        """What to do with the next that ask for the list of models."""
        self._list_steps.extend(steps)

    def go_on(self) -> None:
        """End the hang: what was left goes out."""
        self._go_on.set()

    async def hang_up(self) -> None:
        """Close all connections, and let the clients see it."""
        for transport in self.connections.values():
            transport.close()
        await _let_read()

    async def closed_early(self) -> Recorded:
        """Wait until a client has closed a connection whose answer was not finished; the request it was for.

        Raises: TimeoutError if none does.
        """
        async with asyncio.timeout(PATIENCE_S):
            return await self._closed_early.get()

    @property
    def early_closes(self) -> int:
        """Closed before their end, and not yet taken by `closed_early`."""
        return self._closed_early.qsize()

    async def _openai(self, request: web.Request) -> web.StreamResponse:
        recorded = await self._record(request)
        return await self._answer(request, recorded, OPENAI, is_stream=bool(recorded.body.get("stream")))

    async def _anthropic(self, request: web.Request) -> web.StreamResponse:
        recorded = await self._record(request)
        return await self._answer(request, recorded, ANTHROPIC, is_stream=bool(recorded.body.get("stream")))

    async def _gemini(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if method == "countTokens":
            return await self._count(request)
        recorded = await self._record(request)
        is_stream = method == "streamGenerateContent" and request.query.get("alt") == "sse"
        return await self._answer(request, recorded, GEMINI, is_stream=is_stream)

    async def _models(self, request: web.Request) -> web.StreamResponse:
        """The lists share a path, so one answer holds the forms of all three."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.listings.append(Recorded(request.path, dict(request.query), headers, None))
        if self._list_steps:
            return await self._refuse_list(request, self._list_steps.popleft())
        data = [{"id": one, "object": "model", "type": "model", "display_name": one} for one in self.models]
        named = [{"name": f"models/{one}"} for one in self.models]
        return web.json_response({"object": "list", "data": data, "has_more": False, "models": named})

    async def _refuse_list(self, request: web.Request, step: Refusal | Status | Silence) -> web.StreamResponse:
        match step:
            case Refusal():
                wire = _wire_of(request)
                status = wire.refusal(step.kind)
                assert status is not None, f"{wire} has no way to say {step.kind}"
                return _response(status, step.headers)
            case Status():
                return _response(step, step.headers)
            case Silence():
                await self._hang(request)
                return web.Response(status=503)
            case _:
                assert_never(step)

    async def _count(self, request: web.Request) -> web.Response:
        await self._record(request)
        return web.json_response({"input_tokens": self._counted_tokens, "totalTokens": self._counted_tokens})

    async def _record(self, request: web.Request) -> Recorded:
        headers = {name.lower(): value for name, value in request.headers.items()}
        recorded = Recorded(request.path, dict(request.query), headers, orjson.loads(await request.read()))
        self.requests.append(recorded)
        assert request.transport is not None
        self.connections[request.transport.get_extra_info("peername")[1]] = request.transport
        return recorded

    async def _answer(
        self, request: web.Request, recorded: Recorded, wire: Wire, *, is_stream: bool
    ) -> web.StreamResponse:
        try:
            return await self._play(request, wire, is_stream=is_stream)
        except (asyncio.CancelledError, ConnectionResetError):
            if not self._is_closing:
                self._closed_early.put_nowait(recorded)
            raise

    async def _play(self, request: web.Request, wire: Wire, *, is_stream: bool) -> web.StreamResponse:
        if not self._steps:
            self._unscripted.append(request.path)
            return web.Response(status=500, text="nobody scripted this call")
        step = self._steps.popleft()
        match step:
            case Answer():
                return await self._stream(request, wire, step) if is_stream else web.json_response(wire.whole(step))
            case Vectors():
                return web.json_response(embedding_answer(step, orjson.loads(await request.read())))
            case Refusal():
                self._counted_tokens = TOO_MANY_TOKENS if step.kind == "context_too_long" else FEW_TOKENS
                status = wire.refusal(step.kind)
                assert status is not None, f"{wire} has no way to say {step.kind}"
                return _response(status, step.headers)
            case Status():
                return _response(step, step.headers)
            case EmptyStream():
                return await _started(request)
            case Silence():
                await self._hang(request)
                return web.Response(status=503)
            case Reset():
                return _reset(request)
            case _:
                assert_never(step)

    async def _stream(self, request: web.Request, wire: Wire, answer: Answer) -> web.StreamResponse:
        response = await _started(request)
        events = _kept(wire.events(answer), answer)
        if answer.cuts:
            await _write_cut(response, b"".join(event.data for event in events), answer.cuts)
            return response
        tokens, is_due = 0, answer.fault is not None
        for event in events:
            if is_due and answer.fault is not None and tokens == answer.fault.after and event.role != "start":
                is_due = False
                if not await self._fail(request, response, wire, answer):
                    return response
            await response.write(event.data)
            tokens += event.role == "token"
        if is_due:
            await self._fail(request, response, wire, answer)
        return response

    async def _fail(self, request: web.Request, response: web.StreamResponse, wire: Wire, answer: Answer) -> bool:
        """Whether the answer goes on after its fault."""
        match answer.fault:
            case Hang():
                await self._hang(request)
                return True
            case Cut():
                # The reader has to have what came before: a reset overtakes nothing, but ends reading.
                await _let_read()
                _reset(request)
                return False
            case Malformed(_, count, payload):
                unreadable = wire.payload(wire.half_payload() if payload is None else payload)
                await response.write(unreadable * count)
                return True
            case StreamError(_, kind):
                await response.write(wire.stream_error(kind))
                return False
            case None:
                return True
            case _:
                assert_never(answer.fault)

    async def _hang(self, request: web.Request) -> None:
        await self._go_on.wait()
        if self._is_closing:
            _reset(request)


def _kept(events: list[Event], answer: Answer) -> list[Event]:
    """The events without those whose absence is the fault."""
    left_out = set()
    if not answer.has_finish:
        left_out |= {"finish", "terminator"}
    if not answer.has_terminator:
        left_out.add("terminator")
    return [event for event in events if event.role not in left_out]


async def _started(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    return response


async def _write_cut(response: web.StreamResponse, data: bytes, cuts: tuple[int, ...]) -> None:
    places = sorted({0, len(data), *(cut for cut in cuts if 0 < cut < len(data))})
    for start, end in pairwise(places):
        await response.write(data[start:end])
        await _let_read()


async def _let_read() -> None:
    """Let a reader in this loop have what was written so far, by itself. No clock is involved."""
    for _ in range(TURNS_TO_READER):
        await asyncio.sleep(0)


def _wire_of(request: web.Request) -> Wire:
    """Whose list is asked for: the key's header tells."""
    if "x-goog-api-key" in request.headers:
        return GEMINI
    return ANTHROPIC if "x-api-key" in request.headers else OPENAI


def _response(status: Status, headers: Mapping[str, str]) -> web.Response:
    return web.Response(status=status.code, body=status.body, headers={"Content-Type": status.content_type, **headers})


def _reset(request: web.Request) -> web.Response:
    """End the connection with a TCP reset instead of an orderly close."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response()
