"""Whose account a sign-in through an issuer leads to: a new one, one that it is linked to by an address that both sides
confirmed, or none."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.core import mail as mails
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.actions.people import suspend
from accounts.models import AuditEntry, IdentityProvider, Role, SSOTrace, User
from tests.accounts.sso.conftest import provider_at
from tests.support.entrance import PASSWORD, sign_in, text_of
from tests.support.sso import CLIENT_ID, Issuer, come_back, leave, sign_in_at

pytestmark = pytest.mark.django_db


def outcomes() -> list[tuple[str, str]]:
    return [(trace.outcome, trace.reason) for trace in SSOTrace.objects.order_by("at")]


def is_signed_in(client: Client, person: User) -> bool:
    return client.session.get("_auth_user_id") == str(person.pk)


@pytest.fixture
def alice_confirmed(alice: User) -> User:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    return alice


def test_the_buttons_stand_on_the_pages_before_the_sign_in(issuer: Issuer, alice: User) -> None:
    for page in ("login", "signup"):
        assert "Continue with The Works" in text_of(Client().get(f"/accounts/{page}/"))


def test_without_a_provider_there_are_none(alice: User) -> None:
    assert "Continue with" not in text_of(Client().get("/accounts/login/"))
    assert Client().post("/accounts/sso/oidc/start/").status_code == 404


def test_a_link_from_elsewhere_begins_nothing(issuer: Issuer) -> None:
    for path in ("sso/oidc/start/", "oidc/oidc/login/"):
        page = text_of(Client().get(f"/accounts/{path}"))
        assert "You are about to sign in with an account of The Works." in page
    assert issuer.asked == []


def test_a_first_sign_in_makes_the_account(issuer: Issuer, charlie: User) -> None:
    issuer.claims |= {"given_name": "Alice", "family_name": "Ames"}
    client = Client(headers={"Accept-Language": "vi"})
    assert sign_in_at(issuer, client, next="/preferences/").headers["Location"] == "/preferences/"
    person = User.objects.get(email="alice@example.org")
    assert is_signed_in(client, person)
    assert (person.first_name, person.last_name, person.language) == ("Alice", "Ames", "vi")
    assert not person.has_usable_password()
    assert [group.name for group in person.groups.all()] == [Role.USER]
    [address] = EmailAddress.objects.filter(user=person)
    assert (address.email, address.verified, address.primary) == (person.email, True, True)
    assert outcomes() == [("created", "")]
    assert SocialToken.objects.count() == 0
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"account.signed_up", "session.began"} <= actions
    again = Client()
    sign_in_at(issuer, again)
    assert is_signed_in(again, person)
    assert outcomes()[1:] == [("signed_in", "")]


def test_where_addresses_are_confirmed_by_mail_the_issuers_word_counts(issuer: Issuer, mail: None) -> None:
    client = Client()
    assert sign_in_at(issuer, client).headers["Location"] == "/"
    assert client.get("/").status_code == 200


def test_where_mail_is_sent_an_address_that_the_issuer_has_not_confirmed_is(issuer: Issuer, mail: None) -> None:
    issuer.claims["email_verified"] = False
    client = Client()
    assert sign_in_at(issuer, client).headers["Location"] == "/accounts/confirm-email/"
    assert "_auth_user_id" not in client.session
    # Nothing is applied before the sign-in is complete.
    assert outcomes() == []


def test_the_first_account_becomes_administrator(issuer: Issuer) -> None:
    sign_in_at(issuer)
    assert User.objects.get().is_superuser


def test_admin_email_needs_a_confirmed_address(issuer: Issuer, settings: Settings) -> None:
    settings.ADMIN_EMAIL = "owner@example.org"
    settings.SSO_PROVIDERS = [provider_at(issuer, creates_accounts=False)]
    issuer.claims |= {"email": "owner@example.org", "email_verified": False}
    assert "isn't certain that it is yours" in text_of(sign_in_at(issuer))
    assert not User.objects.exists()
    issuer.claims["email_verified"] = True
    sign_in_at(issuer)
    assert User.objects.get(email="owner@example.org").is_superuser


def test_a_provider_that_makes_no_accounts(issuer: Issuer, settings: Settings, charlie: User) -> None:
    settings.SSO_PROVIDERS = [provider_at(issuer, creates_accounts=False)]
    response = sign_in_at(issuer)
    assert response.status_code == 403
    assert "Ask an administrator for one with your address." in text_of(response)
    assert not User.objects.filter(email="alice@example.org").exists()
    assert outcomes() == [("refused", "not_invited")]


def test_no_address_no_account(issuer: Issuer) -> None:
    del issuer.claims["email"]
    assert "tells no e-mail address of yours" in text_of(sign_in_at(issuer))
    assert outcomes() == [("refused", "no_address")]


FORMS = ["alice@example.org", "ALICE@Example.ORG", "ａｌｉｃｅ@example.org", " alice@example.org "]


@pytest.mark.parametrize("written", FORMS, ids=["same", "capitals", "full-width", "spaces"])
def test_an_address_that_both_sides_confirmed_links(issuer: Issuer, alice_confirmed: User, written: str) -> None:
    issuer.claims["email"] = written
    client = Client()
    sign_in_at(issuer, client)
    assert is_signed_in(client, alice_confirmed)
    alice_confirmed.refresh_from_db()
    assert alice_confirmed.check_password("a long enough password")
    assert outcomes() == [("linked", "")]
    assert AuditEntry.objects.filter(action="sso.connected").count() == 1
    # From now on by who they are at the issuer.
    issuer.claims["email"] = "another@example.org"
    sign_in_at(issuer, client)
    assert is_signed_in(client, alice_confirmed)
    assert User.objects.count() == 1


def test_who_is_linked_is_told_by_mail(issuer: Issuer, alice_confirmed: User, mail: None) -> None:
    sign_in_at(issuer)
    [told] = mails.outbox
    assert told.to == [alice_confirmed.email]
    assert told.subject == "Another way to sign in to your account"
    assert "your account can be signed in to through The Works" in told.body


def test_a_decomposed_accent_is_the_same_address(issuer: Issuer) -> None:
    sign_in_at(issuer)
    person = User.objects.create_user(email="zoe@exämple.org", password=PASSWORD)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    issuer.claims |= {"sub": "sub-2", "email": "zoe@exa\u0308mple.org"}
    client = Client()
    sign_in_at(issuer, client)
    assert is_signed_in(client, person)


@pytest.mark.parametrize(
    ("here", "there"),
    [(True, False), (False, True), (True, "false"), (True, 1)],
    ids=["there", "here", "word", "number"],
)
def test_an_address_that_one_side_has_not_confirmed_does_not(
    issuer: Issuer, alice: User, here: bool, there: object
) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=here, primary=True)
    issuer.claims |= {"email": "Alice@Example.org", "email_verified": there}
    client = Client()
    response = sign_in_at(issuer, client)
    assert response.status_code == 403
    assert "Sign in to it first, then connect The Works in your preferences." in text_of(response)
    assert "_auth_user_id" not in client.session
    assert not SocialAccount.objects.exists()
    assert outcomes() == [("refused", "unconfirmed")]


def test_confirmed_by_the_persons_page_alone_is_of_that_address(issuer: Issuer, alice_confirmed: User) -> None:
    """The token names one address, and the other document says that another is confirmed."""
    issuer.claims.pop("email_verified")
    issuer.userinfo = {"email": "mallory@example.org", "email_verified": True}
    assert sign_in_at(issuer).status_code == 403


def test_a_provider_whose_addresses_are_trusted(issuer: Issuer, settings: Settings, alice_confirmed: User) -> None:
    settings.SSO_PROVIDERS = [provider_at(issuer, trusts_addresses=True)]
    issuer.claims["email_verified"] = False
    client = Client()
    sign_in_at(issuer, client)
    assert is_signed_in(client, alice_confirmed)


def test_who_is_suspended_stays_out(issuer: Issuer, alice_confirmed: User) -> None:
    suspend(user=alice_confirmed, reason="It insults.")
    client = Client()
    page = text_of(client.get(sign_in_at(issuer, client).headers["Location"]))
    assert "This account is suspended" in page
    assert "It insults." in page
    assert "_auth_user_id" not in client.session
    assert not SocialAccount.objects.exists()
    assert outcomes() == [("refused", "suspended")]


def test_two_issuers_may_know_this_site_by_the_same_name(issuer: Issuer, settings: Settings, charlie: User) -> None:
    settings.SSO_PROVIDERS = [provider_at(issuer), provider_at(issuer, slug="works", name="Another")]
    client = Client()
    assert sign_in_at(issuer, client, "works").status_code == 302
    assert SocialAccount.objects.get().provider == "works"
    page = text_of(client.get("/accounts/3rdparty/"))
    assert "Another" in page
    assert "Connect The Works" in page


def test_another_issuer_in_the_same_place_finds_nobodys_account(issuer: Issuer, settings: Settings) -> None:
    """People are known by their issuer and its number for them."""
    sign_in_at(issuer)
    elsewhere = issuer.url.replace("127.0.0.1", "localhost")
    issuer.url = elsewhere
    issuer.claims |= {"email": "mallory@example.org"}
    settings.SSO_PROVIDERS = [provider_at(issuer)]
    client = Client()
    sign_in_at(issuer, client)
    assert is_signed_in(client, User.objects.get(email="mallory@example.org"))


def test_where_a_provider_is_set_up_is_looked_up_twice_on_the_way_back(issuer: Issuer, settings: Settings) -> None:
    """By the view, and by allauth; not with each thing that is asked of it."""
    settings.SSO_PROVIDERS = []
    IdentityProvider.objects.create(
        kind="oidc", slug="oidc", issuer=issuer.url, client_id=CLIENT_ID, creates_accounts=True
    )
    client = Client()
    url = leave(client)
    with CaptureQueriesContext(connection) as asked:
        assert come_back(client, issuer, url).status_code == 302
    assert len([one for one in asked if "accounts_identityprovider" in one["sql"]]) == 2


# Connections


def connect(issuer: Issuer, client: Client) -> Any:
    return come_back(client, issuer, leave(client, process="connect"))


def test_who_is_signed_in_connects_and_disconnects(issuer: Issuer, alice: User) -> None:
    client = Client()
    sign_in(alice.email, "a long enough password", client=client)
    assert "Connected accounts" in text_of(client.get("/preferences/"))
    assert "Nothing is connected yet." in text_of(client.get("/accounts/3rdparty/"))
    assert connect(issuer, client).headers["Location"] == "/accounts/reauthenticate/"
    assert not SocialAccount.objects.exists()
    response = client.post("/accounts/reauthenticate/", {"password": "a long enough password"})
    assert response.headers["Location"] == "/accounts/3rdparty/"
    page = text_of(client.get("/accounts/3rdparty/"))
    assert "It is connected. From now on you can sign in with it." in page
    assert "The Works" in page
    assert outcomes() == [("connected", "")]
    visitor = Client()
    sign_in_at(issuer, visitor)
    assert is_signed_in(visitor, alice)
    account = SocialAccount.objects.get()
    assert client.post("/accounts/3rdparty/", {"account": account.pk}).status_code == 302
    assert not SocialAccount.objects.exists()
    assert {"sso.connected", "sso.disconnected"} <= set(AuditEntry.objects.values_list("action", flat=True))


def test_the_last_way_in_can_not_be_removed(issuer: Issuer) -> None:
    client = Client()
    sign_in_at(issuer, client)
    account = SocialAccount.objects.get()
    page = text_of(client.post("/accounts/3rdparty/", {"account": account.pk}))
    assert "This is your only way in. Set a password first, or connect another provider." in page
    assert SocialAccount.objects.exists()


def test_what_is_no_longer_set_up_is_no_way_in_and_can_be_removed(
    issuer: Issuer, settings: Settings, alice_confirmed: User
) -> None:
    client = Client()
    sign_in_at(issuer, client)
    SocialAccount.objects.create(user=alice_confirmed, provider="old", uid="1")
    User.objects.filter(pk=alice_confirmed.pk).update(password="!")
    client.force_login(User.objects.get(pk=alice_confirmed.pk))
    page = client.get("/accounts/3rdparty/")
    assert "no longer set up here" in text_of(page)
    ours, old = (SocialAccount.objects.get(provider=name) for name in ("oidc", "old"))
    assert "This is your only way in." in text_of(client.post("/accounts/3rdparty/", {"account": ours.pk}))
    assert client.post("/accounts/3rdparty/", {"account": old.pk}).status_code == 302
    assert [one.provider for one in SocialAccount.objects.all()] == ["oidc"]


def test_nobody_connects_what_belongs_to_somebody_else(issuer: Issuer, charlie: User) -> None:
    sign_in_at(issuer)
    client = Client()
    sign_in(charlie.email, "a long enough password", client=client)
    response = connect(issuer, client)
    assert "by another account here" in text_of(response)
    assert SocialAccount.objects.get().user.email == "alice@example.org"
    assert is_signed_in(client, charlie)


def test_a_visitor_connects_nothing(issuer: Issuer, alice: User) -> None:
    client = Client()
    response = connect(issuer, client)
    assert response.status_code == 403
    assert not SocialAccount.objects.exists()


def test_somebody_elses_connection_can_not_be_removed(issuer: Issuer, charlie: User) -> None:
    sign_in_at(issuer)
    client = Client()
    client.force_login(charlie)
    account = SocialAccount.objects.get()
    assert client.post("/accounts/3rdparty/", {"account": account.pk}).status_code == 200
    assert SocialAccount.objects.exists()
