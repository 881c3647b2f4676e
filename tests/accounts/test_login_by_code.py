"""Signing in by a code that comes by mail."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail as mails
from django.test import Client
from pytest_django import Settings

from accounts.models import AuditEntry, User
from tests.support.entrance import PASSWORD, sign_in, sign_up, text_of
from tests.support.factors import code_of, with_app

EMAIL = "alice@example.org"


@pytest.fixture
def confirmed(alice: User, mail: None) -> User:
    EmailAddress.objects.create(user=alice, email=alice.email, primary=True, verified=True)
    return alice


def ask(client: Client, email: str = EMAIL, **fields: str) -> Any:
    return client.post("/accounts/login/code/", {"email": email} | fields)


def code_in_mail() -> str:
    found = re.search(r"^[A-Z]{4}-[A-Z]{4}$", str(mails.outbox[-1].body), re.M)
    assert found is not None, mails.outbox[-1].body
    return found[0]


def enter(client: Client, code: str, **fields: str) -> Any:
    return client.post("/accounts/login/code/confirm/", {"code": code} | fields)


def test_the_code_of_the_mail_signs_in(confirmed: User) -> None:
    client = Client()
    assert "Get a code by mail instead" in text_of(client.get("/accounts/login/?next=/preferences/"))
    asked = ask(client, "ALICE@Example.org", next="/preferences/")
    assert asked.headers["Location"] == "/accounts/login/code/confirm/?next=%2Fpreferences%2F"
    assert mails.outbox[-1].to == [EMAIL]
    assert mails.outbox[-1].subject == "Your code to sign in"
    page = client.get(asked.headers["Location"])
    assert "A mail is on its way to alice@example.org." in text_of(page)
    assert "This is not the code of the newest mail." in text_of(enter(client, "BBBB-BBBB"))
    entered = enter(client, code_in_mail().lower().replace("-", " "), next="/preferences/")
    assert entered.headers["Location"] == "/preferences/"
    assert client.get("/preferences/").status_code == 200
    assert [one.action for one in AuditEntry.objects.order_by("number")] == ["session.refused", "session.began"]


def test_what_is_said_of_the_mail_is_not_said_again_where_another_code_is_asked_for(confirmed: User) -> None:
    with_app(confirmed)
    client = Client()
    ask(client)
    asked = enter(client, code_in_mail())
    assert asked.headers["Location"] == "/accounts/2fa/authenticate/"
    page = text_of(client.get(asked.headers["Location"]))
    assert "Code from your app" in page
    assert "A mail is on its way" not in page


def test_an_unknown_address_is_answered_alike(confirmed: User) -> None:
    answers = []
    for email in (EMAIL, "nobody@example.org"):
        client = Client()
        asked = ask(client, email)
        page = text_of(client.get(asked.headers["Location"]))
        wrong = text_of(enter(client, "BBBB-BBBB"))
        answers.append(
            (asked.status_code, asked.headers["Location"], page.replace(email, ""), wrong.replace(email, ""))
        )
    assert answers[0] == answers[1]
    assert mails.outbox[-1].to == ["nobody@example.org"]
    assert mails.outbox[-1].subject == "There is no account with this address"
    assert "/accounts/signup/" not in str(mails.outbox[-1].body)


def test_a_code_is_good_for_its_browser_and_three_tries(confirmed: User) -> None:
    here, elsewhere = Client(), Client()
    ask(here)
    code = code_in_mail()
    assert enter(elsewhere, code).status_code == 302
    assert elsewhere.get("/preferences/").status_code == 302
    for _ in range(3):
        last = enter(here, "BBBB-BBBB")
    assert last.headers["Location"] == "/accounts/login/code/"
    assert "Too many failed attempts" in text_of(here.get("/accounts/login/code/"))
    enter(here, code)
    assert here.get("/preferences/").status_code == 302


def test_asking_is_slowed_down_for_known_and_unknown(confirmed: User) -> None:
    for email in (EMAIL, "nobody@example.org"):
        for _ in range(3):
            assert ask(Client(), email).status_code == 302
        assert "Too many failed attempts" in text_of(ask(Client(), email))
    assert len(mails.outbox) == 6


def test_a_second_factor_is_asked_for_all_the_same(confirmed: User) -> None:
    secret = with_app(confirmed)
    client = Client()
    ask(client)
    assert enter(client, code_in_mail()).headers["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/preferences/").status_code == 302
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert client.get("/preferences/").status_code == 200


def test_the_password_of_who_never_confirmed_the_address_is_worth_nothing_after(mail: None, db: None) -> None:
    """Somebody signs up with another's address, and waits until its owner comes by a code."""
    sign_up(EMAIL)
    SocialAccount.objects.create(user=User.objects.get(email=EMAIL), provider="works", uid="a stranger")
    client = Client()
    ask(client)
    entered = enter(client, code_in_mail())
    assert entered.headers["Location"] == "/"
    assert client.get("/preferences/").status_code == 200
    assert not SocialAccount.objects.exists()
    assert "don't belong together" in text_of(sign_in(EMAIL, PASSWORD))
    assert client.get("/accounts/password/change/").headers["Location"] == "/accounts/password/set/"
    form = {"password1": "another good sentence", "password2": "another good sentence"}
    assert client.post("/accounts/password/set/", form).headers["Location"] == "/preferences/"
    assert sign_in(EMAIL, "another good sentence").headers["Location"] == "/"


def test_who_is_named_as_administrator_becomes_one_by_a_code(
    db: None, production: None, mail: None, settings: Settings
) -> None:
    settings.ADMIN_EMAIL = EMAIL
    User.objects.create_user(email="somebody@example.org")
    sign_up(EMAIL)
    client = Client()
    ask(client)
    enter(client, code_in_mail())
    assert User.objects.get(email=EMAIL).is_superuser


def test_an_account_made_in_the_admin_comes_in_at_once(alice: User, mail: None) -> None:
    client = Client()
    ask(client)
    assert enter(client, code_in_mail()).headers["Location"] == "/"
    assert client.get("/preferences/").status_code == 200
    assert EmailAddress.objects.get(user=alice).verified
    alice.refresh_from_db()
    assert alice.has_usable_password()


@pytest.mark.parametrize("is_taken", [False, True])
def test_an_address_that_is_still_to_be_confirmed_gets_no_code_for_the_account(confirmed: User, is_taken: bool) -> None:
    """It may be mistyped, and somebody else's."""
    EmailAddress.objects.create(user=confirmed, email="other@example.org", primary=False, verified=False)
    if is_taken:
        User.objects.create_user(email="other@example.org")
    client = Client()
    ask(client, "other@example.org")
    if is_taken:
        enter(client, code_in_mail())
        assert "other@example.org" in text_of(client.get("/preferences/"))
    else:
        assert mails.outbox[-1].subject == "There is no account with this address"
    assert not EmailAddress.objects.get(user=confirmed, email="other@example.org").verified


def test_a_suspended_person_gets_none(confirmed: User) -> None:
    User.objects.filter(id=confirmed.id).update(is_active=False)
    ask(Client())
    assert mails.outbox[-1].subject == "There is no account with this address"


def test_without_mail_the_page_says_so(alice: User) -> None:
    assert "by mail instead" not in text_of(Client().get("/accounts/login/"))
    for answer in (Client().get("/accounts/login/code/"), ask(Client())):
        assert "This installation sends no mail. Sign in with your password or a passkey" in text_of(answer)
    assert mails.outbox == []


@pytest.mark.parametrize(
    ("email", "said"), [("", "Enter an e-mail address."), ("alice", "This is not an e-mail address. It looks like")]
)
def test_a_broken_address_is_named(mail: None, db: None, email: str, said: str) -> None:
    assert said in text_of(ask(Client(), email))
    assert mails.outbox == []
