"""The page of the response cache: who sees it, what it changes, and what it says."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from providers.actions.ledger import LedgerLine, write_lines
from providers.contract import Payer, Source, Usage
from providers.models import CachedResponse, CacheSettings
from tests.providers.cache.asking import USAGE, ask, given, keep, site

ClientOf = Callable[[User], Client]
PATH = "/providers/cache/"
FIELDS = {"is_exact_enabled": "on", "is_semantic_enabled": "on", "shared_scope": "none"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def client(admin: User, client_of: ClientOf) -> Client:
    return client_of(admin)


def test_it_shows_what_holds(client: Client, alice: User) -> None:
    keep(ask(alice))
    page = client.get(PATH).text
    assert "for 60 minutes" in page
    assert 'name="is_exact_enabled" id="id_is_exact_enabled" checked' in " ".join(page.split()).replace(
        'aria-describedby="id_is_exact_enabled_helptext" ', ""
    )
    assert "Last changed" not in page
    assert "1 <small>of 20,000" in page
    assert "0 <small>of 10,000" in page


def test_settings_are_saved_with_who_and_what(client: Client, admin: User, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        response = client.post(f"{PATH}change/", FIELDS | {"shared_scope": "site"})
    assert (response.status_code, response["Location"]) == (302, PATH)
    row = CacheSettings.objects.get()
    assert (row.is_exact_enabled, row.is_semantic_enabled, row.shared_scope) == (True, True, "site")
    assert row.updated_by == admin
    said = f"response cache: exact on, semantic on, shared with site, 0 removed, by {admin.id}"
    assert said in caplog.messages
    page = client.get(PATH).text
    assert "Saved. It holds from the next question on." in page
    assert "by admin@example.org." in page


def test_what_is_not_ticked_is_off(client: Client) -> None:
    client.post(f"{PATH}change/", FIELDS)
    client.post(f"{PATH}change/", {"shared_scope": "none"})
    row = CacheSettings.objects.get()
    assert (row.is_exact_enabled, row.is_semantic_enabled) == (False, False)


@pytest.mark.parametrize("scope", ["", "everybody"])
def test_an_unknown_scope_is_refused(client: Client, scope: str) -> None:
    response = client.post(f"{PATH}change/", FIELDS | {"shared_scope": scope})
    assert response.status_code == 422
    assert "Choose one of the list." in response.text
    assert not CacheSettings.objects.exists()


def test_another_scope_removes_what_was_shared(client: Client, alice: User) -> None:
    site(shared_scope="site")
    keep(ask(alice))
    client.post(f"{PATH}change/", FIELDS | {"shared_scope": "site", "is_semantic_enabled": ""})
    assert CachedResponse.objects.exists(), "the scope is the same"
    client.post(f"{PATH}change/", FIELDS)
    assert not CachedResponse.objects.exists()


def test_it_can_be_emptied(client: Client, admin: User, alice: User, caplog: pytest.LogCaptureFixture) -> None:
    keep(ask(alice))
    with caplog.at_level(logging.INFO):
        page = client.post(f"{PATH}empty/", follow=True).text
    assert "The cache is empty: 1 answer removed." in page
    assert f"response cache: emptied, 1 removed, by {admin.id}" in caplog.messages
    assert given(ask(alice)) is None


def test_how_often_it_answered_and_what_that_saved(client: Client, alice: User) -> None:
    assert "<dd>–</dd>" in client.get(PATH).text
    write_lines(
        [
            line(alice, "cache"),
            line(alice, "provider"),
            line(alice, "provider"),
            line(alice, "provider", feature="title"),
            line(alice, "cache", days_ago=2),
        ]
    )
    page = client.get(PATH).text
    assert "33.3 % <small>1 of 3 answers" in page
    assert "<dd>unknown</dd>" in page
    write_lines([line(alice, "cache", endpoint="openai", model="gpt-4o", usage=Usage(1_000_000, 0))])
    assert "<dd>at least $2.50</dd>" in client.get(PATH).text


def line(
    user: User,
    source: Source,
    *,
    feature: str = "chat",
    days_ago: int = 0,
    endpoint: str = "nowhere",
    model: str = "unknown",
    usage: Usage = USAGE,
) -> LedgerLine:
    return LedgerLine(
        request_id=uuid4(),
        call_number=1,
        payer=Payer(user.id),
        subject_id=None,
        feature=feature,  # type: ignore[arg-type]  # one of the features
        source=source,
        endpoint=endpoint,
        model=model,
        outcome="complete",
        usage=usage,
        is_estimated=False,
        first_token_ms=1,
        duration_ms=1,
        ended_at=timezone.now() - timedelta(days=days_ago),
    )


def test_it_says_when_the_environment_switched_it_off(client: Client, settings: Settings) -> None:
    settings.CACHE_TTL = 0
    assert "By CACHE_TTL no answer is given again" in client.get(PATH).text


@pytest.mark.parametrize(("path", "method"), [("", "get"), ("change/", "post"), ("empty/", "post")])
def test_it_is_for_administrators_only(alice: User, charlie: User, client_of: ClientOf, path: str, method: str) -> None:
    keep(ask(alice))
    assert getattr(client_of(charlie), method)(PATH + path, FIELDS).status_code == 404
    visitor = getattr(Client(), method)(PATH + path, FIELDS)
    assert (visitor.status_code, visitor["Location"].split("?")[0]) == (302, "/accounts/login/")
    assert CachedResponse.objects.exists()
    assert not CacheSettings.objects.exists()


def test_the_providers_page_leads_there(client: Client) -> None:
    assert f'href="{PATH}"' in client.get("/providers/").text
