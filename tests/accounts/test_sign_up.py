"""Who may sign up, who becomes administrator, and what is said to who mistypes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.account.internal.flows import manage_email
from django.core import mail as mails
from django.core.cache import cache
from django.db import connections
from django.test import Client
from pytest_django import Settings

from accounts.actions.people import create_account
from accounts.models import Role, User
from convoscope.settings.accounts import PASSWORD_HASHERS
from tests.accounts.conftest import OWNER
from tests.support.entrance import PASSWORD, link_in_mail, sign_in, sign_up, text_of

pytestmark = pytest.mark.django_db


def is_administrator(email: str) -> bool:
    user = User.objects.get(email=email)
    in_group = user.groups.filter(name=Role.ADMINISTRATOR).exists()
    assert user.is_staff == user.is_superuser == in_group
    return in_group


def test_a_new_installation_says_so_and_its_first_account_is_the_administrator() -> None:
    client = Client()
    response = client.get("/", follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/signup/?next=%2F"
    page = text_of(response)
    assert "This is a new Convoscope. The account you create now becomes its administrator." in page
    assert "nothing leaves this machine" in page
    assert sign_up("alice@example.org", client=client).headers["Location"] == "/"
    assert client.get("/").status_code == 200
    assert is_administrator("alice@example.org")
    assert "This is a new Convoscope" not in text_of(Client().get("/accounts/login/"))


def test_a_password_is_kept_as_argon2id(settings: Settings) -> None:
    """Tests hash in a quicker way."""
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    sign_up("alice@example.org")
    assert User.objects.get().password.startswith("argon2$argon2id$")


def test_the_second_account_is_an_ordinary_one() -> None:
    sign_up("alice@example.org")
    page = text_of(Client().get("/accounts/signup/"))
    assert "administrator" not in page
    assert sign_up("bob@example.org").status_code == 302
    assert not is_administrator("bob@example.org")
    assert [group.name for group in User.objects.get(email="bob@example.org").groups.all()] == [Role.USER]


def test_where_a_provider_has_a_key_the_page_promises_nothing(settings: Settings) -> None:
    settings.PROVIDERS = {"openai": object()}
    assert "leaves this machine" not in text_of(Client().get("/accounts/signup/"))


@pytest.mark.django_db(transaction=True)
def test_of_many_first_accounts_at_once_one_becomes_administrator() -> None:
    def make(number: int) -> None:
        try:
            user = User(email=f"person{number}@example.org")
            user.set_unusable_password()
            create_account(user=user)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(make, range(8)))
    assert User.objects.count() == 8
    assert User.objects.filter(is_superuser=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_address_signed_up_twice_at_once_is_one_account() -> None:
    def make(_: int) -> int:
        try:
            return int(sign_up("alice@example.org").status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        statuses = sorted(threads.map(make, range(4)))
    assert User.objects.count() == 1
    assert statuses.count(302) == 1
    assert set(statuses) <= {200, 302, 409}


@pytest.mark.parametrize(("with_mail", "status"), [(False, 409), (True, 302)])
def test_who_is_overtaken_with_their_own_address_is_told(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, with_mail: bool, status: int
) -> None:
    if with_mail:
        request.getfixturevalue("mail")
    User.objects.create_user(email="alice@example.org")
    # As if the form had been checked a moment before that account was there.
    monkeypatch.setattr(manage_email, "email_already_exists", lambda address: (address, False))
    response = sign_up("alice@example.org")
    assert response.status_code == status
    assert with_mail or "There is an account with this address already. Sign in" in text_of(response)
    assert User.objects.count() == 1


# Production


def test_in_production_the_first_account_is_nobodys_master(production: None) -> None:
    assert "ADMIN_EMAIL becomes its administrator" in text_of(Client().get("/accounts/signup/"))
    assert sign_up("stranger@example.org").status_code == 302
    assert not is_administrator("stranger@example.org")


@pytest.mark.parametrize("typed", [OWNER, OWNER.upper(), "  Owner@Example.org "])
def test_in_production_the_named_address_is_administrator_whenever_it_comes(production: None, typed: str) -> None:
    sign_up("stranger@example.org")
    assert sign_up(typed).status_code == 302
    assert is_administrator(OWNER)


def test_in_production_without_a_name_nobody_becomes_administrator(production: None, settings: Settings) -> None:
    settings.ADMIN_EMAIL = ""
    assert "set ADMIN_EMAIL to your address" in text_of(Client().get("/accounts/signup/"))
    sign_up(OWNER)
    assert not is_administrator(OWNER)


def test_with_mail_the_named_address_has_to_be_confirmed_first(production: None, mail: None) -> None:
    client = Client()
    assert sign_up(OWNER, client=client).headers["Location"] == "/accounts/confirm-email/"
    assert not is_administrator(OWNER)
    assert client.get("/").status_code == 302
    client.post(link_in_mail())
    assert is_administrator(OWNER)
    assert client.get("/").status_code == 200


def test_with_mail_the_first_to_confirm_becomes_administrator(mail: None) -> None:
    first, second = Client(), Client()
    sign_up("mistyped@example.org", client=first)
    sign_up("alice@example.org", client=second)
    second.post(link_in_mail(1))
    first.post(link_in_mail(0))
    assert is_administrator("alice@example.org")
    assert not is_administrator("mistyped@example.org")


def test_a_strangers_sign_up_with_the_named_address_gets_nothing_from_its_owners_click(
    production: None, mail: None
) -> None:
    stranger, owner = Client(), Client()
    sign_up(OWNER, "known to the stranger", client=stranger)
    assert owner.post(link_in_mail()).status_code == 302
    assert sign_in(OWNER, "known to the stranger", client=stranger).status_code == 302
    assert not is_administrator(OWNER)


# The policy


def test_by_invitation_sign_up_closes_behind_the_first_account(settings: Settings) -> None:
    settings.SIGNUP_POLICY = "invitation"
    assert sign_up("alice@example.org").status_code == 302
    page = text_of(Client().get("/accounts/signup/"))
    assert "Ask one for an account" in page
    assert sign_up("bob@example.org").status_code == 200
    assert not User.objects.filter(email="bob@example.org").exists()
    assert "Sign up" not in text_of(Client().get("/accounts/login/"))


def test_by_invitation_the_named_address_still_gets_in_and_nobody_else(production: None) -> None:
    sign_up("stranger@example.org")
    refused = sign_up("another@example.org")
    assert "Accounts are made by an administrator here" in text_of(refused)
    assert sign_up(OWNER).status_code == 302
    assert "Sign-up is closed" in text_of(Client().get("/accounts/signup/"))


def test_who_is_overtaken_by_the_first_account_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SIGNUP_POLICY = "invitation"
    sign_up("alice@example.org")
    # As if the form had been checked a moment before Alice's account was there.
    monkeypatch.setattr("accounts.entrance.is_new_installation", lambda: True)
    refused = sign_up("bob@example.org")
    assert refused.status_code == 403
    assert "Sign-up is closed here by now" in text_of(refused)


# What is typed


@pytest.mark.parametrize(
    ("email", "password", "said"),
    [
        ("", PASSWORD, "Enter an e-mail address."),
        ("   ", PASSWORD, "Enter an e-mail address."),
        ("no address", PASSWORD, "This is not an e-mail address. It looks like name@example.org."),
        ("a@b", PASSWORD, "This is not an e-mail address."),
        ("a\x00@example.org", PASSWORD, "Null characters are not allowed."),
        (f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 20}.org", PASSWORD, "This address is too long."),
        (f"{'a' * 5000}@example.org", PASSWORD, "at most 320 characters"),
        ("new@example.org", "", "Choose a password."),
        ("new@example.org", "2 small", "This password is too short. Use at least 8 characters."),
        ("new@example.org", "password123", "Choose another, such as four unrelated words."),
        ("new@example.org", "8457019346", "Add letters or other characters."),
        ("newcomer@example.org", "newcomer1", "too much like your e-mail address"),
    ],
)
def test_what_cant_be_taken_is_said_beside_its_field_and_kept(email: str, password: str, said: str) -> None:
    response = sign_up(email, password)
    assert response.status_code == 200
    assert said in text_of(response)
    assert not User.objects.exists()
    html = response.content.decode()
    assert 'aria-invalid="true"' in html
    assert email.strip().replace("\x00", "") in html.replace("\x00", "")
    assert password == "" or password not in html


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("alice@example.org", "ALICE@Example.ORG"),
        ("alice@bu\u0308cher.example", "alice@b\u00fccher.example"),
        ("kim@example.org", "\u212aim@example.org"),
        ("steve@example.org", "\u017fteve@example.org"),
    ],
)
def test_another_spelling_is_the_same_person(first: str, second: str) -> None:
    sign_up(first)
    assert "There is an account with this address already" in text_of(sign_up(second))
    assert User.objects.count() == 1
    assert sign_in(second).status_code == 302


def test_with_mail_a_taken_address_looks_like_a_free_one(mail: None) -> None:
    free = sign_up("alice@example.org")
    cache.clear()  # a second mail to the same address waits for three minutes
    taken = sign_up("alice@example.org", "another good password")
    assert (taken.status_code, taken.headers["Location"]) == (free.status_code, free.headers["Location"])
    assert mails.outbox[-1].subject == "You have an account already"
    assert User.objects.count() == 1


def test_too_many_sign_ups_from_one_place_are_stopped() -> None:
    statuses = [sign_up("").status_code for _ in range(25)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
