"""Runs of a site that has a policy."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat.models import Conversation, Message, Run
from chat.runs.engine import Engine
from providers.cache.door import CacheDoor
from tests.support.policies import set_policy
from tests.support.stage import Stage
from tests.support.staged import newest_answer, staged_engine
from tests.support.turns import make_turn, until

EMAIL = "jo.smith@example.org"
PHONE = "+49 30 901820"
KEY = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.fixture
async def engine(transactional_db: None, stage: Stage, settings: Settings) -> AsyncGenerator[Engine, None]:
    settings.LLM_MAX_RETRIES = 1
    async with staged_engine(stage, settings, ("openai", "anthropic")) as engine:
        engine.gateway.cache = CacheDoor(engine.database.run)
        yield engine


@dataclass
class Talk:
    """A person who asks, and what comes of it."""

    engine: Engine
    stage: Stage
    owner: User
    conversation: Conversation | None = None

    async def begin(self, text: str) -> None:
        turn = await self.engine.database.run(make_turn, self.owner, text, self.conversation)
        self.conversation = turn.conversation

    async def ask(self, text: str) -> Message:
        await self.begin(text)
        return await self.ended()

    async def ended(self) -> Message:
        await until(lambda: self.engine.is_idle)
        assert self.engine.gateway.cache is not None
        await self.engine.gateway.cache.aclose()
        return await self.engine.database.run(newest_answer)

    async def run(self) -> Run:
        return await self.engine.database.run(lambda: Run.objects.latest("created_at"))

    async def policy(self, **said: Any) -> None:
        await self.engine.database.run(lambda: set_policy(**said))

    def sent(self, call: int = -1) -> list[str]:
        """What the provider was told, oldest first."""
        return [message.text for message in self.stage.calls[call].request.messages]


def begun(owner: User, **fields: Any) -> Conversation:
    return Conversation.objects.create(owner=owner, active_at=timezone.now(), **fields)


@pytest.fixture
def talk(engine: Engine, stage: Stage, alice: User) -> Talk:
    return Talk(engine, stage, alice)
