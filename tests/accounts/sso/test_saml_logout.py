"""A logout that a SAML provider leads a browser through ends the sessions of whom it names, and no others."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import AuditEntry, SSOSession, SSOTrace, User
from accounts.sessions import session_ended
from tests.support import saml
from tests.support.saml import assertion_of, begin, logout_request, logout_response, metadata, moment, post, sign
from tests.support.sso import KEYS

pytestmark = [pytest.mark.django_db, pytest.mark.security]

LED_ON = "https://idp.example.org/slo?SAMLResponse="


@pytest.fixture(autouse=True)
def _set_up(settings: Settings) -> None:
    settings.SSO_PROVIDERS = [
        {"kind": "saml", "slug": "saml", "name": "The Works", "metadata": metadata(), "creates_accounts": True}
    ]


def signed_in(**given: Any) -> Client:
    client = Client()
    document = saml.response(begin(client), **given)
    sign(assertion_of(document))
    assert post(client, document).status_code == 302
    assert is_in(client)
    return client


def is_in(client: Client) -> bool:
    return client.get("/preferences/").status_code == 200


def lead(client: Client, query: str) -> Any:
    return client.get(f"/accounts/saml/saml/sls/?{query}")


def assert_refused(response: Any, reason: str, detail: str) -> None:
    assert response.status_code == 401
    trace = SSOTrace.objects.latest("at")
    assert (trace.outcome, trace.reason) == ("failed", reason)
    assert detail in trace.detail


@pytest.fixture
def browsers() -> list[Client]:
    """Two of Alice's at the provider, one of hers that knows nothing of it, and another person's at the provider."""
    by_password = Client()
    found = [signed_in(session="session-1"), signed_in(session="session-2"), by_password]
    by_password.force_login(User.objects.get())
    theirs = {saml.EMAIL: "bob@example.org", "email_verified": "true"}
    return [*found, signed_in(name="person-2", session="session-3", attributes=theirs)]


def test_the_person_is_signed_out_everywhere(browsers: list[Client]) -> None:
    told: list[str] = []

    def listen(session_key: str, **kwargs: Any) -> None:
        told.append(session_key)

    session_ended.connect(listen)
    response = lead(browsers[0], logout_request())
    assert response.headers["Location"].startswith(LED_ON)
    assert "_auth_user_id" not in browsers[0].session
    assert [is_in(client) for client in browsers] == [False, False, True, True]
    assert SSOSession.objects.get().sid == "session-3"
    assert SSOTrace.objects.latest("at").outcome == "signed_out"
    assert AuditEntry.objects.filter(action="session.ended_by_issuer").count() == 2


def test_of_the_sessions_that_are_named_the_others_go_on(browsers: list[Client]) -> None:
    assert lead(browsers[0], logout_request(sessions=["session-2", "session-3"])).headers["Location"].startswith(LED_ON)
    assert [is_in(client) for client in browsers] == [True, False, True, True]


@pytest.mark.parametrize("led", [0, 2, 3], ids=["alices", "by-password", "another-persons"])
def test_whose_browser_it_is_makes_no_difference(browsers: list[Client], led: int) -> None:
    lead(browsers[led], logout_request(name="person-2"))
    assert [is_in(client) for client in browsers] == [True, True, True, False]


def test_of_somebody_who_is_not_here_nothing_ends(browsers: list[Client]) -> None:
    assert lead(browsers[0], logout_request(name="person-9")).headers["Location"].startswith(LED_ON)
    assert all(map(is_in, browsers))


def test_somebody_who_has_a_name_of_their_own_here(settings: Settings) -> None:
    """The account is known by an attribute, and the logout names whom the assertion named."""
    attributes = {saml.EMAIL: "alice@example.org", saml.SUBJECT_ID: "alice@works"}
    client = signed_in(attributes=attributes, name="of-today")
    assert SSOTrace.objects.latest("at").claims["sub"] == "alice@works"
    lead(client, logout_request(name="of-today"))
    assert not is_in(client)


@pytest.mark.parametrize("key", [KEYS[1], None], ids=["another", "none"])
def test_it_has_to_be_signed_by_the_provider(browsers: list[Client], key: Any) -> None:
    assert_refused(lead(browsers[0], logout_request(key)), "token", "")
    assert all(map(is_in, browsers))


def test_it_ends_sessions_once(browsers: list[Client]) -> None:
    query = logout_request()
    lead(browsers[0], query)
    later = signed_in()
    assert_refused(lead(later, query), "token", "used already")
    assert is_in(later)


@pytest.mark.parametrize("name", ["", "  "])
def test_it_has_to_name_somebody(browsers: list[Client], name: str) -> None:
    assert_refused(lead(browsers[0], logout_request(name=name)), "token", "names nobody")
    assert all(map(is_in, browsers))


@pytest.mark.parametrize("minutes", [-30, 30])
def test_it_has_to_be_of_now(browsers: list[Client], minutes: int) -> None:
    assert_refused(lead(browsers[0], logout_request(issued=moment(minutes=minutes))), "token", "clock")
    assert all(map(is_in, browsers))


def test_the_answer_to_a_logout_that_nobody_asked_for(browsers: list[Client]) -> None:
    assert_refused(lead(browsers[0], logout_response()), "state", "asked for no logout")
    assert all(map(is_in, browsers))


@pytest.mark.parametrize("what", ["SAMLRequest=aGFsbG8=", "SAMLResponse=aGFsbG8=", "SAMLRequest=%FF", "SAMLRequest="])
def test_what_is_no_document(what: str) -> None:
    assert lead(Client(), f"{what}&Signature=x").status_code in (401, 502)
