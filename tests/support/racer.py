"""A process with an engine on a test's database. It works on every run it can claim and writes down which.

`python -m tests.support.racer OUT GO`: starts when the file GO is there, ends when no run is left.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "convoscope.settings.test"

from convoscope.settings import test as settings

settings.DATABASES["default"]["NAME"] = json.loads(os.environ["RACE_DATABASE"])["NAME"]
django.setup()

from django.db import OperationalError  # noqa: E402

from chat.models import Run  # noqa: E402
from chat.runs.engine import Engine, set_current_engine  # noqa: E402
from providers.contract import AdapterEvent, ChatRequest, EndpointConfig, Finished, Model, TextDelta  # noqa: E402
from providers.gateway import Gateway  # noqa: E402

OUT, GO = Path(sys.argv[1]), Path(sys.argv[2])


class Once:
    async def stream(self, request: ChatRequest, model: Model) -> AsyncGenerator[AdapterEvent, None]:
        with OUT.open("a") as file:
            file.write(f"{request.request_id}\n")
        yield TextDelta("Only ")
        await asyncio.sleep(0)
        yield TextDelta("once.")
        yield Finished("complete")

    def wire_body(self, request: ChatRequest, model: Model) -> bytes:
        return b"{}"

    async def list_models(self) -> list[str]:
        return []

    async def aclose(self) -> None:
        pass


async def is_left(engine: Engine) -> bool:
    try:
        return await engine.database.run(Run.objects.unfinished().exists)
    except OperationalError:  # SQLite, locked by the other racer for longer than one waits
        return True


async def main() -> None:
    OUT.touch()
    engine = Engine(Gateway([EndpointConfig(name="offline", adapter="once")], make_adapter=lambda _: Once()))
    while not GO.exists():
        await asyncio.sleep(0.01)
    await engine.start(owns_all_runs=False)
    set_current_engine(engine)
    async with asyncio.timeout(100):
        while await is_left(engine):
            await asyncio.sleep(0.05)
    set_current_engine(None)
    await engine.stop()


asyncio.run(main())
