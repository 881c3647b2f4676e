"""Every address of allauth's account pages is one of ours: designed, or a redirect."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from allauth.account.urls import urlpatterns
from django.test import Client
from django.urls import reverse

from accounts.models import User

ClientOf = Callable[[User], Client]

ARGUMENTS = {
    "account_confirm_email": {"key": "made-up"},
    "account_reset_password_from_key": {"uidb36": "1", "key": "made-up"},
}
NAMES = [str(pattern.name) for pattern in urlpatterns]
# What leads a visitor elsewhere, and a signed-in person: there is nothing for them on that page.
LEADS_VISITORS_AWAY = {
    "account_change_password",
    "account_confirm_login_code",
    "account_email",
    "account_logout",
    "account_reauthenticate",
    "account_set_password",
}
LEADS_PEOPLE_AWAY = {
    "account_confirm_login_code",
    "account_login",
    "account_request_login_code",
    "account_set_password",
    "account_signup",
}


def assert_designed(html: str) -> None:
    assert '<p class="brand">' in html
    assert html.count("<h1>") == 1
    assert 'data-theme="' in html
    assert re.search(r'<main [^>]*class="entrance"', html) or '<div class="page">' in html
    assert "placeholder=" not in html


@pytest.mark.parametrize("name", NAMES)
def test_a_visitor_sees_a_designed_page(alice: User, name: str, mail: None) -> None:
    response = Client().get(reverse(name, kwargs=ARGUMENTS.get(name)))
    if name in LEADS_VISITORS_AWAY:
        assert response.status_code == 302
    else:
        assert response.status_code == 200
        assert_designed(response.content.decode())


@pytest.mark.parametrize("name", NAMES)
def test_a_person_sees_a_designed_page(alice: User, client_of: ClientOf, name: str, mail: None) -> None:
    response = client_of(alice).get(reverse(name, kwargs=ARGUMENTS.get(name)))
    if name in LEADS_PEOPLE_AWAY:
        assert response.status_code == 302
    else:
        assert response.status_code == 200
        assert_designed(response.content.decode())


def test_who_has_no_password_sets_one(alice: User, client_of: ClientOf) -> None:
    alice.set_unusable_password()
    alice.save()
    client = client_of(alice)
    assert client.get("/accounts/password/change/").headers["Location"] == "/accounts/password/set/"
    assert_designed(client.get("/accounts/password/set/").content.decode())
    saved = client.post(
        "/accounts/password/set/", {"password1": "four unrelated words", "password2": "four unrelated words"}
    )
    assert saved.headers["Location"] == "/preferences/"


def test_fields_say_what_they_are_for(alice: User) -> None:
    login = Client().get("/accounts/login/").content.decode()
    assert 'autocomplete="username webauthn"' in login
    assert 'autocomplete="current-password"' in login
    signup = Client().get("/accounts/signup/").content.decode()
    assert 'autocomplete="email"' in signup
    assert 'autocomplete="new-password"' in signup
    assert 'aria-describedby="id_password1_helptext"' in signup
    assert 'id="id_password1_helptext"' in signup


@pytest.mark.django_db
def test_closed_sign_up_404_and_expired_forms_are_designed(settings: object, alice: User) -> None:
    settings.SIGNUP_POLICY = "invitation"  # type: ignore[attr-defined]  # pytest-django's
    assert_designed(Client().get("/accounts/signup/").content.decode())
    assert_designed(Client().get("/nothing/").content.decode())
    expired = Client(enforce_csrf_checks=True).post("/accounts/login/", {})
    assert expired.status_code == 403
    assert_designed(expired.content.decode())


def test_account_pages_are_not_kept_by_caches(alice: User) -> None:
    for path in ("/accounts/login/", "/accounts/signup/"):
        assert "no-store" in Client().get(path).headers["Cache-Control"]
