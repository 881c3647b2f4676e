"""The administrator's pages: rules and providers with clear errors, claims tried before anybody signs in, the trace."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.actions.people import make_administrator
from accounts.models import AuditEntry, ClaimRule, IdentityProvider, Membership, SSOGrant, SSOTrace, Team, User
from tests.support.entrance import text_of
from tests.support.saml import metadata
from tests.support.sso import CLIENT_ID, Issuer, sign_in_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(charlie: User, client_of: Callable[[User], Client]) -> Client:
    make_administrator(user=charlie)
    return client_of(charlie)


def try_claims(admin: Client, claims: object, **fields: str) -> Any:
    text = claims if isinstance(claims, str) else json.dumps(claims)
    return admin.post("/sso/", {"claims": text} | fields)


def test_claims_are_tried_before_anybody_signs_in(admin: Client, issuer: Issuer) -> None:
    bakers = Team.objects.create(name="Bakers")
    ClaimRule.objects.create(position=1, claim="groups", pattern="bakers", effect="team", team=bakers)
    ClaimRule.objects.create(position=2, claim="groups", pattern="*-admins", effect="role", role="administrator")
    ClaimRule.objects.create(position=3, claim="plan", pattern="gold", effect="tier", tier="enterprise")
    ClaimRule.objects.create(position=4, claim="groups", pattern="b*", effect="counts_as", counts_as="people")
    before = [User.objects.count(), Membership.objects.count(), SSOGrant.objects.count(), SSOTrace.objects.count()]
    page = text_of(try_claims(admin, {"groups": ["bakers", "cooks"]}))
    assert "groups = bakers → Bakers : matched bakers" in page or "groups = bakers → Bakers: matched bakers" in page
    assert "none of 3 values is this" in page
    assert "there is no such claim" in page
    assert "Teams Bakers" in page
    now = [User.objects.count(), Membership.objects.count(), SSOGrant.objects.count(), SSOTrace.objects.count()]
    assert now == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Paste claims, such as"),
        ('{"groups": [}', "This is no JSON: line 1, character 13"),
        ("[1]", "This is JSON, but no object"),
        ("[" * 50_000, "nested too deeply"),
        ('{"a": "' + "a" * 70_000 + '"}', "at most 65536 characters"),
    ],
    ids=["empty", "no-json", "list", "deep", "large"],
)
def test_what_can_not_be_read_is_said_where(admin: Client, text: str, words: str) -> None:
    response = try_claims(admin, text)
    assert response.status_code == 422
    assert words in text_of(response)


def test_the_trace_is_found_by_its_number(admin: Client, issuer: Issuer) -> None:
    issuer.claims["groups"] = ["bakers"]
    sign_in_at(issuer)
    issuer.answers["/token"] = (500, b"oh")
    sign_in_at(issuer)
    failed, _created = SSOTrace.objects.order_by("-at")
    page = text_of(admin.get("/sso/"))
    assert "alice@example.org Account created" in page
    assert '"groups": [ "bakers" ]' in page
    assert "The provider's answer is of no use" in page
    found = text_of(admin.get("/sso/", {"trace": str(failed.id)}))
    assert "status 500" in found
    assert "Account created" not in found
    assert "There is no sign-in of this number" in text_of(admin.get("/sso/", {"trace": "made-up"}))


# The admin


def row(**given: Any) -> dict[str, Any]:
    return {"kind": "oidc", "slug": "works", "name": "The Works", "is_active": "on", "scopes": "openid email"} | given


ADD = "/admin/accounts/identityprovider/add/"


def test_a_provider_is_set_up_and_people_sign_in_through_it(admin: Client, settings: Settings, issuer: Issuer) -> None:
    settings.SSO_PROVIDERS = []
    fields = row(client_id=CLIENT_ID, issuer=issuer.url, new_secret="a secret", creates_accounts="on")
    assert admin.post(ADD, fields).status_code == 302
    provider = IdentityProvider.objects.get()
    assert "a secret" not in provider.secret
    assert provider.read_secret() == "a secret"
    page = admin.get(f"/admin/accounts/identityprovider/{provider.pk}/change/").content.decode()
    assert "a secret" not in page
    assert "/accounts/oidc/works/login/callback/" in page
    assert "/accounts/oidc/works/backchannel/" in page
    assert sign_in_at(issuer, slug="works").headers["Location"] == "/"
    assert issuer.forms[0]["client_secret"] == "a secret"
    # Blank keeps the secret.
    change = f"/admin/accounts/identityprovider/{provider.pk}/change/"
    assert admin.post(change, fields | {"new_secret": "", "name": "Works"}).status_code == 302
    provider.refresh_from_db()
    assert (provider.name, provider.read_secret()) == ("Works", "a secret")
    assert AuditEntry.objects.filter(action="admin.identityprovider.changed").exists()


def test_a_provider_that_is_off_lets_nobody_in(admin: Client, issuer: Issuer) -> None:
    IdentityProvider.objects.create(kind="oidc", slug="works", issuer=issuer.url, is_active=False)
    assert Client().post("/accounts/sso/works/start/").status_code == 404


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"client_id": "c"}, "This kind of provider needs it."),
        ({"client_id": "c", "issuer": "http://issuer.example"}, "This has to be an https:// address."),
        ({"client_id": "c", "issuer": "https://issuer.example", "slug": "google"}, "of its own kind"),
        ({"client_id": "c", "issuer": "https://issuer.example", "slug": "saml"}, "of its own kind"),
        ({"client_id": "c", "issuer": "https://issuer.example", "slug": "oidc"}, "The environment sets up"),
        ({"client_id": "c", "issuer": "https://issuer.example", "slug": ""}, "Choose a name"),
        ({"client_id": "c", "issuer": "https://issuer.example", "scopes": "email"}, "openid has to be among them"),
        ({"kind": "google", "client_id": "c"}, "This kind of provider needs it."),
        ({"kind": "microsoft", "client_id": "c", "new_secret": "s"}, "This kind of provider needs it."),
        ({"kind": "saml"}, "Give either the address of the metadata"),
        ({"kind": "saml", "metadata_url": "https://a.example", "metadata": "<a/>"}, "Give either"),
    ],
    ids=str,
)
def test_what_is_missing_or_wrong_is_said(admin: Client, issuer: Issuer, given: dict[str, str], words: str) -> None:
    page = text_of(admin.post(ADD, row(**given)))
    assert words in page
    assert not IdentityProvider.objects.exists()


def test_a_vendor_is_there_once(admin: Client) -> None:
    fields = row(kind="google", slug="", client_id="c", new_secret="s", name="")
    assert admin.post(ADD, fields).status_code == 302
    assert IdentityProvider.objects.get().slug == "google"
    assert "already exists" in text_of(admin.post(ADD, fields))


def run_test(admin: Client, provider: IdentityProvider) -> str:
    fields = {"action": "test", "_selected_action": str(provider.pk)}
    return text_of(admin.post("/admin/accounts/identityprovider/", fields, follow=True))


def test_the_test_says_what_it_found(admin: Client, issuer: Issuer) -> None:
    provider = IdentityProvider.objects.create(kind="oidc", slug="works", issuer=issuer.url, client_id=CLIENT_ID)
    assert f"The issuer {issuer.url} answers" in run_test(admin, provider)
    issuer.edits["/.well-known/openid-configuration"] = lambda said: said.update(issuer="https://elsewhere.example")
    assert "calls itself 'https://elsewhere.example'" in run_test(admin, provider)
    issuer.answers["/.well-known/openid-configuration"] = (404, b"")
    assert "came with status 404" in run_test(admin, provider)
    IdentityProvider.objects.update(kind="saml", metadata=metadata(), issuer="")
    assert "The metadata describe https://idp.example.org/metadata" in run_test(admin, provider)
    IdentityProvider.objects.update(metadata="nonsense")
    assert "can't be read" in run_test(admin, provider)


def rule(**given: Any) -> dict[str, Any]:
    return {"position": "10", "claim": "groups", "pattern": "bakers", "effect": "role"} | given


RULES = "/admin/accounts/claimrule/add/"


def test_a_rule_keeps_what_belongs_to_its_effect(admin: Client) -> None:
    assert admin.post(RULES, rule(role="analyst", tier="free", counts_as="x")).status_code == 302
    found = ClaimRule.objects.get()
    assert (found.role, found.tier, found.counts_as, found.provider) == ("analyst", "", "", "")
    assert AuditEntry.objects.filter(action="admin.claimrule.added").exists()


def test_a_rule_that_gives_nothing_or_goes_round_is_refused(admin: Client) -> None:
    assert "This effect needs it." in text_of(admin.post(RULES, rule()))
    response = admin.post(RULES, rule(effect="counts_as", counts_as="bakers"))
    assert "go round in a circle: bakers → bakers" in text_of(response)
    assert not ClaimRule.objects.exists()


@pytest.mark.parametrize("path", [ADD, RULES, "/admin/accounts/identityprovider/"])
def test_staff_who_are_no_administrators_change_none_of_it(
    alice: User, client_of: Callable[[User], Client], path: str
) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert client_of(alice).get(path).status_code == 403
