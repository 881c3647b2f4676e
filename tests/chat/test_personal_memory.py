"""What models are told of a person: written, changed, forgotten and switched off by them alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Preferences, User
from chat.actions.personal_memory import FACT_MAX_CHARS, add_fact, set_instructions
from chat.context.builder import build_context
from chat.models import Conversation
from chat.runs.load import first_load
from convoscope.errors import ValidationFailed
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]


def told(owner: User) -> str:
    owner = User.objects.get(id=owner.id)
    return first_load(make_turn(owner).run).told


def facts(owner: User) -> list[str]:
    return [fact["text"] for fact in Preferences.objects.get(user=owner).facts]


def test_instructions_and_facts_begin_every_context(alice: User) -> None:
    set_instructions(user=alice, instructions="Answer in metric units.\r\n", tells_models=True)
    add_fact(user=alice, text=" I bake  bread. ")
    words = told(alice)
    assert "Answer in metric units." in words
    assert "- I bake bread." in words
    run = make_turn(User.objects.get(id=alice.id)).run
    loaded = first_load(run)
    context = build_context(loaded.history, told_of_person=loaded.told, system_prompt="Be brief.")
    assert context.messages[0].text.startswith("Be brief.\n\nInstructions of the person")
    assert context.report.parts[0].name == "instructions"


def test_switched_off_and_in_temporary_chats_nothing_is_told(alice: User) -> None:
    set_instructions(user=alice, instructions="Be brief.", tells_models=False)
    assert told(alice) == ""
    set_instructions(user=alice, instructions="Be brief.", tells_models=True)
    turn = make_turn(User.objects.get(id=alice.id))
    Conversation.objects.filter(id=turn.conversation.id).update(is_temporary=True)
    turn.run.message.conversation.is_temporary = True
    assert first_load(turn.run).told == ""


def test_a_person_writes_changes_and_forgets(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert "Nothing is remembered yet" in client.get("/memory/").text
    client.post("/memory/", {"instructions": "Be <brief>.", "tells_models": "on"})
    client.post("/memory/facts/", {"text": "I bake."})
    page = client.get("/memory/").text
    assert "Be &lt;brief&gt;." in page
    assert ">I bake.</textarea>" in page
    [fact] = Preferences.objects.get(user=alice).facts
    client.post(reverse("fact_change", args=[fact["id"]]), {"text": "I bake bread."})
    assert facts(alice) == ["I bake bread."]
    client.post(reverse("fact_forget", args=[fact["id"]]))
    assert facts(alice) == []
    assert client.post(reverse("fact_forget", args=[fact["id"]])).status_code == 404
    client.post("/memory/", {"instructions": "Be <brief>."})
    assert told(alice) == ""


@pytest.mark.parametrize(
    ("text", "words"), [(" ", "Please enter"), ("x" * (FACT_MAX_CHARS + 1), "300 characters at most")]
)
def test_a_refused_fact_stays_in_its_field(alice: User, client_of: ClientOf, text: str, words: str) -> None:
    client = client_of(alice)
    refused = client.post("/memory/facts/", {"text": text})
    assert (refused.status_code, words in refused.text, f'value="{text}"' in refused.text) == (422, True, True)
    add_fact(user=alice, text="I bake.")
    [fact] = Preferences.objects.get(user=alice).facts
    refused = client.post(reverse("fact_change", args=[fact["id"]]), {"text": text})
    assert (refused.status_code, words in refused.text, f">{text}</textarea>" in refused.text) == (422, True, True)
    assert facts(alice) == ["I bake."]


def test_more_than_there_is_room_for_is_refused(alice: User, client_of: ClientOf) -> None:
    long = "A rule, and another one. " * 300
    refused = client_of(alice).post("/memory/", {"instructions": long, "tells_models": "on"})
    assert (refused.status_code, "the limit is 1,000" in refused.text, long.strip() in refused.text) == (
        422,
        True,
        True,
    )
    assert told(alice) == ""

    def fill() -> None:
        for number in range(60):
            add_fact(user=alice, text=f"{number} " + "word " * 50)

    with pytest.raises(ValidationFailed, match="forget a fact"):
        fill()


def test_for_others_there_is_nothing(alice: User, charlie: User, client_of: ClientOf, client: Client) -> None:
    add_fact(user=alice, text="I bake.")
    [fact] = Preferences.objects.get(user=alice).facts
    for name in ("fact_change", "fact_forget"):
        address = reverse(name, args=[fact["id"]])
        assert client_of(charlie).post(address, {"text": "Mine"}).status_code == 404
        assert client.post(address).headers["Location"].startswith("/accounts/login/")
    assert "I bake." not in client_of(charlie).get("/memory/").text
