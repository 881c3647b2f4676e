"""Calling a prompt in the message field: what is offered for a name, and what the field gets."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from chat.models import Prompt
from chat.prompts.library import SUGGESTED_PROMPTS
from tests.chat.prompts.conftest import MakePrompt

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def suggested(client: Client, **query: str) -> list[str]:
    html = client.get(reverse("prompt_suggest"), query, headers=HTMX).text
    return re.findall(r'<span class="prompt-call" dir="auto">/(.*?)</span>', html)


def used(client: Client, prompt: Prompt, **data: str) -> str:
    response = client.post(reverse("prompt_use", args=[prompt.id]), data, headers=HTMX)
    assert response.status_code == 200
    assert response.headers["HX-Trigger"] == "dialog-close"
    return unescape(response.text)


# Offering


def test_a_name_is_completed(
    alice: User, charlie: User, admin: User, client_of: ClientOf, make_prompt: MakePrompt
) -> None:
    make_prompt(charlie, "note-of-charlie")
    make_prompt(admin, "note-shared", is_shared=True)
    make_prompt(alice, "letter", title="A note to somebody")
    late, early = make_prompt(alice, "note-z"), make_prompt(alice, "note-a")
    client = client_of(alice)
    assert suggested(client, q="No") == ["note-a", "note-z", "note-shared", "letter"]
    used(client, early)
    used(client, late)
    assert suggested(client, q="no") == ["note-z", "note-a", "note-shared", "letter"]
    assert suggested(client) == ["note-z", "note-a", "letter", "note-shared"]
    assert suggested(client, q="nothing") == suggested(client, q="etc/hosts") == suggested(client, q="%") == []
    Prompt.objects.bulk_create(Prompt(owner=alice, name=f"n{n}", title="x", text="x") for n in range(10))
    assert len(suggested(client, q="n")) == SUGGESTED_PROMPTS


def test_once_something_follows_the_name_it_is_meant_exactly(
    alice: User, client_of: ClientOf, make_prompt: MakePrompt
) -> None:
    make_prompt(alice, "etc")
    make_prompt(alice, "etcetera")
    assert suggested(client_of(alice), q="ETC", whole="yes") == ["etc"]
    assert suggested(client_of(alice), q="et", whole="yes") == []
    assert suggested(client_of(alice), q="", whole="yes") == []


# Filling in


def test_a_prompt_that_asks_nothing_gives_its_text(alice: User, client_of: ClientOf, make_prompt: MakePrompt) -> None:
    prompt = make_prompt(alice, "plain", "\n <b>&\n\n{{not a name}} ")
    client = client_of(alice)
    assert used(client, prompt) == "\n <b>&\n\n{{not a name}} "
    prompt.refresh_from_db()
    assert prompt.used_at is not None
    assert used(client, prompt, rest=" and\r\nthis ").endswith("{{not a name}} \n\nand\nthis")


def test_what_a_prompt_asks_for_is_asked_then_filled_in(
    alice: User, client_of: ClientOf, make_prompt: MakePrompt
) -> None:
    prompt = make_prompt(alice, "ask", "{{what}}, {{tone:kind}}, {{what}}\n{{code:1\n2}}")
    client, address = client_of(alice), reverse("prompt_use", args=[prompt.id])
    asked = client.post(address, {"rest": " a <thing>\n"}, headers=HTMX)
    assert asked.headers["HX-Retarget"] == "#dialog"
    assert re.search(r'<input type="text" name="v-what" value="a &lt;thing&gt;"', asked.text)
    assert re.search(r'<input type="text" name="v-tone" value="kind"', asked.text)
    assert re.search(r'<textarea name="v-code"[^>]*>\s1\n2</textarea>', asked.text)
    assert not Prompt.objects.exclude(used_at=None).exists()
    given = {"v-what": "{{tone}} & <b>", "v-tone": "", "v-code": " x\r\ny \r\n"}
    assert used(client, prompt, **given) == "{{tone}} & <b>, , {{tone}} & <b>\n x\ny "
    assert Prompt.objects.exclude(used_at=None).exists()


def test_a_value_of_unknown_length_has_room_for_lines(
    alice: User, client_of: ClientOf, make_prompt: MakePrompt
) -> None:
    prompt = make_prompt(alice, "ask", "{{text}}")
    page = client_of(alice).get(reverse("prompt_use", args=[prompt.id])).text
    assert '<textarea name="v-text"' in page


def test_the_day_and_the_name_are_known(alice: User, client_of: ClientOf, make_prompt: MakePrompt) -> None:
    prompt = make_prompt(alice, "known", "{{date}} {{user_name}}")
    client, zone = client_of(alice), "Pacific/Kiritimati"
    client.cookies["time_zone"] = zone
    asked = client.get(reverse("prompt_use", args=[prompt.id])).text
    assert re.findall(r'name="v-([^"]*)"', asked) == ["user_name"]
    User.objects.filter(id=alice.id).update(first_name="Alice", last_name="Ngô")
    before = datetime.now(UTC).astimezone(ZoneInfo(zone)).date()
    text = used(client, prompt)
    after = datetime.now(UTC).astimezone(ZoneInfo(zone)).date()
    assert text in {f"{day.isoformat()} Alice Ngô" for day in (before, after)}


def test_a_link_fills_the_field_of_a_new_conversation(
    alice: User, charlie: User, client_of: ClientOf, make_prompt: MakePrompt
) -> None:
    prompt = make_prompt(alice, "plain", "Dear <you>,\n{{date}} {{ask:me}}")
    page = client_of(alice).get("/", {"prompt": str(prompt.id)}).text
    assert re.search(r"Dear &lt;you&gt;,\n\d{4}-\d\d-\d\d {{ask:me}}</textarea>", page)
    assert client_of(alice).get("/", {"prompt": "nonsense", "text": "Kept"}).text.count(">Kept</textarea>") == 1
    assert client_of(charlie).get("/", {"prompt": str(prompt.id)}).status_code == 404


def test_without_javascript_the_form_is_a_page_that_leads_to_the_field(
    alice: User, client_of: ClientOf, make_prompt: MakePrompt
) -> None:
    prompt = make_prompt(alice, "ask", "About {{what}}")
    client, address = client_of(alice), reverse("prompt_use", args=[prompt.id])
    page = client.get(address).text
    assert "<html" in page
    assert "Begin a conversation with it" in page
    assert ">About pools</textarea>" in client.post(address, {"v-what": "pools"}).text


@pytest.mark.parametrize("is_shared", [True, False])
def test_anothers_prompt_is_used_if_it_is_shared(
    alice: User, admin: User, client_of: ClientOf, make_prompt: MakePrompt, is_shared: bool
) -> None:
    prompt = make_prompt(admin, "house", is_shared=is_shared)
    answer = client_of(alice).post(reverse("prompt_use", args=[prompt.id]), headers=HTMX)
    assert answer.status_code == (200 if is_shared else 404)
    prompt.refresh_from_db()
    assert prompt.used_at is None
