"""The issuer's word that a session is over ends it here, if it is the issuer's word."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from django.db import connection, transaction
from django.test import Client
from pytest_django import Settings

from accounts.actions.sso import apply_claims
from accounts.models import AuditEntry, SSOSession, SSOTrace, User
from accounts.sessions import session_ended
from tests.support.place import on_servers
from tests.support.sso import CLIENT_ID, KEYS, LOGOUT_EVENT, Issuer, sign_in_at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.security]

PATH = "/accounts/oidc/oidc/backchannel/"


def tell(token: str, path: str = PATH) -> Any:
    return Client(enforce_csrf_checks=True).post(path, {"logout_token": token})


def is_in(client: Client) -> bool:
    return client.get("/preferences/").status_code == 200


@pytest.fixture
def browsers(issuer: Issuer) -> list[Client]:
    """Two of Alice's at the issuer, and one of hers that knows nothing of it."""
    found = []
    for sid in ("sid-1", "sid-2"):
        issuer.claims["sid"] = sid
        client = Client()
        assert sign_in_at(issuer, client).status_code == 302
        found.append(client)
    by_password = Client()
    by_password.force_login(User.objects.get())
    return [*found, by_password]


def test_one_session_ends(issuer: Issuer, browsers: list[Client]) -> None:
    told: list[tuple[User, str]] = []

    def listen(person: User, session_key: str, **kwargs: Any) -> None:
        told.append((person, session_key))

    session_ended.connect(listen)
    key = browsers[0].session.session_key
    response = tell(issuer.logout_token(sid="sid-1"))
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")
    assert [is_in(client) for client in browsers] == [False, True, True]
    assert told == [(User.objects.get(), key)]
    assert [one.sid for one in SSOSession.objects.all()] == ["sid-2"]
    assert SSOTrace.objects.latest("at").outcome == "signed_out"
    assert AuditEntry.objects.filter(action="session.ended_by_issuer").count() == 1


def test_all_of_a_person_end(issuer: Issuer, browsers: list[Client]) -> None:
    assert tell(issuer.logout_token(sid=None)).status_code == 200
    assert [is_in(client) for client in browsers] == [False, False, True]


def test_of_a_person_who_is_not_here_nothing_is_said(issuer: Issuer, browsers: list[Client]) -> None:
    assert tell(issuer.logout_token(sub="sub-2")).status_code == 200
    assert tell(issuer.logout_token(sub="sub-2", sid="sid-1")).status_code == 200
    assert all(map(is_in, browsers))


def test_a_session_that_the_issuer_did_not_name_ends_by_its_person(issuer: Issuer) -> None:
    client = Client()
    sign_in_at(issuer, client)
    assert tell(issuer.logout_token(sid="sid-9", sub="sub-2")).status_code == 200
    assert is_in(client)
    tell(issuer.logout_token(sid="sid-9"))
    assert not is_in(client)


def test_a_session_that_goes_on_after_a_new_password_ends_too(issuer: Issuer) -> None:
    client = Client()
    sign_in_at(issuer, client)
    key = client.session.session_key
    fields = {"password1": "four unrelated words", "password2": "four unrelated words"}
    assert client.post("/accounts/password/set/", fields).status_code == 302
    assert client.session.session_key != key
    tell(issuer.logout_token())
    assert not is_in(client)


FAULTS: dict[str, dict[str, Any]] = {
    "another-issuer": {"iss": "https://elsewhere.example"},
    "another-audience": {"aud": "another-client"},
    "expired": {"exp": int(time.time()) - 90},
    "not-yet": {"iat": int(time.time()) + 3600},
    "for-ever": {"exp": int(time.time()) + 10**6},
    "without-expiry": {"exp": None},
    "without-id": {"jti": None},
    "without-events": {"events": None},
    "events-no-object": {"events": [LOGOUT_EVENT]},
    "another-event": {"events": {"http://example.org/event": {}}},
    "event-no-object": {"events": {LOGOUT_EVENT: "yes"}},
    "with-a-nonce": {"nonce": "n"},
    "of-nobody": {"sub": None},
    "expiry-in-words": {"exp": "4102444800"},
    "of-a-number": {"sub": None, "sid": 7},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_no_logout_token(issuer: Issuer, browsers: list[Client], fault: str) -> None:
    assert_refused(tell(issuer.logout_token(**FAULTS[fault])), browsers)


def assert_refused(response: Any, browsers: list[Client]) -> None:
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_request"
    assert all(map(is_in, browsers))
    trace = SSOTrace.objects.latest("at")
    assert (trace.outcome, trace.detail.partition(":")[0]) == ("failed", "back-channel logout")


def test_with_another_signature(issuer: Issuer, browsers: list[Client]) -> None:
    issuer.token = lambda claims: issuer.sign(claims, key=KEYS[1])
    assert_refused(tell(issuer.logout_token()), browsers)
    issuer.token = lambda claims: jwt.encode(claims, "", algorithm="none", headers={"kid": "one"})
    assert_refused(tell(issuer.logout_token()), browsers)
    assert_refused(tell("nonsense"), browsers)
    assert_refused(tell(""), browsers)


def test_the_same_token_once(issuer: Issuer, browsers: list[Client]) -> None:
    token = issuer.logout_token(sid="sid-1")
    assert tell(token).status_code == 200
    assert tell(token).status_code == 400


def test_an_id_token_ends_nothing(issuer: Issuer, browsers: list[Client]) -> None:
    assert_refused(tell(issuer.id_token("n")), browsers)


def test_an_issuer_that_is_down(issuer: Issuer, browsers: list[Client]) -> None:
    from django.core.cache import cache

    cache.clear()
    issuer.answers["/jwks"] = (500, b"")
    assert_refused(tell(issuer.logout_token()), browsers)


def test_of_a_provider_that_has_none(issuer: Issuer, settings: Settings) -> None:
    settings.SSO_PROVIDERS = [
        {"kind": "github", "slug": "github", "name": "GitHub", "client_id": CLIENT_ID, "secret": "s"}
    ]
    assert tell("x").status_code == 404
    assert tell("x", "/accounts/oidc/github/backchannel/").status_code == 404
    assert Client().get(PATH).status_code == 405


def test_an_issuer_may_end_many_sessions_in_a_minute(
    issuer: Issuer, browsers: list[Client], settings: Settings
) -> None:
    settings.RATE_LIMIT_IP_REQUESTS = 2
    assert [tell(issuer.logout_token(sid=None)).status_code for _ in range(4)] == [200] * 4
    # Who only says that it is the issuer may not.
    assert [tell("nonsense").status_code for _ in range(3)] == [400, 400, 429]
    assert tell(issuer.logout_token(sid=None)).status_code == 200


@on_servers
def test_sessions_end_while_claims_are_applied(issuer: Issuer) -> None:
    """The sign-in holds the person's row, and the trace of the logout refers to it: neither waits for the other."""
    client = Client()
    sign_in_at(issuer, client)
    person = User.objects.get()
    with transaction.atomic():
        apply_claims(user=person, provider="oidc", claims=issuer.claims, outcome="signed_in")
        assert told_meanwhile(issuer.logout_token()) == 200
    assert not is_in(client)


def told_meanwhile(token: str) -> int:
    def call() -> int:
        try:
            with connection.cursor() as cursor:
                # It would wait for ever.
                cursor.execute("SET lock_timeout = '2s'")
            return int(tell(token).status_code)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
            connection.close()

    with ThreadPoolExecutor() as pool:
        return pool.submit(call).result()
