"""Ask a model through the gateway, and keep the books."""

import asyncio
from uuid import uuid4

import django

django.setup()

from providers.actions.attempts import save_request
from providers.configured import configured_endpoints, default_model
from providers.contract import ChatMessage, ChatRequest, TextDelta
from providers.gateway import Gateway
from providers.recording import Recorder


async def answer(gateway: Gateway, request: ChatRequest, recorder: Recorder) -> None:
    async for event in gateway.stream(request):
        recorder.take(event)
        print(event.text if isinstance(event, TextDelta) else "", end="", flush=True)
    await gateway.aclose()


request = ChatRequest(uuid4(), (ChatMessage.of_text("user", input()),), default_model())
recorder = Recorder(request)
asyncio.run(answer(Gateway(configured_endpoints()), request, recorder))
save_request(recorder.records, recorder.routed)
raise SystemExit(recorder.error and recorder.error.user_message)
