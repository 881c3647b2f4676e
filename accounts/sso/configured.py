"""The identity providers that are on: the environment's, and the rows of those that it doesn't name."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.models import SocialApp
from django.conf import settings

from accounts.models import IdentityProvider

# Through which of allauth's providers each kind goes. Google and Microsoft are issuers like any other: their tokens are
# verified in the same way.
ALLAUTH = {
    "google": "openid_connect",
    "microsoft": "openid_connect",
    "oidc": "openid_connect",
    "github": "github",
    "saml": "saml",
}
GOOGLE = "https://accounts.google.com"
MICROSOFT = "https://login.microsoftonline.com"
SCOPES = "openid profile email"


@dataclass(frozen=True, slots=True)
class Configured:
    """One provider as sign-ins use it, wherever it was set up."""

    kind: str
    slug: str
    name: str
    client_id: str = ""
    secret: str = field(default="", repr=False)
    issuer: str = ""
    tenant: str = ""
    scopes: str = SCOPES
    metadata_url: str = ""
    metadata: str = field(default="", repr=False)
    entity_id: str = ""
    creates_accounts: bool = False
    trusts_addresses: bool = False

    @property
    def discovery_url(self) -> str:
        return f"{self.issuer_address.rstrip('/')}/.well-known/openid-configuration"

    @property
    def issuer_address(self) -> str:
        """Where the issuer is looked for. Microsoft calls itself by the tenant's number there, however it was named."""
        addresses = {"google": GOOGLE, "microsoft": f"{MICROSOFT}/{self.tenant}/v2.0"}
        return addresses.get(self.kind, self.issuer)

    def as_app(self) -> SocialApp:
        """For allauth, which keeps its own in the database; this one is never saved."""
        is_saml = self.kind == "saml"
        return SocialApp(
            provider=ALLAUTH[self.kind],
            provider_id=self.slug,
            name=self.name,
            # The name in addresses is what allauth knows a SAML provider by.
            client_id=self.slug if is_saml else self.client_id,
            secret=self.secret,
            settings={"configured": self}
            | ({"scope": self.scopes.split()} if ALLAUTH[self.kind] == "openid_connect" else {}),
        )


def configured_providers() -> list[Configured]:
    """Those of the environment first."""
    given = [Configured(**one) for one in settings.SSO_PROVIDERS]
    names = [one.slug for one in given]
    rows = IdentityProvider.objects.filter(is_active=True).exclude(slug__in=names).order_by("name", "slug")
    return given + [of_row(row) for row in rows]


def configured_provider(slug: str) -> Configured | None:
    return next((one for one in configured_providers() if one.slug == slug), None)


def of_row(row: IdentityProvider, **instead: Any) -> Configured:
    """`instead` is what a form would change."""
    given: dict[str, Any] = {
        "kind": row.kind,
        "slug": row.slug,
        "name": str(row),
        "client_id": row.client_id,
        "secret": row.read_secret(),
        "issuer": row.issuer,
        "tenant": row.tenant,
        "scopes": row.scopes or SCOPES,
        "metadata_url": row.metadata_url,
        "metadata": row.metadata,
        "entity_id": row.entity_id,
        "creates_accounts": row.creates_accounts,
        "trusts_addresses": row.trusts_addresses,
    }
    return Configured(**(given | instead))


def is_protected(url: str) -> bool:
    """Whether nobody between can read or change what is said there: with TLS, or without a way, in development."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(host)
    return parts.scheme == "http" and not settings.IS_PRODUCTION and _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
