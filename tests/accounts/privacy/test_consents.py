"""Terms that can't be passed, optional uses that nothing presses, and what a decision changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from accounts.actions.consents import choose_optional, publish_terms
from accounts.models import AuditEntry, Consent, ErasureRequest, Terms, User
from chat.actions.experiments import start_experiment
from chat.effective import effective_settings
from chat.experiments.assignment import experiment_settings, forget_running
from chat.models import Conversation, ConversationExport
from providers.models import UsageRecord
from tests.accounts.privacy.conftest import reauthenticated
from tests.support.answers import make_conversation
from tests.support.entrance import sign_up, text_of
from tests.support.ledger import line, write

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
TEXT = "Be kind.\n\nDon't paste <secrets>."
TURN = {"text": "Hello", "turn_key": "0192d4c8-0000-7000-8000-000000000001"}


@pytest.fixture
def terms(root: User) -> Terms:
    made = Terms(text=TEXT)
    publish_terms(terms=made, by=root)
    return made


def decided(user: User) -> list[tuple[str, int, bool]]:
    rows = Consent.objects.filter(user=user).order_by("id")
    return [(one.purpose, one.version, one.is_given) for one in rows]


def test_nobody_is_asked_where_there_are_none(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert client.get("/").status_code == 200
    assert client.get("/terms/").headers["Location"] == "/"


def test_nothing_is_passed_before_they_are_agreed_to(alice: User, terms: Terms, client_of: ClientOf) -> None:
    client = client_of(alice)
    asked = client.get("/conversations/manage/?page=2", follow=True)
    assert asked.redirect_chain == [("/terms/?next=/conversations/manage/%3Fpage%3D2", 302)]
    assert "Don't paste <secrets>." in text_of(asked)
    assert "checked" not in asked.text
    refused = client.post("/conversations/", TURN, headers=HTMX)
    assert (refused.status_code, Conversation.objects.count()) == (403, 0)
    assert "nothing was done" in text_of(refused)
    assert client.get("/search/palette/", headers=HTMX).headers["HX-Redirect"] == "/terms/"
    without = client.post("/terms/", {"version": "1", "next": "/"})
    assert without.status_code == 422
    assert decided(alice) == []
    form = {"version": "1", "agrees": "on", "analytics": "on", "next": "/search/?q=a"}
    assert client.post("/terms/", form).headers["Location"] == "/search/?q=a"
    assert decided(alice) == [("terms", 1, True), ("quality_review", 1, False), ("analytics", 1, True)]
    assert client.get("/").status_code == 200
    assert AuditEntry.objects.filter(action="consent.given").count() == 1


def test_it_leads_to_no_other_site(alice: User, terms: Terms, client_of: ClientOf) -> None:
    form = {"version": "1", "agrees": "on", "next": "https://elsewhere.example/"}
    assert client_of(alice).post("/terms/", form).headers["Location"] == "/"


def test_the_way_out_stays_open(alice: User, terms: Terms) -> None:
    client = reauthenticated(alice)
    assert "Erase your account" in text_of(client.get("/privacy/"))
    assert client.get("/decisions/").status_code == 200
    client.post("/privacy/data/")
    assert ConversationExport.objects.get().format == "everything"
    client.post("/privacy/erasure/")
    assert ErasureRequest.objects.count() == 1
    client.post("/privacy/erasure/cancel/")
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/").headers["Location"].startswith("/accounts/login/")


def test_who_comes_later_is_asked_too(terms: Terms, root: User) -> None:
    client = Client()
    sign_up("dora@example.org", client=client)
    assert client.get("/").headers["Location"] == "/terms/?next=/"


def test_who_is_added_by_an_administrator_is_asked_too(terms: Terms) -> None:
    assert User.objects.create_user(email="erin@example.org").has_terms_due


def test_a_new_version_asks_again(alice: User, terms: Terms, root: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    client.post("/terms/", {"version": "1", "agrees": "on"})
    publish_terms(terms=Terms(text="Be kinder."), by=root)
    assert client.get("/").headers["Location"] == "/terms/?next=/"
    late = client.post("/terms/", {"version": "1", "agrees": "on"})
    assert "The terms have changed since." in text_of(late)
    client.post("/terms/", {"version": "2", "agrees": "on"})
    assert client.get("/").status_code == 200


def test_withdrawn_on_the_page_of_privacy(alice: User, terms: Terms, client_of: ClientOf) -> None:
    client = client_of(alice)
    client.post("/terms/", {"version": "1", "agrees": "on", "quality_review": "on", "analytics": "on"})
    client.post("/privacy/consents/", {"analytics": "on"})
    assert decided(alice)[3:] == [("quality_review", 1, False)]
    # What is sent again changes nothing.
    client.post("/privacy/consents/", {"analytics": "on"})
    assert len(decided(alice)) == 4
    client.post("/privacy/terms/withdraw/")
    assert decided(alice)[4:] == [("terms", 1, False)]
    assert client.get("/").headers["Location"] == "/terms/?next=/"
    page = text_of(client.get("/privacy/"))
    assert "Quality review not agreed" in page
    assert "Terms, version 1 not agreed" in page


def test_where_there_are_none_nothing_is_withdrawn(alice: User, client_of: ClientOf) -> None:
    """Nobody could agree again: every page would lead to the next one without end."""
    client = client_of(alice)
    assert client.post("/privacy/terms/withdraw/").status_code == 302
    assert client.get("/").status_code == 200
    assert decided(alice) == []


def test_who_declines_is_not_named_in_reports(alice: User, charlie: User, root: User, client_of: ClientOf) -> None:
    write(line(date(2026, 3, 1), user_id=alice.id), line(date(2026, 3, 1), user_id=charlie.id))
    assert UsageRecord.objects.count() == 2
    choose_optional(user=alice, given=["analytics"])
    choose_optional(user=alice, given=[])
    address = "/reports/user.csv?from=2026-03-01&to=2026-03-01"
    page = b"".join(client_of(root).get(address)).decode()
    assert "alice@example.org" not in page
    assert "Somebody who doesn't want to be named" in page
    assert "charlie@example.org" in page


def test_who_declines_takes_no_part_in_experiments(alice: User, root: User) -> None:
    start_experiment(
        name="Words", setting="system_prompt", variant_a="Briefly.", variant_b="At length.", share_percent=50, by=root
    )
    conversation = make_conversation(alice)
    Conversation.objects.filter(id=conversation.id).update(settings={})
    conversation.refresh_from_db()
    forget_running()
    assert "experiments" in experiment_settings(conversation, effective_settings(conversation))
    choose_optional(user=alice, given=["quality_review"])
    choose_optional(user=alice, given=[])
    conversation = Conversation.objects.get(id=conversation.id)
    assert "experiments" not in experiment_settings(conversation, effective_settings(conversation))
    forget_running()
