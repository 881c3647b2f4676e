"""An issuer that is wrong, down, slow or talks nonsense lets nobody in, and the page says so."""

from __future__ import annotations

import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.models import SSOTrace, User
from tests.support.entrance import text_of
from tests.support.sso import CLIENT_ID, KEYS, Issuer, come_back, leave, query_of, sign_in_at

pytestmark = [pytest.mark.django_db, pytest.mark.security]

Fault = Callable[[Issuer], object]


def assert_refused(response: Any, reason: str, detail: str, words: str) -> None:
    assert not User.objects.exists()
    trace = SSOTrace.objects.get()
    assert (trace.outcome, trace.reason) == ("failed", reason), trace.detail
    assert detail in trace.detail
    assert words in text_of(response)
    assert str(trace.id) in text_of(response)
    assert response.status_code in (401, 502)


def token_with(**changes: Any) -> Fault:
    def change(issuer: Issuer) -> None:
        def make(claims: dict[str, Any]) -> str:
            changed = claims | changes
            return issuer.sign({name: value for name, value in changed.items() if value is not None})

        issuer.token = make

    return change


def token_signed(**how: Any) -> Fault:
    def change(issuer: Issuer) -> None:
        issuer.token = lambda claims: issuer.sign(claims, **how)

    return change


def signed_with_the_public_key(issuer: Issuer) -> None:
    """As whoever knows it can: it is public."""
    public = KEYS[0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def make(claims: dict[str, Any]) -> str:
        # By hand: PyJWT refuses to make such a token.
        parts = [{"alg": "HS256", "kid": "one"}, claims]
        signed = b".".join(urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=") for part in parts)
        signature = hmac.digest(public, signed, "sha256")
        return b".".join([signed, urlsafe_b64encode(signature).rstrip(b"=")]).decode()

    issuer.token = make


def unsigned(issuer: Issuer) -> None:
    issuer.token = lambda claims: jwt.encode(claims, "", algorithm="none", headers={"kid": "one"})


TRUST = "can't be trusted"
TOKENS: dict[str, tuple[Fault, str]] = {
    "wrong-signature": (token_signed(key=KEYS[1]), "Signature verification failed"),
    "another-issuer": (token_with(iss="https://elsewhere.example"), "of the issuer"),
    "another-audience": (token_with(aud="another-client"), "InvalidAudienceError"),
    "another-party": (token_with(azp="another-client"), "azp"),
    "several-audiences-and-no-party": (token_with(aud=[CLIENT_ID, "another-client"]), "azp"),
    "expired": (token_with(exp=int(time.time()) - 90), "ExpiredSignatureError"),
    "not-yet": (token_with(iat=int(time.time()) + 3600), "ImmatureSignatureError"),
    "without-expiry": (token_with(exp=None), "MissingRequiredClaimError"),
    "expiry-in-words": (token_with(exp="4102444800"), "no number as exp"),
    "without-subject": (token_with(sub=None), "MissingRequiredClaimError"),
    "another-nonce": (token_with(nonce="of another sign-in"), "nonce"),
    "without-nonce": (token_with(nonce=None), "nonce"),
    "unsigned": (unsigned, "'none', which isn't taken"),
    "signed-with-the-public-key": (signed_with_the_public_key, "'HS256', which isn't taken"),
    "unknown-key": (token_signed(kid="made-up"), "no key 'made-up'"),
    "no-token-at-all": (lambda issuer: setattr(issuer, "token", lambda claims: "not a token"), "isn't valid"),
}


@pytest.mark.parametrize("fault", TOKENS)
def test_a_token_that_is_not_what_it_should_be(issuer: Issuer, fault: str) -> None:
    change, detail = TOKENS[fault]
    change(issuer)
    assert_refused(sign_in_at(issuer), "token", detail, TRUST)


def test_clocks_may_differ_by_a_minute(issuer: Issuer) -> None:
    now = int(time.time())
    token_with(exp=now - 30, iat=now + 30)(issuer)
    assert sign_in_at(issuer).headers["Location"] == "/"


def test_a_sign_in_is_finished_once(issuer: Issuer) -> None:
    client = Client()
    url = leave(client)
    assert come_back(client, issuer, url).status_code == 302
    client.post("/accounts/logout/")
    response = come_back(client, issuer, url)
    assert response.status_code == 401
    assert "finished already" in text_of(response)
    assert SSOTrace.objects.first().reason == "state"  # type: ignore[union-attr]  # there is one


def test_a_sign_in_that_began_in_another_browser(issuer: Issuer) -> None:
    assert_refused(come_back(Client(), issuer, leave(Client())), "state", "no sign-in of this browser", "Begin again")


def test_a_stranger_does_not_fill_the_list_of_traces(issuer: Issuer, settings: Settings) -> None:
    settings.RATE_LIMIT_IP_REQUESTS = 2
    paths = ["/accounts/oidc/oidc/login/callback/?code=x&state=x"] * 4
    assert [Client().get(path).status_code for path in paths] == [401, 401, 429, 429]
    assert SSOTrace.objects.count() == 2


def test_the_answer_of_another_issuer(issuer: Issuer) -> None:
    client = Client()
    response = come_back(client, issuer, leave(client), iss="https://elsewhere.example")
    assert_refused(response, "token", "another issuer answered", TRUST)


def test_what_the_issuer_tells_is_of_another_person(issuer: Issuer) -> None:
    issuer.userinfo = {"sub": "sub-2"}
    assert_refused(sign_in_at(issuer), "token", "another person", TRUST)


def test_a_no_at_the_issuer(issuer: Issuer) -> None:
    client = Client()
    asked = query_of(leave(client))
    response = client.get(
        "/accounts/oidc/oidc/login/callback/",
        {"error": "access_denied", "error_description": "Not today", "state": asked["state"]},
    )
    assert_refused(response, "denied", "access_denied Not today", "didn't let you in")


def test_keys_that_changed_are_fetched_again_and_not_more_than_once_a_minute(issuer: Issuer) -> None:
    assert sign_in_at(issuer).status_code == 302
    assert issuer.asked.count("/jwks") == 1
    issuer.keys, issuer.signs_with = {"two": KEYS[1]}, "two"
    # The minute since the first look at the keys is not over.
    assert sign_in_at(issuer).status_code == 401
    assert issuer.asked.count("/jwks") == 1
    _let_a_minute_pass(issuer)
    assert sign_in_at(issuer).status_code == 302
    assert issuer.asked.count("/jwks") == 2
    issuer.signs_with, issuer.keys = "three", {"three": KEYS[2]}
    for _ in range(3):
        assert sign_in_at(issuer).status_code == 401
    assert issuer.asked.count("/jwks") == 2


def _let_a_minute_pass(issuer: Issuer) -> None:
    from accounts.sso.discovery import _key

    cache.delete(_key("again", f"{issuer.url}/jwks"))


def test_what_the_issuer_says_of_itself_is_kept_for_a_while(issuer: Issuer) -> None:
    for _ in range(3):
        assert sign_in_at(issuer).status_code == 302
    assert issuer.asked.count("/.well-known/openid-configuration") == 1


def changed(path: str, **changes: Any) -> Fault:
    def set_up(issuer: Issuer) -> None:
        issuer.edits[path] = lambda document: document.update(changes)

    return set_up


def answers(path: str, status: int, body: bytes) -> Fault:
    return lambda issuer: issuer.answers.update({path: (status, body)})


def drips(path: str) -> Fault:
    """Always another byte, so that no silence is long enough."""

    def drip(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b" " * 2**14)
                time.sleep(0.01)
        except OSError:
            return

    return lambda issuer: issuer.answers.update({path: drip})


def closes(path: str) -> Fault:
    return lambda issuer: issuer.answers.update({path: lambda handler: handler.connection.close()})


DISCOVERY = "/.well-known/openid-configuration"
AT_THE_DOOR: dict[str, tuple[Fault, str, str]] = {
    "another-name": (changed(DISCOVERY, issuer="https://elsewhere.example"), "configuration", "calls itself"),
    "no-keys": (changed(DISCOVERY, jwks_uri=None), "configuration", "no jwks_uri"),
    "no-token-endpoint": (changed(DISCOVERY, token_endpoint=7), "configuration", "no token_endpoint"),
    "unprotected": (changed(DISCOVERY, token_endpoint="http://issuer.example/t"), "configuration", "no https://"),
    "error": (answers(DISCOVERY, 500, b"oh"), "answer", "status 500"),
    "garbage": (answers(DISCOVERY, 200, b"<html>"), "answer", "no JSON"),
    "list": (answers(DISCOVERY, 200, b"[]"), "answer", "no JSON object"),
    "too-large": (answers(DISCOVERY, 200, b'{"a":"' + b"a" * 2**21 + b'"}'), "answer", "larger than"),
    "cut": (closes(DISCOVERY), "unreachable", "can't be fetched"),
    "slow": (drips(DISCOVERY), "unreachable", "took longer"),
}
ON_THE_WAY_BACK: dict[str, tuple[Fault, str, str]] = {
    "token-error": (answers("/token", 400, b'{"error":"invalid_client"}'), "answer", "invalid_client"),
    "token-garbage": (answers("/token", 200, b"nonsense"), "answer", "no JSON"),
    "no-access-token": (answers("/token", 200, b"{}"), "answer", "no access token"),
    "no-id-token": (answers("/token", 200, b'{"access_token":"a"}'), "answer", "the ID token is missing"),
    "keys-garbage": (answers("/jwks", 200, b'{"keys":"none"}'), "answer", "no list of keys"),
    "key-garbage": (answers("/jwks", 200, b'{"keys":[{"kid":"one","kty":"RSA","n":"?"}]}'), "token", "isn't valid"),
    "keys-down": (closes("/jwks"), "unreachable", "set of keys"),
    "person-garbage": (answers("/me", 200, b'"Alice"'), "answer", "no JSON object"),
    "person-down": (closes("/me"), "unreachable", "tells of the person"),
}
WORDS = {"configuration": "isn't set up", "answer": "can't be used", "unreachable": "can't be reached", "token": TRUST}


@pytest.mark.parametrize("fault", AT_THE_DOOR)
def test_an_issuer_that_fails_at_the_door(issuer: Issuer, settings: Settings, fault: str) -> None:
    change, reason, detail = AT_THE_DOOR[fault]
    change(issuer)
    if fault == "slow":
        settings.SSO_ANSWER_SECONDS = 0.05
        settings.SSO_ANSWER_BYTES = 2**40
    assert_refused(Client().post("/accounts/sso/oidc/start/"), reason, detail, WORDS[reason])


@pytest.mark.parametrize("fault", ON_THE_WAY_BACK)
def test_an_issuer_that_fails_on_the_way_back(issuer: Issuer, fault: str) -> None:
    change, reason, detail = ON_THE_WAY_BACK[fault]
    change(issuer)
    assert_refused(sign_in_at(issuer), reason, detail, WORDS[reason])


def test_an_issuer_that_is_silent(issuer: Issuer, settings: Settings) -> None:
    settings.SSO_SILENCE_SECONDS = 0.05
    issuer.answers[DISCOVERY] = lambda handler: handler.rfile.read(1)
    assert_refused(Client().post("/accounts/sso/oidc/start/"), "unreachable", "Timeout", "can't be reached")


def test_in_production_issuers_are_asked_over_tls_only(issuer: Issuer, settings: Settings) -> None:
    settings.IS_PRODUCTION = True
    response = Client().post("/accounts/sso/oidc/start/")
    assert_refused(response, "configuration", "no https://", "isn't set up")
    assert issuer.asked == []


@pytest.mark.parametrize(
    ("methods", "secret", "is_basic"),
    [
        (["client_secret_basic"], "a secret", True),
        (["client_secret_basic", "client_secret_post"], "a secret", False),
        (None, "a secret", True),
        (["none"], "", False),
    ],
    ids=["basic", "post", "unsaid", "public"],
)
def test_the_client_says_who_it_is_as_the_issuer_wants_it(
    issuer: Issuer, settings: Settings, methods: list[str] | None, secret: str, is_basic: bool
) -> None:
    settings.SSO_PROVIDERS[0]["secret"] = secret
    changed(DISCOVERY, token_endpoint_auth_methods_supported=methods)(issuer)
    assert sign_in_at(issuer).status_code == 302
    [form] = issuer.forms
    assert bool(form["authorization"]) == is_basic
    assert form.get("client_secret") == (None if is_basic or not secret else "a secret")
    assert len(form["code_verifier"]) >= 43
