"""A provider that finds a conversation too long, through the real SDK: less of it is asked with once, then another
model with more room, else the error says why."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
from pytest_django import Settings

from accounts.models import User
from chat.models import Conversation, Message, Run
from chat.runs.engine import Engine
from providers.contract import EndpointConfig
from providers.gateway import Gateway
from providers.models import Attempt
from tests.chat.test_summaries import talk
from tests.support.staged import newest_answer, serving_engine
from tests.support.turns import make_turn, until
from tests.support.vendors import Answer, Refusal, VendorServer

TOO_LONG = Refusal("context_too_long")
QUESTION = "And which item is red?"


@pytest.fixture
async def vendor() -> AsyncGenerator[VendorServer, None]:
    async with VendorServer() as server:
        yield server


@pytest.fixture
async def engine(transactional_db: None, vendor: VendorServer, settings: Settings) -> AsyncGenerator[Engine, None]:
    settings.LLM_MAX_RETRIES = 2
    endpoints = [
        EndpointConfig(name="openai", adapter="openai", label="OpenAI", base_url=f"{vendor.url}/v1", api_key="sk-x"),
        EndpointConfig(name="anthropic", adapter="anthropic", label="Anthropic", base_url=vendor.url, api_key="sk-x"),
    ]
    async with serving_engine(Gateway(endpoints), settings) as engine:
        yield engine


def ask_after(owner: User, turns: int) -> None:
    conversation = talk(owner, turns)
    make_turn(owner, QUESTION, Conversation.objects.get(id=conversation.id))


async def answered(engine: Engine, owner: User, turns: int) -> tuple[Message, Run, list[Attempt]]:
    await engine.database.run(ask_after, owner, turns)
    await until(lambda: engine.is_idle)
    message = await engine.database.run(newest_answer)
    run = await engine.database.run(Run.objects.get, message=message)
    attempts = await engine.database.run(lambda: list(Attempt.objects.order_by("call_number")))
    return message, run, attempts


def sent(vendor: VendorServer, number: int) -> list[str]:
    return [str(message["content"]) for message in vendor.requests[number].body["messages"]]


async def test_less_is_asked_with_once(engine: Engine, alice: User, vendor: VendorServer) -> None:
    vendor.will(TOO_LONG, Answer(("None ", "of them.")))
    message, run, attempts = await answered(engine, alice, 20)
    assert (message.text, message.status) == ("None of them.", "complete")
    assert [(one.endpoint, one.reason, one.outcome) for one in attempts] == [
        ("openai", "first", "failed"),
        ("openai", "compressed", "complete"),
    ]
    whole, shorter = sent(vendor, 0), sent(vendor, 1)
    assert 2 < len(shorter) < len(whole)
    assert shorter[-1] == whole[-1]
    assert [stage["name"] for stage in run.context["stages"]] == ["drop_oldest"]
    assert sum(one["messages"] for one in run.context["parts"]) == len(shorter)
    assert "The conversation is too long for OpenAI; it is asked again with less of it." in [
        part["text"] for part in message.parts if part["type"] == "notice"
    ]


async def test_then_a_larger_window_goes_on_with_that(engine: Engine, alice: User, vendor: VendorServer) -> None:
    vendor.will(TOO_LONG, TOO_LONG, Answer(("None.",)))
    message, _run, attempts = await answered(engine, alice, 20)
    assert [(one.endpoint, one.reason) for one in attempts] == [
        ("openai", "first"),
        ("openai", "compressed"),
        ("anthropic", "fallback"),
    ]
    assert message.text == "None."


async def test_where_nothing_can_be_left_out_it_isnt_asked_again(
    engine: Engine, alice: User, vendor: VendorServer
) -> None:
    await engine.gateway.configure([engine.gateway.endpoint("openai")])
    vendor.will(TOO_LONG)
    message, run, attempts = await answered(engine, alice, 0)
    assert (message.status, len(attempts)) == ("failed", 1)
    assert run.error_code == "CONTEXT_TOO_LONG"
    assert "too long for this model" in run.error_message
    assert run.context["stages"] == []
