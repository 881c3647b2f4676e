"""An engine whose endpoints play what a test gives them, and a person who watches an answer of theirs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import orjson
from pytest_django import Settings

from chat.models import Message
from chat.runs.engine import Engine, set_current_engine
from convoscope.settings import env
from providers.gateway import Gateway
from tests.support.live_page import Article, LivePage
from tests.support.scripted import SCRIPTED, ScriptedAdapter
from tests.support.server import Person, next_object, text_of
from tests.support.stage import Stage
from tests.support.turns import until

# Of one class, so that each stands in for the others.
DEFAULT_MODELS = {"openai": "gpt-6.1-sol", "anthropic": "claude-sonnet-5-5", "gemini": "gemini-3.8-flash"}


@asynccontextmanager
async def staged_engine(stage: Stage, settings: Settings, endpoints: Sequence[str]) -> AsyncGenerator[Engine, None]:
    async with serving_engine(stage.gateway(*endpoints), settings) as engine:
        yield engine


@asynccontextmanager
async def serving_engine(gateway: Gateway, settings: Settings) -> AsyncGenerator[Engine, None]:
    """An engine with this gateway. A conversation that chose no model gets that of the first endpoint."""
    settings.PROVIDERS = {
        name: env.Provider(api_key="", base_url="", model=DEFAULT_MODELS[name], timeout_s=30)
        for name in gateway.endpoint_names()
    }
    async with running_engine(Engine(gateway)) as engine:
        yield engine


@asynccontextmanager
async def scripted_engine(script: ScriptedAdapter, settings: Settings) -> AsyncGenerator[Engine, None]:
    """One whose model `openai/scripted` says what the test tells it."""
    settings.PROVIDERS = {SCRIPTED.name: env.Provider(api_key="", base_url="", model="scripted", timeout_s=30)}
    async with running_engine(Engine(Gateway([SCRIPTED], make_adapter=script.make))) as engine:
        yield engine


@asynccontextmanager
async def running_engine(engine: Engine) -> AsyncGenerator[Engine, None]:
    """The one of this process, as long as the block goes on."""
    await engine.start(owns_all_runs=False)
    set_current_engine(engine)
    yield engine
    set_current_engine(None)
    await engine.stop()


@dataclass
class Watched:
    """What a page was shown of one answer: every state of its foot, the last one of the ended answer."""

    page: LivePage
    feet: list[str] = field(default_factory=list)

    @property
    def article(self) -> Article:
        return list(self.page.articles.values())[-1]

    @property
    def lines(self) -> list[str]:
        """The foot's first line of words in each state: its phase or its newest notice."""
        return [line for foot in self.feet for line in phases_of(foot)]

    @property
    def end(self) -> str:
        return self.feet[-1]


def phases_of(foot: str) -> list[str]:
    return [text_of(found) for found in re.findall(r'<p class="phase"[^>]*>.*?</p>', foot, re.S)]


def seams_of(foot: str) -> list[str]:
    return [" ".join(text_of(found).split()) for found in re.findall(r'<p class="seam">.*?</p>', foot, re.S)]


def ticks_of(foot: str) -> list[str]:
    return re.findall(r'class="tick" data-kind="(\w+)"', foot)


def trace_label_of(foot: str) -> str:
    return next(iter(re.findall(r'aria-label="([^"]* tokens in [^"]*)"', foot)), "")


async def watch(person: Person, engine: Engine, conversation_id: UUID, go: asyncio.Event | None = None) -> Watched:
    """Watch the conversation's newest answer to its end. `go` is set once everything that comes will be seen."""
    watched = Watched(LivePage(await person.get(f"/conversations/{conversation_id}/")))
    async with person.socket(conversation_id) as connection:
        await connection.send_bytes(orjson.dumps(watched.page.hello()))
        await until(lambda: any(live.watchers for live in engine.hub.runs()))
        if go is not None:
            go.set()
        while watched.article.is_busy:
            pushed = await next_object(connection)
            watched.page.receive(pushed)
            if pushed["type"] in ("phase", "end"):
                watched.feet.append(pushed["html"])
    return watched


def newest_answer() -> Message:
    return Message.objects.filter(role=Message.Role.ASSISTANT).latest("created_at")
