"""Tokens for apps: signing in for one, renewing it, and all that ends it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any
from uuid import uuid4

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from accounts.actions.api_keys import make_api_key
from accounts.actions.people import give_role
from accounts.models import Role, User
from convoscope.settings import tokens
from tests.support.factors import code_of, with_app

pytestmark = pytest.mark.security

PASSWORD = "a long enough password"
LOGIN, SESSION, REFRESH = "/api/v1/auth/login", "/api/v1/auth/session", "/api/v1/auth/tokens/refresh"
KEYS, ACCOUNT = "/.well-known/jwks.json", "/api/v1/account"
JSON = "application/json"


def sign_in(password: str = PASSWORD) -> Any:
    return Client().post(LOGIN, {"email": "alice@example.org", "password": password}, JSON)


def pair() -> tuple[str, str]:
    meta = sign_in().json()["meta"]
    return meta["access_token"], meta["refresh_token"]


def renew(token: str) -> Any:
    return Client().post(REFRESH, {"refresh_token": token}, JSON)


def opens(token: str) -> bool:
    status = Client().get(ACCOUNT, headers={"Authorization": f"Bearer {token}"}).status_code
    assert status in (200, 401)
    return status == 200


def read(token: str) -> dict[str, Any]:
    """As somebody else's service does it, with what it finds at the address of the keys."""
    (key,) = Client().get(KEYS).json()["keys"]
    claims: dict[str, Any] = jwt.decode(
        token,
        jwt.PyJWK(key),
        algorithms=["RS256"],
        audience="http://localhost:8000",
        issuer="http://localhost:8000",
        options={"require": ["exp", "iat", "sub"]},
    )
    assert jwt.get_unverified_header(token)["kid"] == key["kid"]
    return claims


def test_who_signs_in_gets_a_pair(alice: User) -> None:
    give_role(user=alice, role=Role.USER)
    access, _refresh = pair()
    claims = read(access)
    told = {name: claims[name] for name in ("email", "tier", "org", "roles")}
    assert told == {"email": "alice@example.org", "tier": "", "org": [], "roles": ["user"]}
    assert claims["sub"].replace("-", "") == alice.id.hex
    assert claims["exp"] - claims["iat"] == 3600
    assert opens(access)


def test_who_has_a_second_factor_gives_it(alice: User) -> None:
    secret = with_app(alice)
    first = sign_in()
    assert first.status_code == 401
    assert "access_token" not in first.json()["meta"]
    second = "/api/v1/auth/2fa/authenticate"
    headers = {"X-Session-Token": first.json()["meta"]["session_token"]}
    assert Client().post(second, {"code": "000000"}, JSON, headers=headers).status_code == 400
    done = Client().post(second, {"code": code_of(secret)}, JSON, headers=headers)
    assert opens(done.json()["meta"]["access_token"])


def test_what_keeps_a_persons_pages_from_them_keeps_programs_out(alice: User, settings: Settings) -> None:
    access, _refresh = pair()
    _key, token = make_api_key(key_id=uuid4(), user=alice, name="Laptop", scopes=["read"], expires_at=None)
    settings.MFA_REQUIRED_ROLES = ["user"]
    for one in (access, token):
        refused = Client().get(ACCOUNT, headers={"Authorization": f"Bearer {one}"})
        assert refused.status_code == 403
        assert "needs a second factor" in refused.json()["error"]["message"]
    with_app(alice)
    assert opens(token)
    User.objects.filter(id=alice.id).update(has_terms_due=True)
    refused = Client().get(ACCOUNT, headers={"Authorization": f"Bearer {token}"})
    assert (refused.status_code, "have changed" in refused.json()["error"]["message"]) == (403, True)


def test_a_wrong_password_gets_none(alice: User) -> None:
    refused = sign_in("wrong")
    assert refused.status_code == 400
    assert "access_token" not in refused.content.decode()


def test_a_pair_is_renewed_once(alice: User) -> None:
    _access, refresh = pair()
    renewed = renew(refresh)
    assert renewed.status_code == 200
    data = renewed.json()["data"]
    assert opens(data["access_token"])
    assert data["refresh_token"] != refresh
    assert renew(data["refresh_token"]).status_code == 200


def test_a_token_that_is_renewed_twice_was_stolen_and_ends_both(alice: User) -> None:
    access, refresh = pair()
    renewed = renew(refresh).json()["data"]
    assert renew(refresh).status_code == 400
    assert not opens(access)
    assert not opens(renewed["access_token"])
    assert renew(renewed["refresh_token"]).status_code == 400


def test_what_ends_the_session_ends_the_token(alice: User) -> None:
    first, second, third = pair()[0], pair()[0], pair()[0]
    Client().delete(SESSION, headers={"Authorization": f"Bearer {first}"})
    assert (opens(first), opens(second)) == (False, True)
    User.objects.filter(id=alice.id).update(is_active=False)
    assert not opens(second)
    User.objects.filter(id=alice.id).update(is_active=True)
    assert opens(third)
    alice.set_password("another good sentence")
    alice.save()
    assert not opens(third)


def claims_of_hers(**given: Any) -> dict[str, Any]:
    """What a token of hers holds, but for what is given; None takes it out."""
    claims = jwt.decode(pair()[0], options={"verify_signature": False}) | given
    return {name: value for name, value in claims.items() if value is not None}


def signed(settings: Settings, **given: Any) -> str:
    """With the site's own key."""
    return jwt.encode(claims_of_hers(**given), settings.HEADLESS_JWT_PRIVATE_KEY, algorithm="RS256")


@pytest.mark.parametrize(
    "given",
    [
        {"exp": 1},
        {"exp": None},
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"token_use": "refresh"},
        {"sub": "00000000-0000-0000-0000-000000000000"},
        {"sid": "AAAA"},
        {"sid": 7},
    ],
)
def test_a_token_that_was_made_for_something_else(alice: User, settings: Settings, given: dict[str, Any]) -> None:
    assert opens(signed(settings))
    assert not opens(signed(settings, **given))


def part(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def test_a_token_that_nobody_here_signed(alice: User) -> None:
    """Among them one whose signature is a hash under the public key, as if that were a shared secret."""
    claims = claims_of_hers()
    public = jwt.PyJWK(Client().get(KEYS).json()["keys"][0]).key
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    body = part(b'{"alg": "HS256", "typ": "JWT"}') + b"." + part(orjson.dumps(claims))
    confused = body + b"." + part(hmac.new(pem, body, hashlib.sha256).digest())
    foreign = jwt.encode(claims, tokens.made_key(), algorithm="RS256")
    for token in (foreign, jwt.encode(claims, "", algorithm="none"), confused.decode(), "a.b.c", ".."):
        assert not opens(token)


def test_an_expired_refresh_token(alice: User, settings: Settings) -> None:
    _access, refresh = pair()
    claims = jwt.decode(refresh, options={"verify_signature": False}) | {"exp": 1}
    assert renew(jwt.encode(claims, settings.HEADLESS_JWT_PRIVATE_KEY, algorithm="RS256")).status_code == 400
    assert renew(refresh).status_code == 200


def test_without_a_key_there_are_no_tokens(alice: User, settings: Settings) -> None:
    settings.HEADLESS_JWT_PRIVATE_KEY = ""
    assert sign_in().status_code == 404
    assert Client().get(KEYS).json() == {"keys": []}


def test_a_shared_secret_is_told_nobody(alice: User, settings: Settings) -> None:
    settings.HEADLESS_JWT_ALGORITHM, settings.HEADLESS_JWT_PRIVATE_KEY = "HS256", "a secret of thirty-two characters"
    access, _refresh = pair()
    assert jwt.get_unverified_header(access)["alg"] == "HS256"
    assert opens(access)
    assert Client().get(KEYS).json() == {"keys": []}


def test_addresses_of_allauth_that_tokens_dont_need_are_not_there(db: None) -> None:
    for path in ("/_allauth/app/v1/auth/signup", "/_allauth/browser/v1/config", "/api/v1/auth/signup"):
        assert Client().post(path, {}, JSON).status_code == 404


@pytest.mark.parametrize("pem", ["nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
def test_a_key_that_is_none_is_refused_without_repeating_it(monkeypatch: pytest.MonkeyPatch, pem: str) -> None:
    monkeypatch.setenv("JWT_PRIVATE_KEY", pem)
    with pytest.raises(ImproperlyConfigured, match=r"^JWT_PRIVATE_KEY must be an RSA key") as refused:
        tokens.signing_key()
    assert pem not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_key_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    made = tokens.made_key()
    monkeypatch.setenv("JWT_PRIVATE_KEY", made.replace("\n", "\\n"))
    assert tokens.signing_key().strip() == made.strip()


def test_a_short_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_SECRET", "short")
    with pytest.raises(ImproperlyConfigured, match="JWT_SECRET must have 32 characters"):
        tokens.shared_secret()
