"""Access tokens of an identity provider open the API to whom they name, if they are what they should be."""

from __future__ import annotations

import hmac
import time
from base64 import urlsafe_b64encode
from typing import Any
from uuid import uuid4

import jwt
import orjson
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.models import IdentityProvider, User
from accounts.sso.openid import account_key
from tests.accounts.sso.conftest import provider_at
from tests.support.factors import with_app
from tests.support.sso import CLIENT_ID, KEYS, Issuer

pytestmark = pytest.mark.django_db

AUDIENCE = "https://chat.example.org/api"


@pytest.fixture(autouse=True)
def _its_tokens_are_taken(issuer: Issuer, settings: Settings) -> None:
    settings.JWT_PROVIDERS, settings.JWT_PROVIDERS_AUDIENCE = ["oidc"], AUDIENCE


@pytest.fixture
def linked(alice: User, issuer: Issuer) -> User:
    SocialAccount.objects.create(user=alice, provider="oidc", uid=account_key(issuer.url, "sub-1"))
    return alice


def claims_of(issuer: Issuer, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {"iss": issuer.url, "aud": AUDIENCE, "sub": "sub-1", "iat": now, "exp": now + 300} | changes
    return {name: value for name, value in claims.items() if value is not None}


def ask(token: str) -> Any:
    return Client().get("/api/v1/account", headers={"Authorization": f"Bearer {token}"})


def ask_with(issuer: Issuer, **changes: Any) -> Any:
    return ask(issuer.sign(claims_of(issuer, **changes)))


def assert_refused(response: Any, status: int = 401, words: str = "isn't valid, or not any more") -> None:
    assert response.status_code == status
    assert words in response.json()["error"]["message"]
    assert response.json()["error"]["code"] == "AUTHENTICATION_ERROR"


def test_it_opens_what_a_token_for_apps_does(issuer: Issuer, linked: User) -> None:
    answer = ask_with(issuer)
    assert answer.status_code == 200
    assert answer.json()["email"] == "alice@example.org"
    assert answer.json()["scopes"] == ["chat", "documents", "read"]
    assert ask_with(issuer, aud=["another", AUDIENCE]).status_code == 200
    assert issuer.asked == ["/.well-known/openid-configuration", "/jwks"]


def test_where_no_issuer_is_named_none_is_taken(issuer: Issuer, linked: User, settings: Settings) -> None:
    settings.JWT_PROVIDERS = []
    assert_refused(ask_with(issuer))
    assert issuer.asked == []


def test_the_audience_is_that_of_our_own_tokens_where_none_is_named(
    issuer: Issuer, linked: User, settings: Settings
) -> None:
    settings.JWT_PROVIDERS_AUDIENCE = ""
    assert_refused(ask_with(issuer))
    assert ask_with(issuer, aud=settings.TOKEN_AUDIENCE).status_code == 200


FAULTS: dict[str, dict[str, Any]] = {
    "another-audience": {"aud": "https://elsewhere.example"},
    "an-id-token": {"aud": CLIENT_ID},
    "without-audience": {"aud": None},
    "another-issuer": {"iss": "https://elsewhere.example"},
    "issuer-no-text": {"iss": 7},
    "without-issuer": {"iss": None},
    "expired": {"exp": int(time.time()) - 90},
    "without-expiry": {"exp": None},
    "expiry-in-words": {"exp": "4102444800"},
    "not-yet": {"nbf": int(time.time()) + 3600},
    "of-nobody": {"sub": None},
    "of-an-empty-name": {"sub": ""},
    "of-a-number": {"sub": 7},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_token_that_was_made_for_something_else(issuer: Issuer, linked: User, fault: str) -> None:
    SocialAccount.objects.create(user=linked, provider="oidc", uid=account_key(issuer.url, ""))
    token = jwt.api_jws.PyJWS().encode(
        orjson.dumps(claims_of(issuer, **FAULTS[fault])), issuer.keys["one"], algorithm="RS256", headers={"kid": "one"}
    )
    assert_refused(ask(token))


def part(value: object) -> bytes:
    return urlsafe_b64encode(value if isinstance(value, bytes) else orjson.dumps(value)).rstrip(b"=")


def test_a_token_that_the_issuer_did_not_sign(issuer: Issuer, linked: User) -> None:
    """Among them one with the public key as if it were a shared secret."""
    claims = claims_of(issuer)
    public = KEYS[0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    body = part({"alg": "HS256", "kid": "one"}) + b"." + part(claims)
    confused = body + b"." + part(hmac.digest(public, body, "sha256"))
    unsigned = jwt.encode(claims, "", algorithm="none", headers={"kid": "one"})
    shared = jwt.encode(claims, "a secret that is long enough for HS256", algorithm="HS256", headers={"kid": "one"})
    foreign = issuer.sign(claims, key=KEYS[1])
    for token in (confused.decode(), unsigned, shared, foreign, "a.b.c", "..", "ünïcode"):
        assert_refused(ask(token))
    assert ask(issuer.sign(claims)).status_code == 200


def test_keys_that_changed_are_fetched_and_made_up_ones_dont_make_us_ask(issuer: Issuer, linked: User) -> None:
    assert ask_with(issuer).status_code == 200
    for number in range(20):
        assert_refused(ask(issuer.sign(claims_of(issuer), kid=f"made-up-{number}")))
    assert issuer.asked.count("/jwks") == 1
    issuer.keys, issuer.signs_with = {"two": KEYS[1]}, "two"
    cache.delete(_name_of_the_pause(issuer))
    assert ask_with(issuer).status_code == 200
    assert issuer.asked.count("/jwks") == 2
    assert issuer.asked.count("/.well-known/openid-configuration") == 1


def _name_of_the_pause(issuer: Issuer) -> str:
    from accounts.sso.discovery import _key

    return _key("again", f"{issuer.url}/jwks")


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/jwks"])
def test_an_issuer_that_is_down_is_asked_once_a_minute(issuer: Issuer, linked: User, path: str) -> None:
    issuer.answers[path] = (500, b"")
    for _ in range(5):
        assert_refused(ask_with(issuer), 503, "The Works doesn't tell its keys at the moment.")
    assert issuer.asked.count(path) == 1
    del issuer.answers[path]
    cache.delete("sso:down:oidc")
    assert ask_with(issuer).status_code == 200


def test_an_issuer_that_went_down_is_not_needed_for_what_is_kept(issuer: Issuer, linked: User) -> None:
    assert ask_with(issuer).status_code == 200
    cache.delete(_name_of_the_pause(issuer))
    issuer.answers["/jwks"] = (500, b"")
    assert ask(issuer.sign(claims_of(issuer), kid="made-up")).status_code == 503
    assert ask_with(issuer).status_code == 200


def test_whom_nobody_here_is_connected_to(issuer: Issuer, alice: User) -> None:
    """An address in the token, confirmed or not, leads to nobody."""
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    SocialAccount.objects.create(user=alice, provider="another", uid=account_key(issuer.url, "sub-1"))
    SocialAccount.objects.create(user=alice, provider="oidc", uid=account_key("https://before.example", "sub-1"))
    answer = ask_with(issuer, email=alice.email, email_verified=True)
    assert_refused(answer, 403, "No account here is connected to whom this token names. Sign in with The Works")


def test_a_suspended_persons_token_opens_nothing(issuer: Issuer, linked: User) -> None:
    User.objects.filter(pk=linked.pk).update(is_active=False)
    assert_refused(ask_with(issuer))


def test_what_keeps_a_persons_pages_from_them_keeps_it_out(issuer: Issuer, linked: User, settings: Settings) -> None:
    User.objects.filter(pk=linked.pk).update(has_terms_due=True)
    assert_refused(ask_with(issuer), 403, "The terms of this site have changed.")
    settings.MFA_REQUIRED_ROLES = ["user"]
    assert_refused(ask_with(issuer, amr=["mfa"]), 403, "This account needs a second factor.")


@pytest.mark.parametrize("methods", [None, "mfa", ["pwd"], {"mfa": True}, 7])
def test_whose_account_has_a_second_factor_has_given_one_there(issuer: Issuer, linked: User, methods: object) -> None:
    with_app(linked)
    assert_refused(ask_with(issuer, amr=methods), 403, "doesn't say that The Works asked for one")
    assert ask_with(issuer, amr=["pwd", "mfa"]).status_code == 200


def test_the_clients_id_is_no_audience(issuer: Issuer, linked: User, settings: Settings) -> None:
    settings.JWT_PROVIDERS_AUDIENCE = CLIENT_ID
    assert_refused(ask_with(issuer, aud=CLIENT_ID))


def test_a_provider_that_is_taken_out_of_use(issuer: Issuer, linked: User, settings: Settings) -> None:
    settings.SSO_PROVIDERS = []
    row = IdentityProvider.objects.create(kind="oidc", slug="oidc", issuer=issuer.url, client_id=CLIENT_ID)
    assert ask_with(issuer).status_code == 200
    IdentityProvider.objects.filter(pk=row.pk).update(is_active=False)
    assert_refused(ask_with(issuer))


def test_of_two_issuers_each_has_its_own_people(issuer: Issuer, linked: User, settings: Settings) -> None:
    settings.JWT_PROVIDERS = ["works", "oidc"]
    settings.SSO_PROVIDERS = [
        provider_at(issuer),
        provider_at(issuer, slug="works") | {"issuer": "https://works.example"},
    ]
    assert ask_with(issuer).status_code == 200


def test_without_a_key_of_our_own_it_is_taken_all_the_same(issuer: Issuer, linked: User, settings: Settings) -> None:
    settings.HEADLESS_JWT_PRIVATE_KEY = ""
    assert ask_with(issuer).status_code == 200
    assert_refused(ask(f"{uuid4()}"))
