"""What models that work in the background are told of a conversation, and what is kept of their answers."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable

import pytest
from pytest_django import Settings

from accounts.models import User
from chat.actions.entities import extract_entities
from chat.actions.follow_ups import suggest_for
from chat.actions.summaries import summarise_conversation
from chat.actions.titles import SEEN_CHARS, title_conversation
from chat.actions.unread import FINAL, READ_CHARS
from chat.models import Conversation, ConversationEntities, Message, Run
from convoscope.settings import env
from tests.chat.guarding.conftest import EMAIL
from tests.chat.test_summaries import talk
from tests.support.policies import set_policy
from tests.support.threads import in_thread
from tests.support.vendors import Answer, VendorServer

pytestmark = pytest.mark.django_db(transaction=True)
PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----"


@pytest.fixture
async def vendors() -> AsyncGenerator[VendorServer, None]:
    async with VendorServer() as server:
        yield server


@pytest.fixture
def conversation(alice: User, settings: Settings, vendors: VendorServer) -> Conversation:
    openai = env.Provider(api_key="k", base_url=f"{vendors.url}/v1", model="", timeout_s=30)
    settings.PROVIDERS = {"openai": openai}
    set_policy(masks=True)
    return talk(alice, 2, first=f"Who is {EMAIL}, and whose is this?\n{PRIVATE_KEY}")


def assert_told_masked(vendors: VendorServer) -> None:
    [request] = vendors.requests
    told = json.dumps(request.body)
    assert "Who is [EMAIL_1], and whose is this?\\n[PRIVATE_KEY_1]" in told
    assert EMAIL not in told
    assert "MIIEvQ" not in told


async def test_titles(vendors: VendorServer, conversation: Conversation) -> None:
    vendors.will(
        Answer(
            tokens=(
                "Who [EMA",
                "IL_1] is",
            )
        )
    )
    await in_thread(title_conversation, conversation.id)
    await conversation.arefresh_from_db()

    assert conversation.title == f"Who {EMAIL} is"
    assert_told_masked(vendors)


async def test_summaries(vendors: VendorServer, conversation: Conversation) -> None:
    vendors.will(Answer(tokens=("They asked who [EMAIL_1] is.",)))
    await in_thread(summarise_conversation, conversation.id, reach=FINAL)
    await conversation.arefresh_from_db()

    assert conversation.summary == f"They asked who {EMAIL} is."
    assert_told_masked(vendors)


async def test_entities(vendors: VendorServer, conversation: Conversation) -> None:
    """A value may be of several lines, which JSON writes in another way."""
    found = {"name": "Jo", "type": "person", "attributes": {"address": "[EMAIL_1]", "key": "[PRIVATE_KEY_1]"}}
    vendors.will(Answer(tokens=(json.dumps({"topics": ["People"], "entities": [found], "relations": []}),)))
    await in_thread(extract_entities, conversation.id, reach=FINAL)
    kept = await ConversationEntities.objects.aget()

    assert EMAIL in str(kept.graph)
    assert "BEGIN PRIVATE KEY" in str(kept.graph)
    assert_told_masked(vendors)


async def test_follow_ups(vendors: VendorServer, conversation: Conversation) -> None:
    question = await conversation.messages.filter(role="user").aearliest("id")
    answer = await conversation.messages.filter(role="assistant").aearliest("id")
    await Run.objects.acreate(message=answer, status=Run.Status.COMPLETE)
    conversation.active_leaf = answer
    await conversation.asave()
    vendors.will(Answer(tokens=("Where does [EMAIL_1] live?\nWhat else?",)))
    assert answer.parent_id == question.id
    await in_thread(suggest_for, answer.id)
    await answer.arefresh_from_db()

    assert answer.metadata["follow_ups"][0] == f"Where does {EMAIL} live?"
    assert_told_masked(vendors)


MARK = "[REDACTED:EMAIL]"


@pytest.fixture(params=[("redact", True), ("redact", False), ("block", False)], ids=["masked", "unmasked", "blocked"])
def written(request: pytest.FixtureRequest, conversation: Conversation) -> str:
    """How models write the address of a conversation whose policy takes it out of answers."""
    action, masks = request.param
    set_policy(masks=masks, email=action, card=action)
    return "[EMAIL_1]" if masks else EMAIL


async def test_what_a_policy_redacts_in_answers_stands_in_no_title_and_no_summary(
    vendors: VendorServer, conversation: Conversation, written: str
) -> None:
    vendors.will(Answer(tokens=(f"Who {written} is",)), Answer(tokens=(f"They asked who {written} is.",)))
    await in_thread(title_conversation, conversation.id)
    await in_thread(summarise_conversation, conversation.id, reach=FINAL)
    await conversation.arefresh_from_db()

    assert conversation.title == f"Who {MARK} is"
    assert conversation.summary == f"They asked who {MARK} is."


async def test_nor_in_entities_and_topics(vendors: VendorServer, conversation: Conversation, written: str) -> None:
    """Also where JSON has a number, which needs no quotes."""
    numbers = {"address": written, "card": 4111111111111111, "of": 'a "friend"'}
    found = {"name": "Jo", "type": "person", "aliases": [f"Jo {written}"], "attributes": numbers}
    relation = {"from": "Jo", "kind": f"writes as {written} to", "to": "Bo"}
    other = {"name": "Bo", "type": "person"}
    said = {"topics": [f"Mail of {written}"], "entities": [found, other], "relations": [relation]}
    vendors.will(Answer(tokens=(json.dumps(said),)))
    await in_thread(extract_entities, conversation.id, reach=FINAL)
    kept = await ConversationEntities.objects.aget()
    await conversation.arefresh_from_db()

    [jo, bo] = kept.graph["entities"]
    assert (jo["name"], jo["aliases"], bo["name"]) == ("Jo", [f"Jo {MARK}"], "Bo")
    assert jo["attributes"] == [["address", MARK], ["card", "[REDACTED:CARD]"], ["of", 'a "friend"']]
    assert [one["kind"] for one in kept.graph["relations"]] == [f"writes as {MARK} to"]
    assert conversation.topic_list == [f"Mail of {MARK}"]


async def test_nor_in_follow_ups(vendors: VendorServer, conversation: Conversation, written: str) -> None:
    answer = await conversation.messages.filter(role="assistant").aearliest("id")
    await Run.objects.acreate(message=answer, status=Run.Status.COMPLETE)
    conversation.active_leaf = answer
    await conversation.asave()
    vendors.will(Answer(tokens=(f"Where does {written} live?\nWhat else?",)))
    await in_thread(suggest_for, answer.id)
    await answer.arefresh_from_db()

    assert answer.metadata["follow_ups"][0] == f"Where does {MARK} live?"


@pytest.mark.parametrize("task", [title_conversation, summarise_conversation])
async def test_of_what_stands_where_a_text_is_cut_nothing_is_told(
    vendors: VendorServer, conversation: Conversation, task: Callable[..., object]
) -> None:
    """Half of an address is found by nobody."""
    seen_chars = SEEN_CHARS if task is title_conversation else READ_CHARS
    long = "So it is. ".ljust(seen_chars - len(EMAIL) // 2, ".") + f" {EMAIL} it is."
    await Message.objects.filter(conversation=conversation).aupdate(text=long)
    vendors.will(Answer(tokens=("So it is.",)))
    await in_thread(task, conversation.id, **({} if task is title_conversation else {"reach": FINAL}))

    [request] = vendors.requests
    told = json.dumps(request.body)
    assert "So it is." in told
    assert EMAIL[:3] not in told
