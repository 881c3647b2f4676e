"""What people are told where a budget refuses what they send, beside why."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from convoscope.settings import env
from providers.actions.ledger import write_lines
from providers.contract import Payer
from tests.support.spending import PRICED, line, make_budget

HTMX = {"HX-Request": "true"}
# Beside the composer, in a toast, and without JavaScript
PLACES = {"composer": HTMX | {"HX-Trigger": "composer"}, "toast": HTMX, "page": {}}


@pytest.mark.parametrize("place", PLACES)
def test_who_can_raise_a_budget_is_led_there_and_others_hear_who_can(
    alice: User, admin: User, client_of: Callable[[User], Client], settings: Settings, place: str
) -> None:
    settings.PROVIDERS = {"anthropic": env.Provider(api_key="k", base_url="", model=PRICED, timeout_s=30)}
    make_budget("site", limit="100")
    write_lines([line(Payer(alice.id), (100, 0))])
    fields = {"text": "Hello?", "turn_key": str(uuid4())}
    to_alice = client_of(alice).post("/conversations/", fields, headers=PLACES[place]).text
    assert "An administrator can raise the budget." in to_alice
    assert "Raise the budget" not in to_alice
    to_admin = client_of(admin).post("/conversations/", fields, headers=PLACES[place]).text
    assert '<a href="/budgets/">Raise the budget</a>' in to_admin
    assert "An administrator can" not in to_admin
