"""Titles as the background makes them: by the task model, else by the built-in one; what is stored, and who pays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import ParamSpec, TypeVar

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat.actions.conversations import rename_conversation, trash_conversation
from chat.actions.titles import untitled_conversations
from chat.models import Conversation, Message
from chat.tasks import make_title, sweep_missing_titles
from convoscope.settings import env
from providers import registry, task_model
from providers.actions.ledger import write_lines
from providers.configured import forget_rows
from providers.contract import Payer
from providers.models import AccessLimit, Attempt, LevelPin, Reservation, UsageRecord
from tests.support.spending import counters, line, make_budget
from tests.support.turns import until
from tests.support.vendors import (
    Answer,
    Cut,
    EmptyStream,
    Hang,
    Refusal,
    Reset,
    Silence,
    Status,
    VendorServer,
)
from tests.support.vendors.script import Step

QUESTION = "How do I look after a swimming pool in winter, when nobody swims?"
CUT = QUESTION[:50]
# What the built-in model makes of it.
BUILT_IN = "How do I look after a swimming"
BY_MODEL = Answer(tokens=("**Title:** “Swimming", " pools”\n"))

P = ParamSpec("P")
T = TypeVar("T")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def vendors() -> AsyncGenerator[VendorServer, None]:
    async with VendorServer() as server:
        yield server


@pytest.fixture(autouse=True)
def on(settings: Settings, vendors: VendorServer) -> None:
    """Two providers, of which the first one's models are stood in for by the second one's."""
    settings.PROVIDERS = {"openai": provider(f"{vendors.url}/v1"), "anthropic": provider(vendors.url)}


def provider(url: str, timeout_s: float = 30) -> env.Provider:
    return env.Provider(api_key="k", base_url=url, model="", timeout_s=timeout_s)


async def run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call it in a thread, as tasks are, while the vendors answer in this one."""

    def call() -> T:
        try:
            return function(*args, **kwargs)
        finally:
            # What the thread took from the pool would never go back.
            connections.close_all()

    return await asyncio.to_thread(call)


def make_answered(owner: User, **fields: object) -> Conversation:
    """A conversation with a finished answer, which nobody has named yet."""
    conversation = Conversation.objects.create(owner=owner, title=CUT, active_at=timezone.now(), **fields)
    for role, text in ((Message.Role.USER, QUESTION), (Message.Role.ASSISTANT, "Cover it.")):
        Message.objects.create(conversation=conversation, role=role, text=text, status=Message.Status.COMPLETE)
    return conversation


@pytest.fixture
def conversation(alice: User) -> Conversation:
    return make_answered(alice)


async def title_of(conversation: Conversation) -> tuple[str, str]:
    await conversation.arefresh_from_db()
    return conversation.title, conversation.title_source


async def made(conversation: Conversation) -> tuple[str, str]:
    """The title after the task ran, and whose it is."""
    await run(make_title, str(conversation.id))
    return await title_of(conversation)


async def lines() -> list[tuple[str, str, str]]:
    """Endpoint, feature and outcome of each line of the ledger, in the order of the calls."""
    rows = UsageRecord.objects.order_by("id").values_list("endpoint", "feature", "outcome")
    return [row async for row in rows]


# By the task model


async def test_the_task_model_makes_the_title(vendors: VendorServer, alice: User, conversation: Conversation) -> None:
    vendors.will(BY_MODEL)
    assert await made(conversation) == ("Swimming pools", "model")
    [request] = vendors.requests
    model = request.body["model"]
    assert model == (await run(task_model.task_model)).id
    assert [message["role"] for message in request.body["messages"]] == ["system", "user"]
    assert request.body["messages"][1]["content"] == f"user: {QUESTION}\n\nassistant: Cover it."
    # It thinks before it answers.
    assert request.body["max_tokens"] > 1_000
    # Nobody looks at it, and a conversation that is deleted would leave it behind.
    assert (await Attempt.objects.aget()).wire_request is None
    record = await UsageRecord.objects.aget()
    assert (record.feature, record.endpoint, record.model) == ("title", "openai", model)
    assert (record.user_id, record.subject_id) == (alice.id, conversation.id)
    assert (record.input_tokens, record.output_tokens, record.outcome) == (20, 9, "complete")
    assert record.cost_nanousd is not None
    assert record.cost_nanousd > 0
    attempt = await Attempt.objects.aget()
    assert (attempt.request_id, attempt.outcome) == (record.request_id, "complete")
    # Again, and by the sweep: nobody is asked any more.
    assert await made(conversation) == ("Swimming pools", "model")
    assert await run(untitled_conversations) == []


async def test_a_model_that_does_not_think_is_given_little_room(
    vendors: VendorServer, conversation: Conversation, settings: Settings
) -> None:
    settings.TASK_MODEL = "gpt-4o-mini"
    vendors.will(BY_MODEL)
    assert await made(conversation) == ("Swimming pools", "model")
    [request] = vendors.requests
    assert (request.body["model"], request.body["max_tokens"]) == ("gpt-4o-mini", 60)


@pytest.mark.parametrize("named", ["offline/convoscope-offline", "gemini/gemini-3.5-flash-lite", "nobody/knows"])
async def test_the_built_in_model_makes_it_where_it_is_named_or_the_named_one_is_off(
    conversation: Conversation, settings: Settings, named: str
) -> None:
    settings.TASK_MODEL = named
    assert await made(conversation) == (BUILT_IN, "model")
    assert await lines() == [("offline", "title", "complete")]


async def test_limits_on_people_do_not_bind_the_sites_choice(vendors: VendorServer, conversation: Conversation) -> None:
    await AccessLimit.objects.acreate(name="openai", is_by_team=True)
    forget_rows()
    vendors.will(BY_MODEL)
    assert await made(conversation) == ("Swimming pools", "model")


# What the task model can't do


@pytest.mark.parametrize(
    "step",
    [
        Refusal("unauthorized"),
        Refusal("rate_limited"),
        Refusal("content_policy"),
        Refusal("model_not_found"),
        Status(500),
        EmptyStream(),
        Reset(),
        Answer(tokens=()),
        Answer(tokens=(), reasoning=("They", " ask"), finish="length"),
        Answer(tokens=("Swimming", " pools"), fault=Cut(after=1)),
        Answer(tokens=("“...”",)),
    ],
)
async def test_whatever_the_task_model_does_the_title_is_made_at_once(
    vendors: VendorServer, conversation: Conversation, step: Step
) -> None:
    vendors.will(step)
    assert await made(conversation) == (BUILT_IN, "model")
    first, second = await lines()
    assert (first[:2], second) == (("openai", "title"), ("offline", "title", "complete"))
    # Neither its stand-in nor, a minute later, itself is asked.
    assert await run(untitled_conversations) == []
    assert len(vendors.requests) == 1
    assert not await Attempt.objects.filter(outcome="running").aexists()


@pytest.mark.parametrize("step", [Silence(), Answer(fault=Hang(after=1))])
async def test_a_model_that_takes_too_long_is_given_up(
    vendors: VendorServer,
    conversation: Conversation,
    monkeypatch: pytest.MonkeyPatch,
    step: Step,
) -> None:
    monkeypatch.setattr(task_model, "WORK_S", 0.3)
    vendors.will(step)
    assert await made(conversation) == (BUILT_IN, "model")
    assert await lines() == [("openai", "title", "failed"), ("offline", "title", "complete")]
    attempt = await Attempt.objects.aget(endpoint="openai")
    assert (attempt.error_code, attempt.error_detail) == ("LLM_TIMEOUT", "not done within 0.3 s")


async def test_a_fault_of_ours_is_not_met_again_each_minute(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.ADAPTERS, "openai", "providers.adapters.not_installed")
    assert await made(conversation) == (BUILT_IN, "model")
    assert await run(untitled_conversations) == []


@pytest.mark.parametrize("level", ["offline", "minimal", "degraded"])
async def test_what_an_administrator_pinned_holds_for_the_task_model(conversation: Conversation, level: str) -> None:
    """The primary provider rests while the site runs on stand-ins."""
    await LevelPin.objects.acreate(level=level)
    assert await made(conversation) == (BUILT_IN, "model")
    assert await lines() == [("offline", "title", "complete")]


# Budgets


@pytest.mark.parametrize(("unit", "limit"), [("tokens", "100"), ("money", "0.0001")])
async def test_a_used_up_budget_leaves_the_title_to_the_built_in_model(
    alice: User, conversation: Conversation, unit: str, limit: str
) -> None:
    await run(make_budget, unit=unit, limit=limit)
    await run(write_lines, [line(Payer(alice.id), (100, 0))])
    assert await made(conversation) == (BUILT_IN, "model")
    title = await UsageRecord.objects.aget(feature="title")
    assert (title.endpoint, title.cost_nanousd) == ("offline", 0)


async def test_the_likely_cost_is_held_for_the_model_that_is_asked(
    vendors: VendorServer, conversation: Conversation
) -> None:
    budget = await run(make_budget, unit="money", limit="1")
    vendors.will(Answer(tokens=("Swimming pools",), fault=Hang(after=1)))
    task = asyncio.create_task(run(make_title, str(conversation.id)))
    await until(lambda: vendors.requests)
    used, held = await run(counters, budget)
    assert used == 0
    assert held > 0
    vendors.go_on()
    await task
    record = await UsageRecord.objects.aget()
    assert await run(counters, budget) == (record.cost_nanousd, 0)
    assert not await Reservation.objects.aexists()


# Who gets no title, and who one only


async def test_where_titles_are_off_the_question_stays(conversation: Conversation, settings: Settings) -> None:
    settings.AUTO_TITLES = False
    await run(sweep_missing_titles)
    assert await run(untitled_conversations) == []
    assert await made(conversation) == (CUT, "question")
    assert await lines() == []
    settings.AUTO_TITLES = True
    assert await run(untitled_conversations) == [conversation.id]


@pytest.mark.parametrize("fields", [{"is_temporary": True}, {"trashed_at": timezone.now()}])
async def test_what_is_temporary_or_in_the_trash_gets_none(alice: User, fields: dict[str, object]) -> None:
    conversation = await run(make_answered, alice, **fields)
    assert await run(untitled_conversations) == []
    assert await made(conversation) == (CUT, "question")
    assert await lines() == []


async def test_a_title_is_paid_for_once_although_it_is_asked_for_twice(
    vendors: VendorServer, conversation: Conversation
) -> None:
    vendors.will(Answer(tokens=("Swimming pools",), fault=Hang(after=1)))
    task = asyncio.create_task(run(make_title, str(conversation.id)))
    await until(lambda: vendors.requests)
    # By the sweep, or a second answer
    assert await made(conversation) == (CUT, "question")
    vendors.go_on()
    await task
    assert await title_of(conversation) == ("Swimming pools", "model")
    assert await lines() == [("openai", "title", "complete")]


@pytest.mark.parametrize(("meanwhile", "expected"), [("rename", ("Mine", "person")), ("trash", (CUT, "question"))])
async def test_what_the_person_does_meanwhile_wins(
    vendors: VendorServer,
    conversation: Conversation,
    meanwhile: str,
    expected: tuple[str, str],
) -> None:
    vendors.will(Answer(tokens=("Swimming pools",), fault=Hang(after=1)))
    task = asyncio.create_task(run(make_title, str(conversation.id)))
    await until(lambda: vendors.requests)
    if meanwhile == "rename":
        await run(rename_conversation, conversation=conversation, title="Mine")
    else:
        await run(trash_conversation, conversation=conversation)
    vendors.go_on()
    await task
    assert await title_of(conversation) == expected
