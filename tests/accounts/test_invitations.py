"""Inviting people from the admin, and signing up by the link."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail as mails
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEntry, Invitation, Role, Team, User
from tests.accounts.test_mail import use_server
from tests.support.entrance import PASSWORD, link_in_mail, sign_in, text_of
from tests.support.smtp import mail_server

# Mails leave once what they tell of is stored.
pytestmark = pytest.mark.django_db(transaction=True)

ClientOf = Callable[[User], Client]
NEW = "new@example.org"


@pytest.fixture
def root(db: None, settings: Settings) -> User:
    settings.SIGNUP_POLICY = "invitation"
    return User.objects.create_superuser(email="root@example.org", password=PASSWORD)


@pytest.fixture
def desk(root: User, client_of: ClientOf) -> Client:
    """The administrator's browser."""
    return client_of(root)


def invite(desk: Client, address: str = NEW, **fields: Any) -> Any:
    form = {"address": address, "role": "user", "tier": ""} | fields
    return desk.post("/admin/accounts/invitation/add/", form, follow=True)


def link_in(page: Any) -> str:
    found = re.search(r"http://localhost:8000(/invitations/[\w-]+/)", unescape(page.content.decode()))
    assert found is not None, text_of(page)
    return found[1]


def accept(link: str, client: Client | None = None, **fields: str) -> Any:
    return (client or Client()).post(link, {"password1": PASSWORD} | fields)


def told() -> list[str]:
    return [one.action for one in AuditEntry.objects.order_by("number") if one.action.startswith("invitation.")]


def test_without_mail_the_link_is_shown_once_and_makes_the_account(desk: Client, root: User) -> None:
    team = Team.objects.create(name="Payments")
    page = invite(desk, " New@Example.ORG ", role="moderator", tier="starter", teams=[team.id])
    assert "Give this link to new@example.org yourself; it is shown this once" in text_of(page)
    link = link_in(page)
    assert f"<code>http://localhost:8000{link}</code><copy-button>" in page.content.decode()
    assert link.split("/")[2] not in str(list(Invitation.objects.values()))
    assert "/invitations/" not in desk.get("/admin/accounts/invitation/").content.decode()
    client = Client()
    assert "You are invited" in text_of(client.get(link))
    assert 'value="new@example.org"' in client.get(link).content.decode()
    assert accept(link, client, email="another@example.org").headers["Location"] == "/"
    user = User.objects.get(email=NEW)
    assert user.tier == "starter"
    assert user.role_names == {Role.USER, Role.MODERATOR}
    assert user.is_staff
    assert list(user.teams.all()) == [team]
    assert not EmailAddress.objects.get(user=user).verified
    assert not User.objects.filter(email="another@example.org").exists()
    assert told() == ["invitation.made", "invitation.used"]
    made, used = AuditEntry.objects.filter(action__startswith="invitation.").order_by("number")
    assert (made.actor, used.actor) == (root.pseudonym.id, user.pseudonym.id)
    assert "You have an account already" in text_of(Client().get(link)) or "no longer good" in text_of(
        Client().get(link)
    )


def test_a_mailed_link_confirms_the_address(desk: Client, mail: None) -> None:
    page = invite(desk)
    assert "A mail is on its way to new@example.org." in text_of(page)
    assert "/invitations/" not in page.content.decode()
    assert mails.outbox[-1].to == [NEW]
    assert mails.outbox[-1].subject == "You are invited to Convoscope"
    assert "root@example.org invites you" in str(mails.outbox[-1].body)
    client = Client()
    assert accept(link_in_mail(), client).headers["Location"] == "/"
    assert client.get("/").status_code == 200
    assert EmailAddress.objects.get(user__email=NEW).verified


def test_a_link_given_by_hand_confirms_nothing_where_mail_is_sent(
    desk: Client, mail: None, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with mail_server(refuses=True) as server:
        use_server(settings, server.port)
        page = invite(desk)
    assert "The mail could not be sent. Give this link to new@example.org yourself" in text_of(page)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert accept(link_in(page)).headers["Location"] == "/accounts/confirm-email/"
    assert not EmailAddress.objects.get(user__email=NEW).verified


def test_an_invited_administrator_is_one(desk: Client) -> None:
    accept(link_in(invite(desk, role="administrator")))
    user = User.objects.get(email=NEW)
    assert user.is_superuser
    assert user.is_staff
    assert Role.ADMINISTRATOR in user.role_names


@pytest.mark.parametrize("policy", ["open", "invitation", "domains", "sso"])
def test_it_works_under_every_policy(desk: Client, settings: Settings, policy: str) -> None:
    settings.SIGNUP_POLICY, settings.SIGNUP_DOMAINS = policy, ["example.com"]
    assert accept(link_in(invite(desk))).headers["Location"] == "/"
    assert sign_in(NEW).headers["Location"] == "/"


def assert_gone(link: str) -> None:
    count = User.objects.count()
    for answer in (Client().get(link), accept(link)):
        assert answer.status_code == 410
        assert "This invitation is no longer good" in text_of(answer)
    assert User.objects.count() == count


def test_a_link_is_good_for_one_account(desk: Client) -> None:
    link = link_in(invite(desk))
    accept(link)
    assert_gone(link)
    User.objects.filter(email=NEW).delete()
    assert_gone(link)


def test_it_expires(desk: Client) -> None:
    link = link_in(invite(desk))
    invitation = Invitation.objects.get()
    assert timedelta(days=13) < invitation.expires_at - timezone.now() <= timedelta(days=14)
    Invitation.objects.update(expires_at=timezone.now())
    assert_gone(link)
    assert "expired" in text_of(desk.get("/admin/accounts/invitation/"))


def test_it_is_revoked(desk: Client) -> None:
    link = link_in(invite(desk))
    form = {"action": "revoke", "_selected_action": [str(Invitation.objects.get().id)]}
    page = desk.post("/admin/accounts/invitation/", form, follow=True)
    assert "1 open invitation is revoked." in text_of(page)
    assert_gone(link)
    assert "0 open invitations are revoked." in text_of(desk.post("/admin/accounts/invitation/", form, follow=True))
    assert told() == ["invitation.made", "invitation.revoked"]


def test_a_newer_one_takes_its_place(desk: Client) -> None:
    first, second = link_in(invite(desk)), link_in(invite(desk, "NEW@example.org"))
    assert_gone(first)
    assert accept(second).status_code == 302
    assert told() == ["invitation.made", "invitation.revoked", "invitation.made", "invitation.used"]


def test_who_is_overtaken_by_its_end_is_told(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    link = link_in(invite(desk))
    invitation = Invitation.objects.get()
    # As if it had been revoked a moment after the link was looked at.
    monkeypatch.setattr("accounts.access.find_invitation", lambda token: invitation)
    Invitation.objects.update(revoked_at=timezone.now())
    refused = accept(link)
    assert refused.status_code == 409
    assert "used or revoked meanwhile" in text_of(refused)
    assert not User.objects.filter(email=NEW).exists()


def test_who_has_an_account_is_told_so(desk: Client, alice: User) -> None:
    assert "There is an account with this address already." in text_of(invite(desk, "ALICE@example.org"))
    link = link_in(invite(desk))
    User.objects.create_user(email=NEW)
    assert "There is one with the address new@example.org. Sign in with it." in text_of(Client().get(link))


def test_a_password_that_cant_be_taken_is_told_and_the_link_stays(desk: Client) -> None:
    link = link_in(invite(desk))
    assert "This password is too short." in text_of(accept(link, password1="short"))
    assert accept(link).status_code == 302


def test_guessing_links_is_slowed_down(root: User, settings: Settings) -> None:
    settings.RATE_LIMIT_IP_REQUESTS = 3
    statuses = [Client().get(f"/invitations/made-up-{number}/").status_code for number in range(5)]
    assert statuses == [410, 410, 410, 429, 429]


def test_who_is_signed_in_is_led_home(desk: Client, alice: User, client_of: ClientOf) -> None:
    link = link_in(invite(desk))
    assert client_of(alice).get(link).headers["Location"] == "/"
    assert client_of(alice).get("/invitations/made-up/").headers["Location"] == "/"
    assert Invitation.objects.still_open().exists()


# The other policies


def sign_up(email: str) -> Any:
    return Client().post("/accounts/signup/", {"email": email, "password1": PASSWORD})


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("a@example.com", True),
        ("A@EXAMPLE.COM", True),
        ("a@\uff45xample.com", True),
        ("a@b.example.com", False),
        ("a@notexample.com", False),
        ("a@example.com.evil.org", False),
        ("a@b\u00fccher.example", True),
        ("a@bu\u0308cher.example", True),
        ("a@xn--bcher-kva.example", True),
        ("a@x.example.net", True),
        ("a@y.x.example.net", True),
        ("a@example.net", False),
    ],
)
def test_by_domain(root: User, settings: Settings, address: str, may: bool) -> None:
    settings.SIGNUP_POLICY = "domains"
    settings.SIGNUP_DOMAINS = ["example.com", "xn--bcher-kva.example", "*.example.net"]
    answer = sign_up(address)
    assert (answer.status_code == 302) == may
    assert User.objects.exclude(id=root.id).exists() == may
    assert may or "Addresses at example.com, xn--bcher-kva.example, *.example.net may sign up here." in text_of(answer)
    assert "For people with an address at example.com" in text_of(Client().get("/accounts/signup/"))


def test_by_domain_the_address_is_to_be_confirmed_where_mail_is_sent(
    root: User, settings: Settings, mail: None
) -> None:
    settings.SIGNUP_POLICY, settings.SIGNUP_DOMAINS = "domains", ["example.com"]
    assert sign_up("a@example.com").headers["Location"] == "/accounts/confirm-email/"


def test_by_organisation_ordinary_sign_up_is_closed(root: User, settings: Settings) -> None:
    settings.SIGNUP_POLICY = "sso"
    page = text_of(Client().get("/accounts/signup/"))
    assert "Accounts here come from your organisation" in page
    sign_up("a@example.com")
    assert User.objects.count() == 1


def test_by_organisation_the_first_account_and_the_named_address_go_on(settings: Settings) -> None:
    settings.SIGNUP_POLICY = "sso"
    assert sign_up("first@example.org").status_code == 302
    assert User.objects.get().is_superuser
    settings.ADMIN_EMAIL = "owner@example.org"
    assert sign_up("owner@example.org").status_code == 302
    assert sign_up("another@example.org").status_code == 200
