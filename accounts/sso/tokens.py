"""Whether a token is what the issuer said: its signature always, whom it is for, when, and in answer to what."""

from __future__ import annotations

import secrets
import time
from hashlib import sha256
from typing import Any

import jwt
from django.conf import settings
from django.core.cache import cache

from accounts.sso.configured import Configured
from accounts.sso.discovery import Issuer, issuer_of, key_of
from accounts.sso.faults import Reason, SSOFailed

# Signed with the issuer's private key. None and those with a shared secret are nobody's signature here.
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
# Clocks differ.
LEEWAY_S = 60
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
# What a token may be valid for at most, so that what is remembered of it ends.
LOGOUT_MAX_S = 3600


def verify_id_token(token: object, provider: Configured, *, nonce: str) -> dict[str, Any]:
    """Its claims.

    Raises: SSOFailed.
    """
    claims = _for_us(token, provider, "the ID token", requires=["iss", "aud", "exp", "iat", "sub"])
    if not nonce or not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise SSOFailed(Reason.TOKEN, "the ID token has another nonce: it belongs to another sign-in")
    return claims


def verify_logout_token(token: object, provider: Configured) -> dict[str, Any]:
    """Its claims, once: the same token is refused when it comes again.

    Raises: SSOFailed.
    Source: https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation
    """
    claims = _for_us(token, provider, "the logout token", requires=["iss", "aud", "exp", "iat", "jti", "events"])
    events = claims["events"]
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise SSOFailed(Reason.TOKEN, "the logout token tells of no logout")
    if "nonce" in claims:
        raise SSOFailed(Reason.TOKEN, "the logout token has a nonce, as ID tokens have")
    names = [claims[name] for name in ("sub", "sid") if name in claims]
    if not names or not all(isinstance(name, str) and name for name in names):
        raise SSOFailed(Reason.TOKEN, "the logout token names neither a session nor a person")
    left_s = claims["exp"] - time.time() + LEEWAY_S
    if left_s > LOGOUT_MAX_S:
        raise SSOFailed(Reason.TOKEN, f"the logout token is valid for more than {LOGOUT_MAX_S} s")
    name = sha256(f"{provider.slug} {claims['jti']}".encode()).hexdigest()
    if not cache.add(f"sso:logout:{name}", True, left_s):
        raise SSOFailed(Reason.TOKEN, "the logout token was used already")
    return claims


def verify_access_token(token: object, provider: Configured) -> dict[str, Any]:
    """Of one that its issuer made for this site's API: its claims.

    Raises: SSOFailed.
    """
    audience = settings.JWT_PROVIDERS_AUDIENCE or settings.TOKEN_AUDIENCE
    if audience == provider.client_id:
        raise SSOFailed(Reason.TOKEN, "the audience is the client's id: its ID tokens would do for the API")
    return _verified(token, provider, "the access token", requires=["iss", "aud", "exp", "sub"], audience=audience)


def _for_us(token: object, provider: Configured, what: str, *, requires: list[str]) -> dict[str, Any]:
    """Of one that the issuer made for this site as its client."""
    claims = _verified(token, provider, what, requires=requires, audience=provider.client_id)
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if claims.get("azp", None if len(audience) > 1 else provider.client_id) != provider.client_id:
        raise SSOFailed(Reason.TOKEN, f"{what} was made for somebody else (azp)")
    return claims


def _verified(token: object, provider: Configured, what: str, *, requires: list[str], audience: str) -> dict[str, Any]:
    if not isinstance(token, str) or not token:
        raise SSOFailed(Reason.ANSWER, f"{what} is missing")
    issuer = issuer_of(provider)
    try:
        header = jwt.get_unverified_header(token)
        algorithm, key_id = str(header.get("alg")), header.get("kid")
        if algorithm not in ALGORITHMS:
            raise SSOFailed(Reason.TOKEN, f"{what} is signed with {algorithm[:20]!r}, which isn't taken")
        key = jwt.PyJWK(key_of(issuer, key_id, algorithm), algorithm=algorithm)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=audience,
            leeway=LEEWAY_S,
            options={"require": requires, "verify_iss": False},
        )
    except (jwt.PyJWTError, ValueError, KeyError, TypeError) as exc:
        raise SSOFailed(Reason.TOKEN, f"{what} isn't valid: {type(exc).__name__}: {exc}"[:300]) from exc
    for name in ("exp", "iat"):
        # PyJWT takes a word for a number.
        if not isinstance(claims.get(name, 0), int | float):
            raise SSOFailed(Reason.TOKEN, f"{what} has no number as {name}")
    if claims.get("sub") == "":
        raise SSOFailed(Reason.TOKEN, f"{what} names nobody")
    expected = name_of_issuer(issuer, claims)
    if claims["iss"] != expected:
        raise SSOFailed(Reason.TOKEN, f"{what} is of the issuer {str(claims['iss'])[:200]!r}, not {expected!r}")
    return claims


def name_of_issuer(issuer: Issuer, claims: dict[str, Any]) -> str:
    """Microsoft's common endpoints leave a gap for the tenant, which the token fills."""
    return issuer.issuer.replace("{tenantid}", str(claims.get("tid", "")))
