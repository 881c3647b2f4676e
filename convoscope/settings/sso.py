"""Identity providers that the environment sets up, and how allauth works with them. Others are rows in the admin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from convoscope.settings import env


def _whole_set(kind: str, needed: tuple[str, ...], given: dict[str, str]) -> bool:
    """Whether this provider is set up.

    Raises: ImproperlyConfigured for half a set, with the name of what is missing.
    """
    if not any(given.values()):
        return False
    for name in needed:
        if not given[name]:
            raise ImproperlyConfigured(f"SSO_{kind}_{name} is missing: sign-in by {kind} needs it.")
    return True


def _vendor(kind: str, name: str, *needs: str) -> dict[str, Any] | None:
    prefix = f"SSO_{kind}"
    given = {"CLIENT_ID": env.text(f"{prefix}_CLIENT_ID"), "CLIENT_SECRET": env.secret(f"{prefix}_CLIENT_SECRET")}
    given |= {need: env.text(f"{prefix}_{need}") for need in needs}
    creates_accounts = env.boolean(f"{prefix}_CREATES_ACCOUNTS", False)
    if not _whole_set(kind, tuple(given), given):
        return None
    return {
        "kind": kind.lower(),
        "slug": kind.lower(),
        "name": name,
        "client_id": given["CLIENT_ID"],
        "secret": given["CLIENT_SECRET"],
        "creates_accounts": creates_accounts,
    } | {need.lower(): given[need] for need in needs}


def _microsoft() -> dict[str, Any] | None:
    trusts_addresses = env.boolean("SSO_MICROSOFT_TRUSTS_ADDRESSES", False)
    found = _vendor("MICROSOFT", "Microsoft", "TENANT")
    return found and found | {"trusts_addresses": trusts_addresses}


def _openid_connect() -> dict[str, Any] | None:
    name = env.text("SSO_OIDC_NAME", "OpenID Connect")
    scopes = env.text("SSO_OIDC_SCOPES", "openid profile email")
    trusts_addresses = env.boolean("SSO_OIDC_TRUSTS_ADDRESSES", False)
    found = _vendor("OIDC", name, "ISSUER")
    if found is None:
        return None
    if "openid" not in scopes.split():
        raise ImproperlyConfigured("SSO_OIDC_SCOPES must have the scope openid.")
    return found | {"scopes": scopes, "trusts_addresses": trusts_addresses}


def _saml() -> dict[str, Any] | None:
    given = {name: env.text(f"SSO_SAML_{name}") for name in ("METADATA_URL", "METADATA_FILE", "ENTITY_ID")}
    name = env.text("SSO_SAML_NAME", "SAML")
    creates_accounts = env.boolean("SSO_SAML_CREATES_ACCOUNTS", False)
    trusts_addresses = env.boolean("SSO_SAML_TRUSTS_ADDRESSES", False)
    if not any(given.values()):
        return None
    if bool(given["METADATA_URL"]) == bool(given["METADATA_FILE"]):
        raise ImproperlyConfigured("Set one of SSO_SAML_METADATA_URL and SSO_SAML_METADATA_FILE for sign-in by SAML.")
    return {
        "kind": "saml",
        "slug": "saml",
        "name": name,
        "metadata_url": given["METADATA_URL"],
        "metadata": _content("SSO_SAML_METADATA_FILE", given["METADATA_FILE"]),
        "entity_id": given["ENTITY_ID"],
        "creates_accounts": creates_accounts,
        "trusts_addresses": trusts_addresses,
    }


def _content(name: str, path: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ImproperlyConfigured(f"{name} names a file that can't be read: {type(exc).__name__}.") from exc


SSO_PROVIDERS: list[dict[str, Any]] = [
    found
    for found in (
        _vendor("GOOGLE", "Google"),
        _vendor("GITHUB", "GitHub"),
        _microsoft(),
        _openid_connect(),
        _saml(),
    )
    if found is not None
]

# Whose tokens the API takes beside its own, by their names in addresses, and for whom those have to be.
JWT_PROVIDERS = env.words("JWT_PROVIDERS")
JWT_PROVIDERS_AUDIENCE = env.text("JWT_PROVIDERS_AUDIENCE")
if _without_tokens := {"github", "saml"}.intersection(JWT_PROVIDERS):
    raise ImproperlyConfigured(f"JWT_PROVIDERS names {min(_without_tokens)}, whose tokens can't be checked.")

SOCIALACCOUNT_ADAPTER = "accounts.sso.adapter.SSOAdapter"
SOCIALACCOUNT_FORMS = {"disconnect": "accounts.sso.forms.DisconnectForm"}
# What an address that both sides have confirmed leads to is linked by ourselves, once the sign-in is complete.
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS = {
    "github": {"OAUTH_PKCE_ENABLED": True},
    "openid_connect": {"OAUTH_PKCE_ENABLED": True, "provider_class": "accounts.sso.openid.IssuerProvider"},
    "saml": {"provider_class": "accounts.sso.saml.SAMLProvider"},
}
# How long people wait for an issuer, for one answer and for all of it, and how much of it is read.
SSO_SILENCE_SECONDS = 5.0
SSO_ANSWER_SECONDS = 10.0
SSO_ANSWER_BYTES = 2**20
