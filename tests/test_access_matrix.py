"""Who gets what at every address: a line for each in `tests/support/access.py`, tried with the whole cast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import get_resolver
from pytest_django import Settings

from accounts.models import User
from chat.models import Conversation, Message
from tests.support.access import ADMINISTRATOR, EXPECTED, LEFT_OUT, TURN, Line, get
from tests.support.belongings import HERS
from tests.support.walk import ADDRESSES, Address, Site, make_site, pages_of_the_admin, stored

pytestmark = pytest.mark.security

HTMX = {"HX-Request": "true"}


@pytest.fixture
def site(db: None, settings: Settings, client_of: Callable[[User], Client]) -> Site:
    settings.OWN_KEYS_ALLOWED = True
    return make_site(client_of)


def ask(client: Client, method: str, path: str, form: dict[str, str], headers: dict[str, str]) -> Any:
    return client.post(path, form, headers=headers) if method == "POST" else client.get(path, headers=headers)


def text_of(response: Any) -> str:
    return b"".join(response).decode()


def outcome(response: Any, line: Line) -> str:
    """It leads to the login, opens, or is refused with a status."""
    leads_to = response.get("Location", "") or response.get("HX-Redirect", "")
    if response.status_code in (302, 401) and leads_to.startswith(("/accounts/login/", "/admin/login/")):
        return "login"
    return "opens" if response.status_code in (200, 204, 302, line.answers) else str(response.status_code)


def due(line: Line, name: str, method: str) -> str:
    if name == "visitor" and name not in line.who:
        return "login"
    if method not in line.methods:
        return "405"
    if name in line.who:
        return "opens"
    return line.refuses_analysts if name == "analyst" and line.refuses_analysts else line.refuses


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.key)
def test_everybody_gets_what_is_for_them(address: Address, site: Site) -> None:
    line = EXPECTED.get(address.key)
    assert line, f"/{address.route} has no line: add one to EXPECTED for {address.key!r} that says who may use it"
    path, before = site.path(address, line), stored()
    for name, client in site.clients.items():
        for method in ("GET", "POST"):
            comes_to = due(line, name, method)
            # A door is not to be passed by asking for a part of the page.
            for headers in [{}] if comes_to == "opens" else [{}, HTMX]:
                with transaction.atomic():
                    answer = ask(client, method, path, line.form, headers)
                    has_changed = stored() != before
                    transaction.set_rollback(True)
                only_asks = line.asks if isinstance(line.asks, bool) else name in line.asks
                changes = comes_to == "opens" and (line.is_noted or (method == "POST" and not only_asks))
                said = (name, method, headers, outcome(answer, line), has_changed)
                assert said == (name, method, headers, comes_to, changes)
                # Read whole, also where nothing is looked for: that closes a file.
                text = text_of(answer)
                assert name == "owner" or [words for words in HERS if words in text] == []


def test_no_id_in_a_form_or_a_query_leads_to_what_is_anothers(site: Site) -> None:
    client, hers = site.clients["stranger"], str(site.things["message_id"])
    client.post("/conversations/", TURN)
    own = Conversation.objects.get(owner__email="stranger@example.org")
    page = f"/conversations/{own.id}/"
    before = stored()
    assert client.get(page, {"before": hers}).status_code == 404
    assert client.get(f"{page}log/", {"before": hers}).status_code == 404
    refused = client.post(f"{page}messages/", {"text": "Go on", "turn_key": str(uuid4()), "parent": hers})
    assert refused.status_code == 422
    assert stored() == before
    client.post("/conversations/", {"text": "Another", "turn_key": str(uuid4()), "parent": hers})
    assert Message.objects.get(author=own.owner, text="Another").parent is None


@pytest.mark.parametrize("name", ["visitor", "stranger", "moderator", "analyst"])
def test_the_admins_pages_are_for_administrators(name: str, site: Site, settings: Settings) -> None:
    settings.RATE_LIMIT_IP_REQUESTS = 1_000
    line = get(ADMINISTRATOR)
    before, pages = stored(), list(pages_of_the_admin())
    assert len(pages) > 30
    for path in pages:
        for method in ("GET", "POST"):
            answer = ask(site.clients[name], method, path, {"post": "yes"}, {})
            # Moderators and analysts are let in, and find no rows.
            due = "403" if name in ("moderator", "analyst") else "login"
            assert (path, method, outcome(answer, line)) == (path, method, due)
    assert stored() == before
    assert outcome(site.clients["administrator"].get("/admin/chat/conversation/"), line) == "opens"


def test_nothing_is_expected_or_left_out_that_is_not_there() -> None:
    assert EXPECTED.keys() <= {address.key for address in ADDRESSES}
    assert LEFT_OUT.keys() <= {str(one.pattern) for one in get_resolver().url_patterns}


def test_what_is_looked_for_stands_on_its_owners_pages(site: Site) -> None:
    """Otherwise it would be missed on nobody's."""
    pages = (
        "conversation_detail",
        "message_reasoning",
        "message_feedback",
        "conversation_settings",
        "conversation_memory",
        "memory",
        "own_key_list",
        "prompt_use",
    )
    owner = site.clients["owner"]
    seen = "".join(owner.get(site.path(one, EXPECTED[one.key])).text for one in ADDRESSES if one.key in pages)
    assert [words for words in HERS if words not in seen] == []
