"""Suggested follow-ups as the background makes them: by the task model, else by the built-in one; what is stored, and
what they are not made for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any, ParamSpec, TypeVar

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from accounts.actions.preferences import set_preferences
from accounts.models import User
from chat.actions.conversations import trash_conversation
from chat.actions.follow_ups import request_follow_ups
from chat.models import Comparison, Conversation, Message, Run
from chat.tasks import suggest_follow_ups
from convoscope.celery import app
from convoscope.settings import env
from providers.models import Attempt, UsageRecord
from tests.support.vendors import Answer, Cut, EmptyStream, Refusal, Reset, Status, VendorServer
from tests.support.vendors.script import Step

QUESTION = "How do I look after a swimming pool in winter?"
ANSWER = "Two things:\n\n1. **Covers**: they keep leaves out\n2. **Chlorine**: a little of it"
THREE = ["How cold may it get?", "Which cover is best?", "Make me a checklist"]
BY_MODEL = Answer(tokens=("1. How cold may it get?\n", "2. Which cover is best?\n3. Make me a checklist"))
BUILT_IN = ["Tell me more about “Covers”", "Tell me more about “Chlorine”"]

P = ParamSpec("P")
T = TypeVar("T")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def vendors() -> AsyncGenerator[VendorServer, None]:
    async with VendorServer() as server:
        yield server


@pytest.fixture(autouse=True)
def on(settings: Settings, vendors: VendorServer) -> None:
    settings.PROVIDERS = {"openai": env.Provider(api_key="k", base_url=f"{vendors.url}/v1", model="", timeout_s=30)}


async def run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call it in a thread, as tasks are, while the vendors answer in this one."""

    def call() -> T:
        try:
            return function(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.to_thread(call)


def add_turn(
    conversation: Conversation,
    question: str = QUESTION,
    answer: str = ANSWER,
    *,
    understanding: dict[str, Any] | None = None,
    **fields: Any,
) -> Message:
    """A turn at the end of the conversation; its answer."""
    ends = {"finish_reason": "complete", "status": Message.Status.COMPLETE}
    asked = Message.objects.create(
        conversation=conversation, parent_id=conversation.active_leaf_id, role=Message.Role.USER, text=question
    )
    answered = Message.objects.create(
        conversation=conversation, parent=asked, role=Message.Role.ASSISTANT, text=answer, **ends | fields
    )
    known = {"intent": "question", "decided_by": "rules"} if understanding is None else understanding
    Run.objects.create(message=answered, status=Run.Status.COMPLETE, understanding=known)
    conversation.active_leaf = answered
    conversation.save()
    return answered


@pytest.fixture
def conversation(alice: User) -> Conversation:
    return Conversation.objects.create(owner=alice, title="Pools", active_at=timezone.now())


@pytest.fixture
def answer(conversation: Conversation) -> Message:
    return add_turn(conversation)


def queued() -> int:
    """How many tasks wait."""
    with app.connection_for_read() as connection:
        return int(connection.default_channel.queue_declare("celery", durable=True).message_count)


async def made(answer: Message) -> list[str] | None:
    """What is suggested after the answer once the task ran; None where nothing was stored."""
    await run(suggest_follow_ups, str(answer.id))
    await answer.arefresh_from_db()
    kept: list[str] | None = answer.metadata.get("follow_ups")
    return kept


async def test_the_task_model_suggests_three(vendors: VendorServer, alice: User, answer: Message) -> None:
    vendors.will(BY_MODEL)
    assert await made(answer) == THREE
    [request] = vendors.requests
    system, user = request.body["messages"]
    assert "INTENT" not in system["content"]
    assert user["content"] == f"user: {QUESTION}\n\nassistant: {ANSWER}"
    record = await UsageRecord.objects.aget()
    assert (record.feature, record.user_id, record.subject_id) == ("follow_ups", alice.id, answer.conversation_id)
    # Again, nobody is asked.
    assert await run(suggest_follow_ups, str(answer.id)) == {"suggested": 0}
    assert len(vendors.requests) == 1


async def test_two_at_once_ask_once(vendors: VendorServer, answer: Message) -> None:
    vendors.will(BY_MODEL)
    said = await asyncio.gather(*(run(suggest_follow_ups, str(answer.id)) for _ in range(2)))
    assert sorted(one["suggested"] for one in said) == [0, 3]
    assert len(vendors.requests) == 1


@pytest.mark.parametrize(
    "step",
    [
        Refusal("unauthorized"),
        Refusal("rate_limited"),
        Status(500),
        EmptyStream(),
        Reset(),
        Answer(tokens=()),
        Answer(tokens=("How cold",), fault=Cut(after=1)),
    ],
)
async def test_where_the_task_model_fails_the_built_in_one_names_parts_of_the_answer(
    vendors: VendorServer, answer: Message, step: Step
) -> None:
    vendors.will(step)
    assert await made(answer) == BUILT_IN
    assert not await Attempt.objects.filter(outcome="running").aexists()


@pytest.mark.parametrize(
    ("question", "text", "suggested"),
    [
        (QUESTION, ANSWER, BUILT_IN),
        (QUESTION, "Cover it, and wait for spring.", []),
        (QUESTION, "- Cover it well before the first frost comes.\n- Wait for the spring, then clean it.", []),
        ("Bể bơi mùa đông thế nào?", "# Bể bơi\n\n## Tấm phủ\n\nCó.", ["Nói thêm về “Tấm phủ”"]),
        ("Tell me about covers", ANSWER, ["Tell me more about “Chlorine”"]),
        (QUESTION, "```\n- Covers\n- Chlorine\n```", []),
    ],
)  # fmt: skip
async def test_the_built_in_model_alone(
    conversation: Conversation, settings: Settings, question: str, text: str, suggested: list[str]
) -> None:
    settings.TASK_MODEL = "offline/convoscope-offline"
    assert await made(await run(add_turn, conversation, question, text)) == suggested


async def test_nothing_said_is_kept_too_so_that_nobody_is_asked_again(vendors: VendorServer, answer: Message) -> None:
    vendors.will(Answer(tokens=("NONE",)))
    assert await made(answer) == []
    assert await made(answer) == []
    assert len(vendors.requests) == 1


async def test_a_question_that_leans_on_the_talk_is_told_so_that_it_stands(
    vendors: VendorServer, conversation: Conversation, answer: Message
) -> None:
    leaning = await run(add_turn, conversation, "What about the second one?", "Little.")
    vendors.will(BY_MODEL)
    assert await made(leaning) == THREE
    assert vendors.requests[0].body["messages"][1]["content"] == "user: What about Chlorine?\n\nassistant: Little."


@pytest.mark.parametrize(
    ("said", "intent", "suggested"),
    [
        ("INTENT: question\n", "question", THREE),
        ("INTENT: feedback\n", "feedback", []),
        ("", "question", THREE),
    ],
)
async def test_where_no_rule_was_sure_the_same_call_says_what_the_message_is(
    vendors: VendorServer, conversation: Conversation, said: str, intent: str, suggested: list[str]
) -> None:
    guess = {"intent": "question", "decided_by": "guess"}
    unsure = await run(add_turn, conversation, "Swimming pools", "Nice.", understanding=guess)
    vendors.will(Answer(tokens=(said, *BY_MODEL.tokens)))
    assert await made(unsure) == suggested
    assert "INTENT" in vendors.requests[0].body["messages"][0]["content"]
    asked = await Run.objects.aget(message=unsure)
    assert asked.understanding == {"intent": intent, "decided_by": "model" if said else "guess"}


async def test_what_follows_a_clarifying_question_answers_it(vendors: VendorServer, conversation: Conversation) -> None:
    await run(add_turn, conversation, "Fix it", "Which one?", finish_reason="asked_back")
    guess = {"intent": "question", "decided_by": "guess"}
    reply = await run(add_turn, conversation, "the pump", "Take it apart.", understanding=guess)
    vendors.will(BY_MODEL)
    assert await made(reply) == THREE
    assert (await Run.objects.aget(message=reply)).understanding == {"intent": "clarification", "decided_by": "rules"}
    assert "INTENT" not in vendors.requests[0].body["messages"][0]["content"]


@pytest.mark.parametrize(
    "fields",
    [
        {"status": Message.Status.FAILED},
        {"status": Message.Status.STOPPED, "finish_reason": "stopped"},
        {"status": Message.Status.BLOCKED},
        {"finish_reason": "asked_back"},
        {"finish_reason": "length"},
        {"understanding": {"intent": "goodbye", "decided_by": "rules"}},
        {"understanding": {"intent": "feedback", "decided_by": "rules"}},
        {"deleted_at": timezone.now()},
    ],
)
async def test_what_gets_none(vendors: VendorServer, conversation: Conversation, fields: dict[str, Any]) -> None:
    assert await made(await run(add_turn, conversation, **fields)) is None
    assert vendors.requests == []


async def test_where_nobody_may_be_told_or_wants_them(
    vendors: VendorServer, alice: User, answer: Message, settings: Settings
) -> None:
    async def is_none() -> bool:
        return await made(answer) is None and vendors.requests == []

    settings.AUTO_FOLLOW_UPS = False
    assert await is_none()
    settings.AUTO_FOLLOW_UPS = True
    await run(lambda: set_preferences(user=alice, default_model="", temperature=None, suggests_follow_ups=False))
    assert await is_none()
    await run(lambda: set_preferences(user=alice, default_model="", temperature=None))
    conversation = await Conversation.objects.select_related("owner").aget(id=answer.conversation_id)
    conversation.is_temporary = True
    await conversation.asave()
    assert await is_none()
    conversation.is_temporary = False
    await conversation.asave()
    await run(lambda: trash_conversation(conversation=conversation))
    assert await is_none()


async def test_an_answer_that_was_gone_on_from_gets_none(
    vendors: VendorServer, conversation: Conversation, answer: Message
) -> None:
    await run(add_turn, conversation, "And in spring?", "Less.")
    assert await made(answer) is None
    assert vendors.requests == []


@pytest.mark.parametrize(
    ("fields", "is_queued"),
    [
        ({}, True),
        ({"understanding": {}}, True),
        ({"understanding": {"intent": "feedback", "decided_by": "guess"}}, False),
        ({"status": Message.Status.STOPPED}, False),
        ({"finish_reason": "asked_back"}, False),
    ],
)
async def test_they_are_asked_for_where_an_answer_may_have_some(
    conversation: Conversation, fields: dict[str, Any], is_queued: bool
) -> None:
    answer = await run(add_turn, conversation, **fields)
    before = await run(queued)
    await run(lambda: request_follow_ups(answer.runs.select_related("message__conversation").get()))
    assert await run(queued) - before == is_queued


async def test_a_server_that_is_busy_makes_none(conversation: Conversation, settings: Settings) -> None:
    answer = await run(add_turn, conversation)

    def is_queued() -> bool:
        before = queued()
        request_follow_ups(answer.runs.select_related("message__conversation").get())
        return queued() > before

    for number in range(22):
        message = await Message.objects.acreate(conversation=conversation, role=Message.Role.ASSISTANT)
        await Run.objects.acreate(message=message, status=Run.Status.RUNNING)
        settings.CELERY_IS_EMBEDDED = True
        assert await run(is_queued) == (number < 20)
        # Elsewhere others do the work.
        settings.CELERY_IS_EMBEDDED = False
        assert await run(is_queued)


async def test_of_a_comparison_none_are_asked_for(vendors: VendorServer, conversation: Conversation) -> None:
    comparison = await Comparison.objects.acreate()
    assert await made(await run(add_turn, conversation, comparison=comparison)) is None
    assert vendors.requests == []
