"""A server on loopback in the place of two providers: one that fails as told, and one that is well."""

from __future__ import annotations

import asyncio
import re
from types import TracebackType

import orjson
from aiohttp import web

from providers.rehearsal.faults import ANSWER, Fault

TOKENS = re.findall(r"\S+\s*", ANSWER)
TOKEN_S = 0.01
# Longer than the rehearsal's endpoint waits.
HANG_S = 30.0


class FailingServer:
    """`async with FailingServer(fault) as server`: `failing_url` fails, `well_url` answers."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._refusals_left = fault.times
        self._is_over = asyncio.Event()
        app = web.Application()
        app.router.add_post("/failing/chat/completions", self._fail)
        app.router.add_post("/well/chat/completions", self._answer_well)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        self._url = ""

    async def __aenter__(self) -> FailingServer:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_over.set()
        await self._runner.cleanup()

    @property
    def failing_url(self) -> str:
        # Port 1 is reserved and nobody listens there.
        return f"{self._url}/failing" if self._fault.status else "http://127.0.0.1:1/v1"

    @property
    def well_url(self) -> str:
        return f"{self._url}/well"

    async def _fail(self, request: web.Request) -> web.StreamResponse:
        fault = self._fault
        if fault.status != 200 and self._refusals_left:
            self._refusals_left -= 1
            headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            error = {"message": f"Rehearsed: {fault.code}.", "type": fault.code, "code": fault.code}
            return web.json_response({"error": error}, status=fault.status, headers=headers)
        if fault.breaks == "page":
            return web.Response(text="<!doctype html><title>Sign in</title>", content_type="text/html")
        return await self._stream(request, fault)

    async def _answer_well(self, request: web.Request) -> web.StreamResponse:
        return await self._stream(request, None, begun=_shown(await request.json()))

    async def _stream(self, request: web.Request, fault: Fault | None, *, begun: str = "") -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        left = re.findall(r"\S+\s*", ANSWER.removeprefix(begun))
        breaks = fault.breaks if fault else ""
        if breaks == "empty":
            return response
        for number, token in enumerate(left):
            if fault and breaks and number == fault.after and not await self._break(request, response, breaks):
                return response
            await response.write(_event({"delta": {"content": token}}))
            await asyncio.sleep(TOKEN_S)
        if breaks != "end":
            await response.write(_event({"delta": {}, "finish_reason": "stop"}) + b"data: [DONE]\n\n")
        return response

    async def _break(self, request: web.Request, response: web.StreamResponse, breaks: str) -> bool:
        """Do what was told in mid-stream; says whether the answer goes on after it."""
        if breaks == "malformed":
            await response.write(b"data: {not json\n\n" * 3)
        elif breaks == "hang":
            async with asyncio.timeout(HANG_S):
                await self._is_over.wait()
        elif breaks == "cut" and request.transport is not None:
            request.transport.abort()
        return breaks in ("malformed", "end")


def _shown(body: dict[str, list[dict[str, str]]]) -> str:
    """The beginning of the answer that the gateway asks to be gone on with."""
    said = [message["content"] for message in body["messages"] if message["role"] == "assistant"]
    return said[-1] if said else ""


def _event(choice: dict[str, object]) -> bytes:
    payload = {"id": "rehearsal", "object": "chat.completion.chunk", "choices": [{"index": 0, **choice}]}
    return b"data: " + orjson.dumps(payload) + b"\n\n"
