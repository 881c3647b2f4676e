"""Google, Microsoft and GitHub: what is particular to each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from django.test import Client
from pytest_django import Settings

from accounts.models import SSOTrace, User
from accounts.sso.configured import Configured
from accounts.sso.discovery import Issuer, _check_name
from accounts.sso.faults import SSOFailed
from accounts.sso.tokens import name_of_issuer
from tests.support.entrance import text_of
from tests.support.sso import Issuer as Server
from tests.support.sso import leave, query_of, running_issuer


def test_google_and_microsoft_are_issuers_like_any_other() -> None:
    google = Configured(kind="google", slug="google", name="Google")
    assert google.discovery_url == "https://accounts.google.com/.well-known/openid-configuration"
    microsoft = Configured(kind="microsoft", slug="microsoft", name="Microsoft", tenant="works.example")
    assert microsoft.discovery_url == (
        "https://login.microsoftonline.com/works.example/v2.0/.well-known/openid-configuration"
    )


def test_microsoft_names_itself_by_the_tenants_number() -> None:
    microsoft = Configured(kind="microsoft", slug="microsoft", name="Microsoft", tenant="works.example")
    _check_name("https://login.microsoftonline.com/9188040d/v2.0", microsoft)
    for name in ("https://login.microsoftonline.com.evil.example/9188040d/v2.0", None, 7):
        with pytest.raises(SSOFailed):
            _check_name(name, microsoft)


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"tid": "9188040d"}, "https://login.microsoftonline.com/9188040d/v2.0"),
        ({}, "https://login.microsoftonline.com//v2.0"),
    ],
    ids=["tenant", "none"],
)
def test_the_tenant_of_a_common_endpoint_is_the_tokens(claims: dict[str, Any], name: str) -> None:
    common = Issuer("https://login.microsoftonline.com/{tenantid}/v2.0", "a", "t", "k", "", ())
    assert name_of_issuer(common, claims) == name


@pytest.fixture
def github(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Its addresses are constants of allauth's."""
    with running_issuer() as server:
        settings.SSO_PROVIDERS = [
            {
                "kind": "github",
                "slug": "github",
                "name": "GitHub",
                "client_id": "c",
                "secret": "s",
                "creates_accounts": True,
            }
        ]
        for name, path in (
            ("access_token_url", "/token"),
            ("authorize_url", "/authorize"),
            ("profile_url", "/user"),
            ("emails_url", "/emails"),
        ):
            monkeypatch.setattr(GitHubOAuth2Adapter, name, f"{server.url}{path}")
        server.answers["/user"] = (
            200,
            b'{"id": 7, "login": "alice", "name": "Alice Ames", "email": "a@public.example"}',
        )
        server.answers["/emails"] = (
            200,
            b'[{"email": "new@example.org", "primary": true, "verified": false},'
            b' {"email": "Alice@example.org", "primary": false, "verified": true}]',
        )
        yield server


def come_back(client: Client) -> Any:
    asked = query_of(leave(client, "github"))
    assert asked["code_challenge_method"] == "S256"
    return client.get("/accounts/github/login/callback/", {"code": "c", "state": asked["state"]})


@pytest.mark.django_db
def test_github_makes_an_account_with_a_confirmed_address(github: Server, charlie: User) -> None:
    assert come_back(Client()).headers["Location"] == "/"
    person = User.objects.get(email="alice@example.org")
    assert [(one.email, one.verified) for one in EmailAddress.objects.filter(user=person)] == [(person.email, True)]
    trace = SSOTrace.objects.get()
    assert (trace.outcome, trace.claims["login"]) == ("created", "alice")


@pytest.mark.django_db
def test_github_links_by_a_confirmed_address(github: Server, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    client = Client()
    come_back(client)
    assert client.session["_auth_user_id"] == str(alice.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/user", (500, b"")),
        ("/user", (200, b"nonsense")),
        ("/emails", (200, b"nonsense")),
        ("/token", (200, b"nonsense")),
    ],
    ids=["down", "person", "addresses", "token"],
)
def test_github_that_talks_nonsense(github: Server, path: str, answer: tuple[int, bytes]) -> None:
    github.answers[path] = answer
    response = come_back(Client())
    assert response.status_code == 502
    assert "can't be used" in text_of(response)
    assert SSOTrace.objects.get().outcome == "failed"
