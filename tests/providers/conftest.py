"""An administrator, a real serving process's engine, and vendors on loopback, for tests of endpoints."""

from __future__ import annotations

import gc
import signal
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat.runs.engine import Engine, current_engine
from convoscope.serving import ServingProcess
from tests.support.server import Server
from tests.support.vendors import VendorServer

RETRIES = 3


class Clock:
    """The time as Django's clock tells it, while a test holds it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    return clock


@pytest.fixture
def retries(settings: Settings) -> None:
    """As a site has them that says nothing of its own."""
    settings.LLM_MAX_RETRIES = RETRIES
    settings.LLM_TIMEOUT = 120.0


@pytest.fixture
def admin(db: None) -> User:
    """May add and remove keys."""
    return User.objects.create_superuser(email="admin@example.org", password="a long enough password")


@pytest.fixture
async def serving(transactional_db: None) -> AsyncGenerator[Engine, None]:
    """The engine as a serving process starts it, with the endpoints that are configured."""
    handler = signal.getsignal(signal.SIGTERM)
    process = ServingProcess()
    await process.start()
    engine = current_engine()
    assert engine is not None
    yield engine
    await process.stop()
    signal.signal(signal.SIGTERM, handler)
    gc.unfreeze()


@pytest.fixture
async def site(serving: Engine) -> AsyncGenerator[Server, None]:
    """The whole application on a loopback port, with that engine."""
    server = Server()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def vendors() -> AsyncGenerator[VendorServer, None]:
    async with VendorServer() as server:
        yield server
