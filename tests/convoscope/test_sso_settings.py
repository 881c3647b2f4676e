"""Identity providers by the environment: whole sets are taken, half a set is refused by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from convoscope.settings import sso

Read = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[Read]:
    def with_environment(**variables: str) -> list[dict[str, Any]]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        importlib.reload(sso)
        return sso.SSO_PROVIDERS

    yield with_environment
    monkeypatch.undo()
    importlib.reload(sso)


def test_nothing_is_set_up_by_itself(read: Read) -> None:
    assert read() == []


def test_several_at_once(read: Read, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    (tmp_path / "metadata.xml").write_text("<xml/>")
    found = read(
        SSO_GOOGLE_CLIENT_ID="g",
        SSO_GOOGLE_CLIENT_SECRET_FILE=str(tmp_path / "secret"),
        SSO_GITHUB_CLIENT_ID="h",
        SSO_GITHUB_CLIENT_SECRET="s",
        SSO_GITHUB_CREATES_ACCOUNTS="yes",
        SSO_MICROSOFT_CLIENT_ID="m",
        SSO_MICROSOFT_CLIENT_SECRET="s",
        SSO_MICROSOFT_TENANT="works.example",
        SSO_MICROSOFT_TRUSTS_ADDRESSES="true",
        SSO_OIDC_ISSUER="https://issuer.example",
        SSO_OIDC_CLIENT_ID="o",
        SSO_OIDC_CLIENT_SECRET="s",
        SSO_OIDC_NAME="The Works",
        SSO_OIDC_SCOPES="openid email groups",
        SSO_SAML_METADATA_FILE=str(tmp_path / "metadata.xml"),
        SSO_SAML_ENTITY_ID="https://idp.example",
    )
    assert [one["slug"] for one in found] == ["google", "github", "microsoft", "oidc", "saml"]
    google, github, microsoft, oidc, saml = found
    assert google["secret"] == "from a file"
    assert (github["creates_accounts"], google["creates_accounts"]) == (True, False)
    assert (microsoft["tenant"], microsoft["trusts_addresses"]) == ("works.example", True)
    assert (oidc["name"], oidc["issuer"], oidc["scopes"]) == (
        "The Works",
        "https://issuer.example",
        "openid email groups",
    )
    assert (saml["metadata"], saml["entity_id"]) == ("<xml/>", "https://idp.example")


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"SSO_GOOGLE_CLIENT_ID": "g"}, "SSO_GOOGLE_CLIENT_SECRET is missing"),
        ({"SSO_GITHUB_CLIENT_SECRET": "s"}, "SSO_GITHUB_CLIENT_ID is missing"),
        ({"SSO_MICROSOFT_CLIENT_ID": "m", "SSO_MICROSOFT_CLIENT_SECRET": "s"}, "SSO_MICROSOFT_TENANT is missing"),
        ({"SSO_OIDC_ISSUER": "https://issuer.example"}, "SSO_OIDC_CLIENT_ID is missing"),
        ({"SSO_SAML_ENTITY_ID": "x"}, "SSO_SAML_METADATA_URL"),
        ({"SSO_SAML_METADATA_URL": "https://a.example", "SSO_SAML_METADATA_FILE": "/b"}, "SSO_SAML_METADATA_FILE"),
        ({"SSO_SAML_METADATA_FILE": "/nothing/here"}, "SSO_SAML_METADATA_FILE"),
        ({"SSO_GOOGLE_CREATES_ACCOUNTS": "perhaps"}, "SSO_GOOGLE_CREATES_ACCOUNTS"),
        (
            {
                "SSO_OIDC_ISSUER": "https://issuer.example",
                "SSO_OIDC_CLIENT_ID": "o",
                "SSO_OIDC_CLIENT_SECRET": "s",
                "SSO_OIDC_SCOPES": "email",
            },
            "SSO_OIDC_SCOPES",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_half_a_set_is_refused_by_name(read: Read, variables: dict[str, str], named: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=named):
        read(**variables)
