"""The page of a conversation's memory in Chromium: by keyboard, on a phone, with long names, empty and in error."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from accounts.models import User
from chat.actions.entities import extract_entities, id_of
from chat.entities.graph import Found, FoundEntity, FoundRelation, Graph, merged
from chat.models import Conversation, ConversationEntities
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage, assert_refused_quietly
from tests.chat.test_entities import OFFLINE, SISTER
from tests.chat.test_summaries import talk
from tests.support.axe import assert_accessible
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import begin_turn, until

LONG = "The Most Honourable Society for the Improvement of Very Long Names, which nobody abbreviates and everybody uses"
UNBROKEN = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft"


@pytest.fixture
def conversation(alice: User) -> Conversation:
    conversation = talk(alice, 10, first=SISTER)
    extract_entities(conversation.id, models=OFFLINE)
    return conversation


@pytest.fixture
def long_names(alice: User) -> Conversation:
    conversation = talk(alice, 1)
    facts = (("is", LONG), ("also", UNBROKEN))
    found = Found(
        (FoundEntity(LONG[:100], "organisation", (), facts), FoundEntity(UNBROKEN, "organisation")),
        (FoundRelation(LONG[:100], "is in no way whatsoever related to the well-known", UNBROKEN),),
    )
    graph = merged(Graph(), found, id_of(conversation.id))
    ConversationEntities.objects.create(
        conversation=conversation, graph=graph.as_json(), leaf_id=conversation.active_leaf_id
    )
    Conversation.objects.filter(id=conversation.id).update(topics=f"{UNBROKEN[:40]}\nfamily", title=LONG)
    return conversation


async def is_within(page: Page) -> None:
    """Nothing makes the page wider than its window."""
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def test_by_keyboard_alone_a_name_is_changed_and_another_added(
    open_page: OpenPage, engine: Engine, alice: User, conversation: Conversation, console: list[str]
) -> None:
    page = await open_page(f"/conversations/{conversation.id}/", user=alice)
    await page.get_by_role("button", name="Conversation menu").click()
    await page.get_by_role("link", name="Memory").press("Enter")
    await assert_accessible(page)
    names = page.get_by_role("region", name="Entities")
    await names.locator("summary:has(.entity-name:text-is('Ottilie'))").focus()
    await page.keyboard.press("Enter")
    await expect(names.get_by_label("Name", exact=True).locator("visible=true")).to_have_value("Ottilie")
    await assert_accessible(page)
    await page.keyboard.press("Tab")
    await page.keyboard.type("Otti")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status").first).to_have_text("Saved. Answers from now on know it.")
    await expect(names.locator("summary:has(.entity-name:text-is('Otti'))")).to_contain_text("Ottilie · ")
    await names.get_by_text("Add an entity").press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.type("acme corporation")
    await page.keyboard.press("Enter")
    await expect(names.get_by_text("is in the list already")).to_be_visible()
    await expect(names.locator("[aria-invalid=true]")).to_have_value("acme corporation")
    await assert_accessible(page)
    assert_refused_quietly(console)


@pytest.mark.parametrize("width", [1280, 390, 320])
async def test_long_names_fit(
    open_page: OpenPage, engine: Engine, alice: User, long_names: Conversation, width: int
) -> None:
    page = await open_page(
        f"/conversations/{long_names.id}/memory/", user=alice, viewport={"width": width, "height": 844}
    )
    await is_within(page)
    for row in await page.locator(".entities summary").all():
        await row.click()
    await is_within(page)
    await assert_accessible(page)


async def test_empty_and_dark_on_a_phone(open_page: OpenPage, engine: Engine, alice: User) -> None:
    conversation = await engine.database.run(talk, alice, 1)
    page = await open_page(
        f"/conversations/{conversation.id}/memory/",
        user=alice,
        viewport={"width": 390, "height": 844},
        color_scheme="dark",
        has_touch=True,
    )
    await expect(page.get_by_text("No entities are known yet")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_text("Add an entity").tap()
    await page.locator("#entity-new-name").fill("Falcon")
    await page.get_by_role("button", name="Add", exact=True).tap()
    await expect(page.locator(".entity-name")).to_have_text("Falcon")
    await is_within(page)


async def test_the_gauge_says_why(open_page: OpenPage, engine: Engine, alice: User, script: ScriptedAdapter) -> None:
    turn = await begin_turn(engine, alice)
    script.say("Yes")
    script.finish()
    await until(lambda: engine.is_idle)
    page = await open_page(
        f"/conversations/{turn.conversation.id}/", user=alice, viewport={"width": 390, "height": 844}
    )
    await page.get_by_role("button", name="Context:").press("Enter")
    why = page.get_by_role("group", name="What the last answer was given")
    await expect(why.get_by_text("The question")).to_be_visible()
    await assert_accessible(page)
    await page.keyboard.press("Escape")
    await expect(why).to_be_hidden()
