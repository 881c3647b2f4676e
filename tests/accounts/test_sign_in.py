"""Signing in and out, forgotten and changed passwords, with and without mail."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail as mails
from django.test import Client
from pytest_django import Settings

from accounts.models import AuditEntry, User
from tests.support.entrance import PASSWORD, link_in_mail, sign_in, sign_up, text_of

ClientOf = Callable[[User], Client]
OLD, NEW = "a long enough password", "another good sentence"


def test_sign_in_leads_to_where_one_wanted_to_go(alice: User) -> None:
    client = Client()
    wanted = client.get("/preferences/")
    assert wanted.headers["Location"] == "/accounts/login/?next=/preferences/"
    assert 'name="next" value="/preferences/"' in client.get(wanted.headers["Location"]).content.decode()
    signed_in = sign_in("Alice@Example.org", OLD, client=client, next="/preferences/")
    assert signed_in.headers["Location"] == "/preferences/"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_sign_in_leads_nowhere_else(alice: User, target: str) -> None:
    assert sign_in("alice@example.org", OLD, next=target).headers["Location"] == "/"


@pytest.mark.parametrize(("email", "password"), [("alice@example.org", "wrong"), ("nobody@example.org", OLD)])
def test_a_wrong_pair_says_the_same_whichever_is_wrong(alice: User, email: str, password: str) -> None:
    response = sign_in(email, password)
    assert "The e-mail address and the password don't belong together" in text_of(response)
    assert f'value="{email}"' in response.content.decode()


@pytest.mark.parametrize(
    ("email", "password", "said"),
    [
        ("", OLD, "Enter your e-mail address."),
        ("alice", OLD, "This is not an e-mail address."),
        ("alice@example.org", "", "Enter your password."),
    ],
)
def test_a_blank_or_broken_field_is_named(alice: User, email: str, password: str, said: str) -> None:
    assert said in text_of(sign_in(email, password))


def test_guessing_is_slowed_down(alice: User) -> None:
    for _ in range(5):
        sign_in("alice@example.org", "wrong")
    assert "Too many failed attempts" in text_of(sign_in("alice@example.org", OLD))


def test_a_suspended_person_is_told(alice: User) -> None:
    User.objects.filter(id=alice.id).update(is_active=False)
    response = sign_in("alice@example.org", OLD)
    assert response.headers["Location"] == "/accounts/inactive/"
    assert "This account is suspended" in text_of(Client().get("/accounts/inactive/"))


def test_sign_out_asks_first_and_ends_the_session(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert client.get("/accounts/logout/").status_code == 200
    assert client.get("/").status_code == 200
    assert "You are signed out." in text_of(client.post("/accounts/logout/", follow=True))
    assert client.get("/").status_code == 302


# Forgotten passwords


def test_a_forgotten_password_is_replaced_by_mail(alice: User, mail: None, settings: Settings) -> None:
    settings.APP_BASE_URL = "https://chat.example"
    client = Client(headers={"Host": "localhost"})
    sent = client.post("/accounts/password/reset/", {"email": "ALICE@example.org"})
    assert sent.headers["Location"] == "/accounts/password/reset/done/"
    message = mails.outbox[-1]
    assert message.to == ["alice@example.org"]
    assert message.subject == "Choose a new password for Convoscope"
    assert "https://chat.example/accounts/password/reset/key/" in str(message.body)
    assert "localhost" not in str(message.body)
    form = client.get(link_in_mail())
    path = form.headers["Location"]
    assert client.get(path).status_code == 200
    saved = client.post(path, {"password1": NEW, "password2": NEW})
    assert saved.headers["Location"] == "/accounts/password/reset/key/done/"
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert "The password of your account was reset" in str(mails.outbox[-1].body)
    assert "This link no longer works" in text_of(Client().get(link_in_mail(-2)))


def reset_password(address: str) -> None:
    client = Client()
    client.post("/accounts/password/reset/", {"email": address})
    path = client.get(link_in_mail()).headers["Location"]
    assert client.post(path, {"password1": NEW, "password2": NEW}).status_code == 302


def test_a_strangers_way_in_goes_with_their_password(mail: None, db: None) -> None:
    """Somebody signs up with another's address, and waits until its owner thinks that they forgot the password."""
    sign_up("owner@example.org")
    SocialAccount.objects.create(user=User.objects.get(), provider="works", uid="a stranger")
    reset_password("owner@example.org")
    assert not SocialAccount.objects.exists()
    assert AuditEntry.objects.filter(action="sso.disconnected").count() == 1


def test_who_confirmed_the_address_keeps_their_ways_in(alice: User, mail: None) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, primary=True, verified=True)
    SocialAccount.objects.create(user=alice, provider="works", uid="hers")
    reset_password(alice.email)
    assert SocialAccount.objects.exists()


@pytest.mark.parametrize(
    ("password1", "password2", "said"),
    [
        ("", "", "Choose a password."),
        (NEW, "something else", "same password"),
        ("password", "password", "Many people use this password"),
    ],
)
def test_a_new_password_that_cant_be_taken_is_refused(
    alice: User, mail: None, password1: str, password2: str, said: str
) -> None:
    client = Client()
    client.post("/accounts/password/reset/", {"email": "alice@example.org"})
    path = client.get(link_in_mail()).headers["Location"]
    assert said in text_of(client.post(path, {"password1": password1, "password2": password2}))
    alice.refresh_from_db()
    assert alice.check_password(OLD)


def test_whether_an_address_has_an_account_is_not_said(alice: User, mail: None) -> None:
    known = Client().post("/accounts/password/reset/", {"email": "alice@example.org"})
    unknown = Client().post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert known.status_code == unknown.status_code == 302
    assert known.headers["Location"] == unknown.headers["Location"]
    assert mails.outbox[-1].subject == "There is no account with this address"


def test_an_address_that_is_still_to_be_confirmed_resets_no_password(alice: User, mail: None) -> None:
    """It may be mistyped, and somebody else's."""
    EmailAddress.objects.create(user=alice, email=alice.email, primary=True, verified=True)
    EmailAddress.objects.create(user=alice, email="other@example.org", primary=False, verified=False)
    Client().post("/accounts/password/reset/", {"email": "other@example.org"})
    assert mails.outbox[-1].subject == "There is no account with this address"


def test_without_mail_the_page_says_who_can_help(alice: User) -> None:
    page = text_of(Client().get("/accounts/password/reset/"))
    assert "This installation sends no mail. Ask an administrator" in page


def test_in_production_without_mail_no_link_is_printed(alice: User, production: None) -> None:
    Client().post("/accounts/password/reset/", {"email": "alice@example.org"})
    assert mails.outbox == []


@pytest.mark.parametrize("path", ["/accounts/password/reset/key/1-nothing/", "/accounts/confirm-email/nothing/"])
@pytest.mark.django_db
def test_a_made_up_link_is_told_as_one(path: str) -> None:
    assert "This link no longer works" in text_of(Client().get(path))


# Changed ones, and addresses


def test_a_changed_password_ends_other_sessions(alice: User, client_of: ClientOf, mail: None) -> None:
    here, elsewhere = client_of(alice), client_of(alice)
    wrong = here.post("/accounts/password/change/", {"oldpassword": "x", "password1": NEW, "password2": NEW})
    assert "This is not your current password" in text_of(wrong)
    changed = here.post("/accounts/password/change/", {"oldpassword": OLD, "password1": NEW, "password2": NEW})
    assert changed.headers["Location"] == "/preferences/"
    assert "Your password is changed." in text_of(here.get("/preferences/"))
    assert elsewhere.get("/preferences/").status_code == 302
    assert mails.outbox[-1].subject == "Your password was changed"


def test_what_was_told_on_the_way_in_does_not_come_again(mail: None, db: None) -> None:
    client = Client()
    sign_up("alice@example.org", client=client)
    assert client.post(link_in_mail()).headers["Location"] == "/"
    assert "is confirmed" not in text_of(client.get("/preferences/"))


def test_an_address_is_changed_once_the_new_one_is_confirmed(mail: None, db: None) -> None:
    client = Client()
    sign_up("alice@example.org", client=client)
    client.post(link_in_mail())
    asked = client.post("/accounts/email/", {"email": "Alice.New@example.org", "action_add": ""})
    if "reauthenticate" in asked.headers["Location"]:
        client.post(asked.headers["Location"], {"password": PASSWORD})
    user = User.objects.get()
    assert user.email == "alice@example.org"
    assert mails.outbox[-1].to == ["alice.new@example.org"]
    assert "alice.new@example.org is still to be confirmed" in text_of(client.get("/accounts/email/"))
    assert "alice.new@example.org is confirmed." in text_of(client.post(link_in_mail(), follow=True))
    user.refresh_from_db()
    assert user.email == "alice.new@example.org"
    assert mails.outbox[-1].to == ["alice@example.org"]
    assert "was changed from alice@example.org to alice.new@example.org" in str(mails.outbox[-1].body)


def test_before_an_address_is_changed_the_password_is_asked_again(alice: User, client_of: ClientOf, mail: None) -> None:
    client = client_of(alice)
    asked = client.post("/accounts/email/", {"email": "new@example.org", "action_add": ""})
    assert asked.headers["Location"].startswith("/accounts/reauthenticate/")
    wrong = client.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert "This is not your password" in text_of(wrong)
    gone_on = client.post(asked.headers["Location"], {"password": OLD})
    assert gone_on.status_code == 302
    assert mails.outbox[-1].to == ["new@example.org"]


def test_without_mail_the_address_page_says_who_can_help(alice: User, client_of: ClientOf) -> None:
    assert "Ask an administrator to change it" in text_of(client_of(alice).get("/accounts/email/"))
