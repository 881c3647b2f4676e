"""Turns made straight through the actions, for tests that start below HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import uuid4

from accounts.models import User
from chat.actions.turns import Turn, submit_turn
from chat.models import Conversation
from chat.runs.engine import Engine

DEADLINE_S = 20


def make_turn(owner: User, text: str = "Hello?", conversation: Conversation | None = None) -> Turn:
    conversation_id = conversation.id if conversation else None
    return submit_turn(owner=owner, conversation_id=conversation_id, text=text, turn_key=uuid4())


async def begin_turn(engine: Engine, owner: User, text: str = "Hello?") -> Turn:
    return await engine.database.run(make_turn, owner, text)


async def until(condition: Callable[[], object]) -> None:
    """Let the loop run until the condition holds; a test that waits for what never comes fails."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.001)
