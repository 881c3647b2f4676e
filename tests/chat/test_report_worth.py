"""What a resolved conversation is worth, beside what it cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Conversation
from providers.models import Worth
from tests.support.ledger import line, write
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]
TODAY = datetime.now(UTC).date()
DOLLAR = 10**9


@pytest.fixture
def client(admin: User, client_of: ClientOf) -> Client:
    return client_of(admin)


def test_worth_is_set_beside_cost(client: Client, admin: User, alice: User) -> None:
    write(line(TODAY, cost_nanousd=2 * DOLLAR))
    turn = make_turn(alice)
    Conversation.objects.filter(id=turn.conversation.id).update(resolved_at=datetime.now(UTC))
    assert "<dt>Resolved conversations</dt><dd>1</dd>" in client.get("/reports/").text
    assert client.post("/reports/worth/", {"value": "4.50"}).headers["Location"] == "/reports/"
    html = client.get("/reports/").text
    assert "<dt>Value</dt><dd>$4.50</dd>" in html
    assert "<dt>Return</dt><dd>+125 %</dd>" in html
    worth = Worth.objects.get()
    assert (worth.value_nanousd, worth.set_by) == (4_500_000_000, admin)
    client.post("/reports/worth/", {"minutes": "10", "hourly_rate": "6"})
    html = client.get("/reports/").text
    assert "<dt>Value</dt><dd>$1.00</dd>" in html
    assert "<dt>Return</dt><dd>−50 %</dd>" in html
    assert Worth.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Enter the value of a resolved conversation, or the minutes it saves"),
        ({"value": "1", "minutes": "2", "hourly_rate": "3"}, "Enter the value of a resolved conversation, or"),
        ({"minutes": "2"}, "Minutes saved need an hourly rate"),
        ({"value": "1", "hourly_rate": "3"}, "Minutes saved need an hourly rate"),
        ({"value": "-1"}, "Enter an amount of dollars"),
        ({"value": "NaN"}, "Enter an amount of dollars"),
        ({"value": "1.00001"}, "Enter an amount of dollars"),
        ({"value": "1000001"}, "Enter an amount of dollars"),
        ({"minutes": "1.5", "hourly_rate": "3"}, "Enter a whole number of minutes"),
    ],
)
def test_a_worth_that_cannot_be_is_refused_beside_its_field(client: Client, fields: dict[str, str], said: str) -> None:
    refused = client.post("/reports/worth/", fields)
    assert refused.status_code == 422
    assert said in refused.text
    assert 'class="field-error"' in refused.text
    assert not Worth.objects.exists()


def test_a_worth_is_shown_to_the_digit_that_it_was_set_to(client: Client) -> None:
    client.post("/reports/worth/", {"value": "0.0049"})
    [shown] = re.findall(r'name="value"[^>]* value="([^"]*)"', client.get("/reports/").text)
    assert shown == "0.0049"
    client.post("/reports/worth/", {"value": shown})
    assert Worth.objects.in_force().value_nanousd == 4_900_000  # type: ignore[union-attr]  # set above
    client.post("/reports/worth/", {"value": "100"})
    assert 'value="100.00"' in client.get("/reports/").text


def test_setting_a_worth_stays_with_the_days_that_are_shown(client: Client) -> None:
    page = client.get("/reports/?range=7&by=model").text
    [action] = re.findall(r'action="(/reports/worth/[^"]*)"', page)
    address = unescape(action)
    assert client.post(address, {"value": "1"})["Location"] == "/reports/?range=7&by=model"
    refused = client.post(address, {"value": "-1"})
    assert refused.status_code == 422
    assert re.search(r'range=7&amp;by=model" aria-current="true"', refused.text)
    assert 'href="?' not in refused.text
