"""What an issuer says of itself, and the keys it signs with: checked, and kept for an hour."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from django.core.cache import cache

from accounts.sso.asking import ask_json
from accounts.sso.configured import MICROSOFT, Configured, is_protected
from accounts.sso.faults import Reason, SSOFailed

KEPT_S = 3600
# How often an issuer is asked for keys that it may have made meanwhile: a stranger can name any.
AGAIN_AFTER_S = 60
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
NOT_NEEDED = ("userinfo_endpoint", "end_session_endpoint")


@dataclass(frozen=True, slots=True)
class Issuer:
    """`issuer` is how it calls itself, which its tokens repeat. What it needn't have is blank where it hasn't."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    token_auth_methods: tuple[str, ...]
    end_session_endpoint: str = ""


def issuer_of(provider: Configured) -> Issuer:
    """Raises: SSOFailed."""
    key = _key("issuer", provider.discovery_url)
    if (kept := cache.get(key)) is not None:
        return Issuer(**kept)
    found = fetch_issuer(provider)
    cache.set(key, asdict(found), KEPT_S)
    return found


def fetch_issuer(provider: Configured) -> Issuer:
    """Asked now, and not kept.

    Raises: SSOFailed.
    """
    url = provider.discovery_url
    if not is_protected(url):
        raise SSOFailed(Reason.CONFIGURATION, f"the issuer {provider.issuer_address} has no https:// address")
    said = ask_json("GET", url, what="the discovery document")
    _check_name(said.get("issuer"), provider)
    for name in (*NEEDED, *NOT_NEEDED):
        address = said.get(name)
        if address is None and name not in NEEDED:
            continue
        if not isinstance(address, str) or not address:
            raise SSOFailed(Reason.CONFIGURATION, f"the discovery document has no {name}")
        if not is_protected(address):
            raise SSOFailed(Reason.CONFIGURATION, f"{name} has no https:// address: {address[:200]}")
    methods = said.get("token_endpoint_auth_methods_supported")
    return Issuer(
        issuer=said["issuer"],
        **{name: said[name] for name in NEEDED},
        **{name: said.get(name) or "" for name in NOT_NEEDED},
        # What the specification says of an issuer that says nothing.
        token_auth_methods=tuple(map(str, methods)) if isinstance(methods, list) else ("client_secret_basic",),
    )


def _check_name(name: object, provider: Configured) -> None:
    expected = provider.issuer_address
    if provider.kind == "microsoft" and isinstance(name, str) and name.startswith(f"{MICROSOFT}/"):
        return
    if not isinstance(name, str) or name.rstrip("/") != expected.rstrip("/"):
        raise SSOFailed(Reason.CONFIGURATION, f"the issuer calls itself {str(name)[:200]!r}, not {expected!r}")


def key_of(issuer: Issuer, key_id: str | None, algorithm: str) -> dict[str, Any]:
    """The public key of this id, as a JWK. An id that isn't known yet has the issuer asked again, which may have made
    new keys, but not more often than once a minute.

    Raises: SSOFailed.
    """
    kept = cache.get(_key("keys", issuer.jwks_uri))
    if kept is None:
        # Whoever asks now need not ask again for the same token.
        cache.add(_key("again", issuer.jwks_uri), True, AGAIN_AFTER_S)
        kept = fetch_keys(issuer)
    elif _find(kept, key_id, algorithm) is None and cache.add(_key("again", issuer.jwks_uri), True, AGAIN_AFTER_S):
        kept = fetch_keys(issuer)
    if (found := _find(kept, key_id, algorithm)) is None:
        raise SSOFailed(Reason.TOKEN, f"the issuer has no key {str(key_id)[:100]!r} for {algorithm[:20]}")
    return found


def are_keys_kept(provider: Configured) -> bool:
    """Whether its tokens can be checked without asking it."""
    issuer = cache.get(_key("issuer", provider.discovery_url))
    return issuer is not None and cache.get(_key("keys", issuer["jwks_uri"])) is not None


def fetch_keys(issuer: Issuer) -> list[dict[str, Any]]:
    """Raises: SSOFailed."""
    keys = ask_json("GET", issuer.jwks_uri, what="the issuer's set of keys").get("keys")
    if not isinstance(keys, list) or not all(isinstance(one, dict) for one in keys):
        raise SSOFailed(Reason.ANSWER, "the issuer's set of keys has no list of keys")
    cache.set(_key("keys", issuer.jwks_uri), keys, KEPT_S)
    return keys


def _find(keys: list[dict[str, Any]], key_id: str | None, algorithm: str) -> dict[str, Any] | None:
    """Without an id the only one that fits."""
    fitting = [
        one
        for one in keys
        if one.get("use", "sig") == "sig" and one.get("alg", algorithm) == algorithm and "kty" in one
    ]
    if key_id is None:
        return fitting[0] if len(fitting) == 1 else None
    return next((one for one in fitting if one.get("kid") == key_id), None)


def _key(what: str, address: str) -> str:
    return f"sso:{what}:{sha256(address.encode()).hexdigest()}"
